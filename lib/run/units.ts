/**
 * Units of work: what runs at once, is saved at once, and is found again.
 *
 * @module
 */
import type { Condition, Question } from "./experiment.ts";
import type { CommonValues, PlannedQuestion } from "./plan.ts";
import type { Block } from "./rows.ts";
import type { WrittenText } from "./written_text.ts";

/** One arm of one question at one condition for one block of seeds. */
export interface Unit {
  /** The question it belongs to. */
  // deno-lint-ignore no-explicit-any -- options and prepared values are typed where the question is declared
  readonly question: Question<any, any>;
  /** Id of the arm. */
  readonly arm: string;
  /** One of the question's conditions. */
  readonly condition: Condition;
  /** The replicates of this block, counted from 0, without gaps. */
  readonly seeds: readonly number[];
  /** Question, arm, condition and seeds in words, unique in the plan. */
  readonly name: string;
  /** Units with the same text share work if one runner takes them all. */
  readonly shares?: string;
}

/** What a unit came to. */
export interface UnitResult {
  /** Names of what was measured, in the order the question gave them, `[M]`. */
  readonly metrics: readonly string[];
  /** All metrics of the first seed, then of the next, `[seeds × M]`, finite. */
  readonly values: Float64Array;
  /** Texts that it kept, in order; absent where there are none. */
  readonly texts?: readonly WrittenText[];
  /** Options that the unit, or what it was prepared with, has looked at. */
  readonly reads: readonly string[];
  /** How long it took, seconds. */
  readonly seconds: number;
}

/** Questions with the arms that run and the options that say at which conditions and for how many seeds. */
interface Planned {
  /** Values of the experiment's options. */
  readonly options: Readonly<Record<string, unknown>> & CommonValues;
  /** Questions that run, each with its arms. */
  readonly questions: readonly PlannedQuestion[];
}

/**
 * All units of a plan, in the order of the file: by question, condition, arm and block of seeds.
 *
 * @param only of each question this block of seeds alone, counted from 0, where it has it
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * assert.equal(unitsOf(plan)[1].name, "sampling dr-cpo spread=0.5 seeds 0-1");
 * assert.deepEqual(unitsOf(plan, 1), []);
 * ```
 */
export function unitsOf({ options, questions }: Planned, only?: number): Unit[] {
  return questions.flatMap(({ question, arms }) => {
    const count = question.seeds(options), block = question.block ?? count;
    // Thousands of units share a few lists.
    const many = Math.ceil(count / block), first = only ?? 0;
    const blocks = Array.from(
      { length: only === undefined ? many : Number(only < many) },
      (_, b) => Array.from({ length: Math.min(block, count - (first + b) * block) }, (_, i) => (first + b) * block + i),
    );
    return question.conditions(options).flatMap((condition) =>
      arms.flatMap((arm) =>
        blocks.map((seeds, b) => {
          const setting = Object.entries(condition).map(([key, value]) => `${key}=${value}`).join(" ");
          const name = `${question.id} ${arm} ${setting} seeds ${seeds[0]}-${seeds.at(-1)}`;
          const shares = question.shares && `${question.id} ${question.shares(condition, arm)} ${first + b}`;
          return { question, arm, condition, seeds, name, shares };
        })
      )
    );
  });
}

/**
 * The rows of a unit.
 *
 * @example
 * ```ts
 * import { questionOf } from "./demo_test_helpers.ts";
 * import assert from "node:assert/strict";
 * const unit = { question: questionOf(), arm: "cpo", condition: { n: 64 }, seeds: [0], name: "value cpo n=64 seeds 0-0" };
 * const result = { metrics: ["kl"], values: Float64Array.of(0.5), reads: [], seconds: 1 };
 * assert.equal(blockOf(unit, result).question, "value");
 * ```
 */
export function blockOf({ question, arm, condition, seeds }: Unit, { metrics, values, texts }: UnitResult): Block {
  return { part: question.part, question: question.id, arm, condition, seeds, metrics, values, ...texts && { texts } };
}
