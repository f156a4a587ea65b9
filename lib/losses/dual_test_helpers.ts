/**
 * Dual numbers in float64, for tests alone: plain formulas written with them give their own exact gradients.
 *
 * @module
 */

/** A number with its slopes in every input. */
export class Dual {
  constructor(readonly value: number, readonly slopes: Float64Array) {}

  /** Input number `index` of `inputs`. */
  static input(value: number, index: number, inputs: number): Dual {
    const slopes = new Float64Array(inputs);
    slopes[index] = 1;
    return new Dual(value, slopes);
  }

  /** A function of this number with its slope there. */
  map(value: number, slope: number): Dual {
    return new Dual(value, this.slopes.map((s) => s === 0 ? 0 : s * slope));
  }
  plus(other: Dual | number): Dual {
    if (typeof other === "number") return new Dual(this.value + other, this.slopes);
    return new Dual(this.value + other.value, this.slopes.map((s, i) => s + other.slopes[i]));
  }
  minus(other: Dual | number): Dual {
    return this.plus(typeof other === "number" ? -other : other.times(-1));
  }
  times(other: Dual | number): Dual {
    if (typeof other === "number") return this.map(this.value * other, other);
    const left = this.map(0, other.value), right = other.map(0, this.value);
    return new Dual(this.value * other.value, left.plus(right).slopes);
  }
  square(): Dual {
    return this.map(this.value ** 2, 2 * this.value);
  }
  exp(): Dual {
    return this.map(Math.exp(this.value), Math.exp(this.value));
  }
  relu(): Dual {
    return this.map(Math.max(0, this.value), Number(this.value > 0));
  }
  sigmoid(): Dual {
    return this.map(sigmoid(this.value), sigmoid(this.value) * sigmoid(-this.value));
  }
  logSigmoid(): Dual {
    return this.map(Math.min(0, this.value) - Math.log1p(Math.exp(-Math.abs(this.value))), sigmoid(-this.value));
  }
  /** log(1 − e^x) for x < 0. */
  log1mexp(): Dual {
    const x = this.value;
    return this.map(x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x)), -1 / Math.expm1(-x));
  }
}

const sigmoid = (x: number) => x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
