/** One measured number, as it stands in `reports/bench/results.csv`. */
export interface BenchRow {
  /** Which table it belongs to. */
  readonly group: string;
  /** What was done. */
  readonly work: string;
  /** Who did it: an engine, or a peer. */
  readonly by: string;
  /** Median milliseconds of one call; null where a peer was not found. */
  readonly ms: number | null;
  /** The same as a rate, where one says more: GFLOP/s or GB/s. */
  readonly rate: number | null;
  /** What the rate counts; empty without one. */
  readonly unit: string;
  /** Its time over the time of the group's yardstick in the same turns: below 1 is faster. */
  readonly ratio: number | null;
  /** The yardstick of {@linkcode ratio}; empty where there was none. */
  readonly against: string;
}
