/**
 * The number behind a claim, a curve and a sentence: a metric of an arm at a place, or several of them compared. Each knows
 * its words, its arms, what it needs of the options, and how it is read from rows.
 *
 * @module
 */
import { methodStyle } from "../report/methods.ts";
import {
  above,
  below,
  between,
  type ClaimKind,
  type Evidence,
  NothingToTest,
  type Rule,
} from "../statistics/claims.ts";
import type { Summary } from "../statistics/leave_one_out.ts";
import { AMOUNT, ANY, CORRELATION, differenceRange, type Range, ratioRange, SHARE } from "../statistics/range.ts";
import { mean } from "../statistics/summary.ts";
import type { Claim } from "./experiment.ts";
import { all, type Needs } from "./needs.ts";
import { everywhere, type Place } from "./place.ts";
import { unitOf } from "./replicates.ts";
import { ofEach, type Statistic } from "./statistic.ts";
import type { Series, StatisticShape, View } from "./view.ts";

/** What a claim says of a quantity. */
interface Test<O> {
  readonly quantity: Quantity<O>;
  /** When the quantity bears the claim out. */
  readonly rule: Rule;
}

/** What a claim tests. */
export abstract class Quantity<O> {
  /** The number, in words. */
  abstract readonly words: string;
  /** Arms whose rows it reads. */
  abstract readonly arms: readonly string[];
  /** What it needs of the options. */
  abstract readonly needs: Needs<O>;
  /** What the number can be. */
  abstract readonly range: Range;
  /** The number with its interval. @throws NothingToTest where the rows leave none */
  abstract evidence(view: View, options: O): Evidence;

  /** That it is above a bound. */
  above(bound: number): Test<O> {
    return this.by(above(bound));
  }

  /** That it is below a bound. */
  below(bound: number): Test<O> {
    return this.by(below(bound));
  }

  /** That it is between two bounds. */
  between(low: number, high: number): Test<O> {
    return this.by(between(low, high));
  }

  /** That it is as a rule says. */
  by(rule: Rule): Test<O> {
    return { quantity: this, rule };
  }

  /** The same number under another name. */
  called(words: string): Quantity<O> {
    return quantity({ ...this, words, evidence: (view, o) => this.evidence(view, o) });
  }
}

/** A quantity from its words, its arms, its needs and how it is read; it can be anything unless its range is given. */
export function quantity<O>(
  parts: Pick<Quantity<O>, "words" | "arms" | "needs" | "evidence"> & Partial<Pick<Quantity<O>, "range">>,
): Quantity<O> {
  return new class extends Quantity<O> {
    readonly words = parts.words;
    readonly arms = parts.arms;
    readonly needs = parts.needs;
    readonly range = parts.range ?? ANY;
    evidence(view: View, options: O): Evidence {
      return parts.evidence(view, options);
    }
  }();
}

/**
 * The same number, where there is something to test.
 *
 * @param why says what is missing of the rows, in a sentence; undefined where nothing is
 * @throws NothingToTest from `evidence`, with that sentence
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const kl = new Metric("kl", "KL", 2).of("dpo"), missing = () => "this needs more seeds";
 * assert.throws(() => unless(kl, missing).evidence(undefined as never, {}), /this needs more seeds/);
 * ```
 */
export function unless<O>(
  of: Quantity<O>,
  why: (view: View, options: O) => string | undefined,
): Quantity<O> {
  const { words, arms, needs, range } = of;
  return quantity({
    words,
    arms,
    needs,
    range,
    evidence(view, o) {
      const missing = why(view, o);
      if (missing !== undefined) throw new NothingToTest(missing);
      return of.evidence(view, o);
    },
  });
}

/**
 * A number of which every replicate has one. Two of them compared on the same replicates are again one, so that
 * differences are paired.
 */
export class Reading<O> extends Quantity<O> {
  constructor(
    readonly words: string,
    readonly arms: readonly string[],
    readonly needs: Needs<O>,
    private readonly read: (view: View, options: O) => Series,
    readonly range: Range = ANY,
  ) {
    super();
  }

  /** One number a replicate. @throws RangeError when there are no such rows */
  series(view: View, options: O): Series {
    return this.read(view, options);
  }

  evidence(view: View, options: O): Evidence {
    return view.evidence(this.series(view, options).values, this.range);
  }

  override called(words: string): Reading<O> {
    return new Reading(words, this.arms, this.needs, this.read, this.range);
  }

  /** The number changed in every replicate, such as `log10`. */
  map(words: string, of: (value: number) => number): Reading<O> {
    return new Reading(words, this.arms, this.needs, (view, o) => {
      const { seeds, values } = this.series(view, o);
      return { seeds, values: values.map(of) };
    });
  }

