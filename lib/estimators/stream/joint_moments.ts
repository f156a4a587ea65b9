/**
 * Means and cross products of columns that come in chunks, and their sums within groups: all that estimates and their
 * standard errors need, whatever the number of rounds.
 *
 * @module
 */

/** What a quadratic form may keep of terms that cancel, relative to their size. */
const ROUNDING = 64 * Number.EPSILON;

/** Columns of rounds, seen once. Cross products are centred within chunks and merged (Chan, Golub & LeVeque 1983). */
export class JointMoments {
  /** Rounds so far. */
  rounds = 0;
  /** Groups so far; 0 where there are none. */
  groups = 0;
  /** Mean of each column, `[K]`. */
  readonly mean: Float64Array;
  readonly #cross: Float64Array;
  readonly #room: Float64Array;
  /** Sums of the columns within groups and their number of rounds, `[G, K + 1]`, with room for more. */
  #sums = new Float64Array(0);

  /** @param columns how many there are, K */
  constructor(readonly columns: number) {
    this.mean = new Float64Array(columns);
    this.#cross = new Float64Array(columns * columns);
    this.#room = new Float64Array(columns);
  }

  /**
   * Takes in a chunk.
   *
   * @param values a column each, `[K][rows]` or longer; its numbers are changed
   * @param group number of each round's group, counted from 0 in the order of appearance, `[rows]`
   */
  add(values: readonly Float64Array[], rows: number, group?: Int32Array): void {
    if (rows === 0) return;
    if (group !== undefined) this.#addToGroups(values, rows, group);
    const means = this.#room, { columns } = this, before = this.rounds, total = before + rows;
    for (let k = 0; k < columns; k++) {
      const column = values[k];
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += column[i];
      const mean = sum / rows;
      sum = 0;
      for (let i = 0; i < rows; i++) sum += column[i] -= mean;
      // What is left is the rounding of the first sum.
      means[k] = mean + sum / rows;
    }
    for (let j = 0; j < columns; j++) {
      const one = values[j], apart = means[j] - this.mean[j];
      for (let k = 0; k <= j; k++) {
        const other = values[k];
        let sum = 0;
        for (let i = 0; i < rows; i++) sum += one[i] * other[i];
        this.#cross[j * columns + k] += sum + apart * (means[k] - this.mean[k]) * (before / total) * rows;
      }
    }
    for (let k = 0; k < columns; k++) this.mean[k] += (means[k] - this.mean[k]) * rows / total;
    this.rounds = total;
  }

  #addToGroups(values: readonly Float64Array[], rows: number, group: Int32Array): void {
    const width = this.columns + 1;
    for (let i = 0; i < rows; i++) if (group[i] >= this.groups) this.groups = group[i] + 1;
    if (this.#sums.length < this.groups * width) {
      const more = new Float64Array(2 * this.groups * width);
      more.set(this.#sums);
      this.#sums = more;
    }
    for (let k = 0; k < this.columns; k++) {
      const column = values[k];
      for (let i = 0; i < rows; i++) this.#sums[group[i] * width + k] += column[i];
    }
    for (let i = 0; i < rows; i++) this.#sums[group[i] * width + this.columns]++;
  }

  /** Sum of squares of a column over rounds or, where there are groups, of its sums within them. */
  squares(column: number): number {
    if (this.groups === 0) {
      return this.#cross[column * (this.columns + 1)] + this.rounds * this.mean[column] ** 2;
    }
    let sum = 0;
    for (let g = 0; g < this.groups; g++) sum += this.#sums[g * (this.columns + 1) + column] ** 2;
    return sum;
  }

  /** Sum of squares of a column over rounds, whatever their groups. */
  squaresOfRounds(column: number): number {
    return this.#cross[column * (this.columns + 1)] + this.rounds * this.mean[column] ** 2;
  }

  /** The largest sum of a column within a group; NaN without groups. */
  largestSum(column: number): number {
    let largest = NaN;
    for (let g = 0; g < this.groups; g++) {
      const sum = this.#sums[g * (this.columns + 1) + column];
      if (!(sum <= largest)) largest = sum;
    }
    return largest;
  }

  /** How many groups have a sum of a column that is above 0. */
  groupsWith(column: number): number {
    let count = 0;
    for (let g = 0; g < this.groups; g++) if (this.#sums[g * (this.columns + 1) + column] > 0) count++;
    return count;
  }

  /** Rounds of the largest group; 0 without groups. */
  largestCount(): number {
    let largest = 0;
    for (let g = 0; g < this.groups; g++) largest = Math.max(largest, this.#sums[(g + 1) * (this.columns + 1) - 1]);
    return largest;
  }

  /**
   * Covariance of two numbers that are functions of the means, by their gradients: over rounds with n / (n − 1), over
   * groups with G / (G − 1) and deviations summed within each (Liang & Zeger 1986).
   *
   * @param a gradient of the one, `[K]`
   * @param b gradient of the other, `[K]`
   * @returns Infinity for a single round or group
   */
  covariance(a: Float64Array, b: Float64Array): number {
    const { rounds, groups, columns } = this, count = groups || rounds;
    if (count < 2) return Infinity;
    let sum = 0, size = 0;
    if (groups > 0) {
      const width = columns + 1;
      for (let g = 0; g < groups; g++) {
        let one = 0, other = 0, largest = 0;
        for (let k = 0; k < columns; k++) {
          const apart = this.#sums[g * width + k] - this.#sums[g * width + columns] * this.mean[k];
          one += a[k] * apart;
          other += b[k] * apart;
          largest = Math.max(largest, Math.abs(a[k] * apart * b[k] * apart));
        }
        sum += one * other;
        size += largest * ROUNDING;
      }
    } else {
      for (let j = 0; j < columns; j++) {
        for (let k = 0; k <= j; k++) {
          const both = j === k ? a[j] * b[j] : a[j] * b[k] + a[k] * b[j], term = both * this.#cross[j * columns + k];
          sum += term;
          size = Math.max(size, Math.abs(term));
        }
      }
    }
    // What is left of terms that cancel is rounding: a ratio that is the same in all rounds has no spread.
    const variance = Math.abs(sum) <= ROUNDING * size ? 0 : sum;
    return variance * (count / (count - 1)) / rounds / rounds;
  }

  /**
   * Means of the columns where groups are there as often as they were drawn.
   *
   * @param draws groups that were drawn, `[G]`
   * @param out the means, `[K]`
   */
  meanOfDraw(draws: Int32Array, out: Float64Array): void {
    const { columns } = this, width = columns + 1;
    let rounds = 0;
    out.fill(0);
    for (const g of draws) {
      for (let k = 0; k < columns; k++) out[k] += this.#sums[g * width + k];
      rounds += this.#sums[g * width + columns];
    }
    for (let k = 0; k < columns; k++) out[k] /= rounds;
  }
}
