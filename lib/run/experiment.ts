/**
 * What an experiment is: questions over worlds or data sets, each with arms, conditions, claims and figures.
 *
 * @module
 */
import type { ClaimKind, Evidence, Rule } from "../statistics/claims.ts";
import type { Formula, TableSpec, TextSample } from "../report/types.ts";
import type { Store } from "../datasets/mod.ts";
import type { WriterChoice } from "../training/language/writer.ts";
import type { Rng } from "../random.ts";
import type { OptionSpecs, OptionValues, Part } from "./options.ts";
import { columns } from "./columns.ts";
import type { Condition } from "./condition.ts";
import type { DrawnFigure } from "./facets.ts";
import type { Replicates } from "./replicates.ts";
import { rowCountMetrics, type RowCounts } from "./row_counts.ts";
import type { View } from "./view.ts";
import type { WrittenText } from "./written_text.ts";

export type { Condition } from "./condition.ts";

/** What one unit of work gets: one arm, one condition, one block of seeds. */
export interface UnitContext<Options, Prepared, Arm extends string = string, C extends Condition = Condition> {
  /** Values of the experiment's options. */
  readonly options: Options;
  /** Id of the arm; also in the method registry. */
  readonly arm: Arm;
  /** The setting of the question's knobs. */
  readonly condition: C;
  /** The replicates of this block. */
  readonly seeds: readonly number[];
  /**
   * One random stream a seed, by name. It depends on the seed, the question and the name, not on arm or condition:
   * arms share worlds and logs, so their differences are paired.
   */
  streams(name: string): Rng[];
  /** What the question's `prepare` returned. */
  readonly prepared: Prepared;
  /** Keeps a text beside the unit's numbers, for the report to show. */
  keep(text: WrittenText): void;
}

/** Values of each metric, one a seed of the block. */
export type Metrics = Readonly<Record<string, ArrayLike<number>>>;

/** A claim, as data. */
export interface Claim<Options> {
  /** Who says it; the paper unless given. */
  readonly kind?: ClaimKind;
  /** Short name, unique in the experiment: anchor of its line in the report. */
  readonly id: string;
  /** What is claimed, in one sentence. */
  readonly statement: string;
  /** Where the paper says it. */
  readonly source: string;
  /** What the paper reports. */
  readonly paper: string;
  /** The number that decides, in words. */
  readonly quantity: string;
  /** When the evidence bears it out. */
  readonly rule: Rule;
  /** Arms it needs; without them it is reported as not run. */
  readonly arms: readonly string[];
  /** Why these options leave nothing to test, in a sentence; then it is reported as not run. Undefined when they do. */
  needs?(options: Options): string | undefined;
  /** The number, from the rows. @throws NothingToTest where they leave none; then it is reported as not run */
  evidence(view: View, options: Options): Evidence;
  /** What the reader should know beside the verdict. */
  readonly note?: string;
}

/** What every question says of itself. */
interface Asking<Options, Prepared, Arm extends string> {
  /** Short name, unique in the experiment: seeds its random streams and stands in every row. */
  readonly id: string;
  /** The question itself, as a reader would put it. */
  readonly asks: string;
  /** How it is measured, in a sentence or two. */
  readonly method: string;
  /** Id of the data set it needs. */
  readonly dataset?: string;
  /**
   * `import.meta.url` of the module whose code, with all it imports, makes its numbers; that of the experiment's script
   * unless given. Rows are computed again once that code changes.
   */
  readonly module?: string;
  /** Ids of its arms, in the order of legends. */
  readonly arms: readonly Arm[];
  /**
   * What they are, which decides every interval of its claims and figures; "seeds" unless given. A question on a data set
   * says it, since there it is not plain.
   */
  readonly replicates?: Replicates;
  /** Replicates that run as one block; a kill loses at most the blocks in flight. */
  readonly block?: number;
  /** Uses tensors, so that an engine must run. */
  readonly tensors?: boolean;
  /**
   * Conditions and arms for which it gives the same text share work that {@linkcode prepare}'s result keeps, such as a
   * training run or a world: they go to one worker.
   */
  shares?(condition: Condition, arm: string): string;
  /** Name of the language model that writes where no other is chosen, as {@linkcode method} calls it; absent without one. */
  readonly writer?: string;
  /** Loads what all units share; told of the checkpoint that was chosen. */
  prepare?(context: { options: Options; store: Store; rng: Rng; writer?: WriterChoice }): Promise<Prepared>;
  /** What it tests, in the order of the claims table. */
  readonly claims: readonly Claim<NoInfer<Options>>[];
  /** Its figures, once all its rows are there. */
  figures(view: View, options: Options): readonly DrawnFigure[];
  /** Its tables, once all its rows are there. */
  tables(view: View, options: Options): readonly TableSpec[];
  /** Texts to read side by side, once all its rows are there; none where nothing was kept. */
  texts?(view: View, options: Options): readonly TextSample[];
  /** The answer in a sentence or two, for the head of the page and of the index; from the rows, never typed in. */
  answer?(view: View, options: Options): string | undefined;
  /** What to know beside them, such as the smallest difference that could have been seen. */
  notes?(view: View, options: Options): readonly string[];
}