  /** This less the other, in every replicate. */
  minus(other: Reading<O>): Reading<O> {
    const words = `${grouped(this.words)} − ${grouped(other.words)}`;
    return combined(words, [this, other], ([a, b]) => a - b, differenceRange(this.range, other.range));
  }

  /**
   * The mean of this over the mean of the other.
   *
   * @param whole the other in words, where a share of it makes no sense unless it is above 0 over the replicates
   * @throws NothingToTest from `evidence`, where it is not
   */
  over(other: Reading<O>, whole?: string): Quantity<O> {
    const ratio = statistic(
      `${grouped(this.words)} over ${grouped(other.words)}`,
      [this, other],
      ofEach(mean, ([a, b]) => a / b),
      "smooth",
      ratioRange(this.range, other.range),
    );
    if (whole === undefined) return ratio;
    return unless(
      ratio,
      (view, o) =>
        other.evidence(view, o).lower > 0
          ? undefined
          : `this needs ${whole} to be above 0 over ${unitOf(view.replicates)}`,
    );
  }
}

const grouped = (words: string) => / − | over /.test(words) ? `(${words})` : words;

/** A metric of one arm at one place. */
export class Cell<O> extends Reading<O> {
  constructor(readonly metric: Metric, readonly arm: string, readonly place: Place<O>) {
    super(
      [`${metric.label} of ${methodStyle(arm).label}`, place.words].filter((part) => part !== "").join(", "),
      [arm],
      place.needs ?? (() => undefined),
      (view, o) => view.series(arm, metric.name, place.of(o)),
      metric.range,
    );
  }

  /** This less the same of another arm, at another place, of another metric, or any other number. */
  override minus(other: string | Place<O> | Metric | Reading<O>): Reading<O> {
    const { cell, words } = this.against(other, "−");
    const difference = super.minus(cell);
    return words === undefined ? difference : difference.called(words);
  }

  /** The mean of this over the mean of the same of another arm, at another place, of another metric, or of any other number. */
  override over(other: string | Place<O> | Metric | Reading<O>, whole?: string): Quantity<O> {
    const { cell, words } = this.against(other, "over");
    const ratio = super.over(cell, whole);
    return words === undefined ? ratio : ratio.called(words);
  }

  /** The other number, and what the two are called together: what they share is said once. */
  private against(other: string | Place<O> | Metric | Reading<O>, sign: string): { cell: Reading<O>; words?: string } {
    const { metric, arm, place } = this, label = methodStyle(arm).label;
    const said = (what: string, where = place.words) => where === "" ? what : `${what}, ${where}`;
    if (typeof other === "string") {
      const words = said(`${metric.label} of ${label} ${sign} ${methodStyle(other).label}`);
      return { cell: new Cell(metric, other, place), words };
    }
    if (other instanceof Metric) {
      return {
        cell: new Cell(other, arm, place),
        words: said(`${metric.label} of ${label} ${sign} ${other.label}`),
      };
    }
    if (other instanceof Reading) return { cell: other };
    return {
      cell: new Cell(metric, arm, other),
      words: said(`${metric.label} of ${label}`, `${place.words} ${sign} ${other.words}`),
    };
  }
}

/** A measured number: its column in the rows, its name in sentences, on axes and in tables, its decimals, what it can be. */
export class Metric {
  /**
   * @param name of the metric in rows
   * @param label in sentences and heads of tables
   * @param digits decimals in tables
   * @param axis its label on axes, with the unit
   * @param range what it can be, to which intervals keep
   */
  constructor(
    readonly name: string,
    readonly label: string,
    readonly digits: number,
    readonly axis: string = label,
    readonly range: Range = ANY,
  ) {}

  /** One in [0, 1]: a share, a probability, a rate. */
  static share(name: string, label: string, digits: number, axis?: string): Metric {
    return new Metric(name, label, digits, axis, SHARE);
  }

  /** One that is not below 0: a divergence, an entropy, a distance, a length. */
  static amount(name: string, label: string, digits: number, axis?: string): Metric {
    return new Metric(name, label, digits, axis, AMOUNT);
  }

  /** One in [−1, 1]: a correlation, a difference of shares. */
  static correlation(name: string, label: string, digits: number, axis?: string): Metric {
    return new Metric(name, label, digits, axis, CORRELATION);
  }

  /** The metric of one arm at one place; of a question with one condition the place is left out. */
  of(arm: string): Cell<unknown>;
  of<O>(arm: string, at: Place<O>): Cell<O>;
  of<O>(arm: string, at: Place<O> = everywhere as Place<O>): Cell<O> {
    return new Cell(this, arm, at);
  }
}

/**
 * A number made in every replicate from several that share it.
 *
 * @param range what it can be; anything unless given
 * @throws RangeError from `series`, when they are of different replicates
 */
