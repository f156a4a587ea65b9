/*
 * Matrix products through the same BLAS from C: what the engine "native" is measured against.
 *
 *   cc -O2 sgemm.c -o sgemm -l:libopenblas.so.0 && ./sgemm 1 1 64 64 64 0 25
 *
 * Arguments: threads, matrices in a batch, m, n, k, whether the right one is transposed, milliseconds to fill.
 * Prints the milliseconds of one batch, after one that is not counted.
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
  return 1e3 * t.tv_sec + 1e-6 * t.tv_nsec;
}

static float *matrices(size_t size) {
  float *values = aligned_alloc(64, (4 * size + 63) / 64 * 64);
  for (size_t i = 0; i < size; i++) values[i] = (float)(i % 7) - 3;
  return values;
}

int main(int count, char **arguments) {
  if (count != 8) return 2;
  int given[7];
  for (int i = 0; i < 7; i++) given[i] = atoi(arguments[i + 1]);
  const size_t batch = given[1], m = given[2], n = given[3], k = given[4];
  const int transposed = given[5];
  openblas_set_num_threads(given[0]);
  float *a = matrices(batch * m * k), *b = matrices(batch * k * n), *c = matrices(batch * m * n);
  long calls = 0, more = 1;
  double elapsed = 0, began = 0;
  for (int counted = 0; elapsed < given[6]; counted = 1) {
    for (long call = 0; call < (counted ? more : 1); call++) {
      for (size_t i = 0; i < batch; i++)
        cblas_sgemm(101, 111, transposed ? 112 : 111, m, n, k, 1, a + i * m * k, k, b + i * k * n,
                    transposed ? k : n, 0, c + i * m * n, n);
    }
    if (counted) {
      calls += more;
      more *= 2;
      elapsed = now() - began;
    } else {
      began = now();
    }
  }
  printf("%.9f\n", elapsed / calls);
}