/** One thing a reader wants to know, answered by one figure, one table and its claims. */
export interface Question<
  Options,
  Prepared = unknown,
  Arm extends string = string,
  C extends Condition = Condition,
> extends Asking<Options, Prepared, Arm> {
  /** Whether it is asked of a made world or of real data. */
  readonly part: Part;
  /** All settings of its knobs, in the order of rows and figures. */
  conditions(options: Options): readonly C[];
  /** Number of replicates. */
  seeds(options: Options): number;
  /** Computes one unit: every metric, finite, for each seed of the block. */
  run(context: UnitContext<Options, Prepared, Arm, C>): Metrics;
}

/** A question as it is written: what follows from the rest need not be said. */
interface QuestionText<Options, Prepared, Arm extends string, C extends Condition>
  extends Asking<Options, Prepared, Arm> {
  /** Real data where it names a data set, a made world where it does not, unless given. */
  readonly part?: Part;
  /** All settings of its knobs, in the order of rows and figures; one without knobs unless given. */
  conditions?(options: Options): readonly C[];
  /** Number of replicates; that of `--seeds` unless given. */
  seeds?(options: Options): number;
  /** Rows of the data set that were read and left out: metrics of every unit, behind those of `run`. */
  counts?(prepared: Prepared): RowCounts;
  /** Computes one unit: every metric, finite, for each seed of the block; or one record of metrics a seed. */
  run(context: UnitContext<Options, Prepared, Arm, C>): Metrics | readonly Readonly<Record<string, number>>[];
}

/** What a question shows, to spread into it. */
export type Drawn<Options> = Pick<Question<Options>, "figures" | "tables" | "notes" | "texts">;

/** A method with its questions: everything a script under `experiments/` declares. */
export interface Experiment<S extends OptionSpecs = OptionSpecs> {
  /** Name of its folder below `reports/`, and of its task unless {@linkcode task} is given. */
  readonly name: string;
  /** Name of its task, where it is not that of the experiment: it then takes a file that only that task names. */
  readonly task?: string;
  /** Heading of its report and first line of its help. */
  readonly title: string;
  /** The paper, cited in full. */
  readonly paper: string;
  /** Two or three sentences: what this is about. */
  readonly lead: string;
  /** Ids of the five to eight claims that its report opens with; the paper's first ones unless given. */
  readonly headline?: readonly string[];
  /** Id of the figure that its report opens with; the first one unless given. */
  readonly hero?: string;
  /** Formulas of its methods, in the order of the page. */
  readonly formulas: readonly Formula[];
  /** Names in the table of losses, by arm, where `arm_losses.ts` has none. */
  readonly losses?: Readonly<Record<string, string>>;
  /** Its options with the common ones: flags, help and recorded configuration. */
  readonly options: S;
  /** Ordered as in the report. */
  // deno-lint-ignore no-explicit-any -- what `prepare` returns is known to each question alone
  readonly questions: readonly Question<OptionValues<S>, any>[];
}

/**
 * A question from its text, of which it infers its types: those of its options, of what `prepare` returns, of its arms and
 * of its conditions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const draws = question({
 *   id: "draws", asks: "How large is a draw?", method: "By drawing.", arms: ["naive"],
 *   conditions: ({ n }: { n: number }) => [{ n }],
 *   run: ({ streams, condition: { n } }) => streams("draws").map((rng) => ({ draw: n * rng.uniform() })),
 *   claims: [], figures: () => [], tables: () => [],
 * });
 * assert.deepEqual(draws.conditions({ n: 400 }), [{ n: 400 }]);
 * assert.equal(draws.part, "synthetic");
 * ```
 */
export function question<
  Options,
  Prepared,
  const Arm extends string = string,
  C extends Condition = Condition,
>(
  text: QuestionText<Options, Prepared, Arm, C>,
): Question<Options, Prepared> {
  const whole: Question<Options, Prepared, Arm, C> = {
    part: text.dataset === undefined ? "synthetic" : "benchmark",
    conditions: () => [{} as C],
    seeds: (options) => (options as { readonly seeds: number }).seeds, // one of the common options
    ...text,
    run(context) {
      const found = text.run(context), metrics = Array.isArray(found) ? columns(found) : found as Metrics;
      if (text.counts === undefined) return metrics;
      return { ...metrics, ...rowCountMetrics(text.counts(context.prepared), context.seeds.length) };
    },
  };
  // Whoever runs it takes arms and conditions from the question itself.
  return whole as unknown as Question<Options, Prepared>;
}