export function combined<O>(
  words: string,
  readings: readonly Reading<O>[],
  of: (values: readonly number[]) => number,
  range?: Range,
): Reading<O> {
  const read = (view: View, o: O) => {
    const [first, ...rest] = readings.map((reading) => reading.series(view, o));
    for (const { seeds } of rest) {
      if (seeds.length !== first.seeds.length || seeds.some((seed, i) => seed !== first.seeds[i])) {
        throw new RangeError(`"${words}": readings of different replicates cannot be paired`);
      }
    }
    return { seeds: first.seeds, values: first.values.map((v, r) => of([v, ...rest.map(({ values }) => values[r])])) };
  };
  return new Reading(words, armsOf(readings), all(...readings.map(({ needs }) => needs)), read, range);
}

/**
 * A number made from all replicates of several readings at once: a ratio of means, a slope, a spread, a rank correlation.
 *
 * @param of the number, from one array a reading
 * @param shape what it is like, which decides its interval; "smooth" unless given
 * @param range what it can be; anything unless given
 */
export function statistic<O>(
  words: string,
  readings: readonly Reading<O>[],
  of: Statistic,
  shape: StatisticShape = "smooth",
  range?: Range,
): Quantity<O> {
  return quantity({
    words,
    arms: armsOf(readings),
    needs: all(...readings.map(({ needs }) => needs)),
    range,
    evidence: (view, o) => view.statistic(readings.map((reading) => reading.series(view, o)), of, shape, range),
  });
}

/**
 * The same of readings that the options choose, such as a slope over all values of a knob.
 *
 * @param arms of all of them
 * @param readings in the order of the numbers that `of` gets
 * @param of the number, from one number a reading
 * @param range what it can be; anything unless given
 * @param summary what `of` gets of a reading; its mean unless given
 */
export function along<O>(
  words: string,
  arms: readonly string[],
  readings: (options: O) => readonly Reading<O>[],
  of: (numbers: readonly number[], options: O) => number,
  needs: Needs<O> = () => undefined,
  range?: Range,
  summary: Summary = mean,
): Quantity<O> {
  return quantity({
    words,
    arms,
    needs,
    range,
    evidence: (view, o) =>
      view.statistic(
        readings(o).map((reading) => reading.series(view, o)),
        ofEach(summary, (v) => of(v, o)),
        "smooth",
        range,
      ),
  });
}

/** The mean of one reading less the best mean of several others. */
export function lead<O>(words: string, one: Reading<O>, others: readonly Reading<O>[]): Quantity<O> {
  const range = differenceRange(one.range, others[0].range);
  return statistic(
    words,
    [one, ...others],
    ofEach(mean, ([first, ...rest]) => first - Math.max(...rest)),
    "smooth",
    range,
  );
}

function armsOf<O>(readings: readonly Reading<O>[]): readonly string[] {
  return [...new Set(readings.flatMap(({ arms }) => arms))];
}

/** What is told beside a claim. */
export interface Told<O> {
  /** Who says it; the paper unless given. */
  readonly kind?: ClaimKind;
  /** Where the paper says it. */
  readonly source: string;
  /** What the paper reports; "not reported" unless given. */
  readonly paper?: string;
  /** What the reader should know beside the verdict. */
  readonly note?: string;
  /** What it needs of the options beside what its quantity needs. */
  readonly needs?: Needs<O>;
}

/**
 * A claim about a quantity.
 *
 * @param id short name, unique in the experiment
 * @param statement what is claimed, in one sentence
 * @param test the quantity, and when it bears the claim out
 * @throws RangeError when what the number can be decides it already
 * @example
 * ```ts
 * import { place } from "./place.ts";
 * import assert from "node:assert/strict";
 * const value = new Metric("value", "V", 3), full = place("full confounding", () => ({ confounding: 1 }));
 * const told = { source: "abstract", paper: "DR-CPO often has the highest expected reward" };
 * const { quantity, arms } = claim("dr-wins", "DR-CPO beats CPO", value.of("dr-cpo", full).minus("cpo").above(0), told);
 * assert.equal(quantity, "V of DR-CPO − CPO, full confounding");
 * assert.deepEqual(arms, ["dr-cpo", "cpo"]);
 * ```
 */
export function claim<O>(
  id: string,
  statement: string,
  { quantity, rule }: Test<O>,
  { needs, paper = "not reported", ...told }: Told<O>,
): Claim<O> {
  const { arms, words, range: [least, most] } = quantity, bounds = [rule.above, rule.below].filter(Number.isFinite);
  if (bounds.some((bound) => bound < least || bound > most)) {
    throw new RangeError(`claim ${id}: "${rule.text}" reaches beyond what the number can be, [${least}, ${most}]`);
  }
  return {
    ...told,
    paper,
    id,
    statement,
    quantity: words,
    rule,
    arms,
    needs: needs === undefined ? quantity.needs : all(quantity.needs, needs),
    evidence: (view, o) => quantity.evidence(view, o),
  };
}
