/*
 * The same products through the same BLAS from C: what "native" is measured against.
 *
 *   cc -O2 sgemm.c -o sgemm -l:libopenblas.so.0 && ./sgemm 64 128 256
 *
 * Prints one line a size: rows, seconds of the fastest of 10 rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* From cblas.h, which comes with the library's development files only. */
void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a, int lda,
                 const float *b, int ldb, float beta, float *c, int ldc);
void openblas_set_num_threads(int threads);

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int count, char **sizes) {
  openblas_set_num_threads(1);
  for (int s = 1; s < count; s++) {
    const int n = atoi(sizes[s]);
    float *m[3];
    for (int i = 0; i < 3; i++) {
      m[i] = aligned_alloc(64, (size_t)n * n * 4 + 64);
      for (int j = 0; j < n * n; j++) m[i][j] = (float)(j % 7) - 3;
    }
    const double work = 2.0 * n * n * n;
    const int calls = work < 2e7 ? (int)(2e7 / work) + 1 : 1;
    double best = 1e9;
    for (int round = 0; round < 10; round++) {
      const double began = now();
      for (int i = 0; i < calls; i++)
        cblas_sgemm(101, 111, 111, n, n, n, 1, m[0], n, m[1], n, 0, m[2], n);
      const double seconds = (now() - began) / calls;
      if (seconds < best) best = seconds;
    }
    printf("%d %.9f\n", n, best);
    for (int i = 0; i < 3; i++) free(m[i]);
  }
}
