/**
 * For tests: an experiment in a few lines, and temporary folders.
 *
 * @module
 */
import { above } from "../statistics/claims.ts";
import type { Claim, Experiment, Question } from "./experiment.ts";
import { int, numbers, type OptionValues } from "./options.ts";
import { commonOptions } from "./plan.ts";

/** Options of {@linkcode experimentOf}. */
export const options = {
  ...commonOptions,
  texts: int(200, "texts in the pool", { part: "synthetic", min: 1, max: 1000, presets: { smoke: 20 } }),
  strengths: numbers([0, 1], "strengths of the confounder", { min: 0, max: 9 }),
  bootstraps: int(100, "resamples of real data", { part: "benchmark", min: 1, max: 1000 }),
};
/** Values of {@linkcode options}. */
export type Values = OptionValues<typeof options>;

/**
 * A synthetic question "value" with arms "cpo" and "dr-cpo" at two strengths; anything can be another.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(questionOf({ arms: ["naive"] }).arms, ["naive"]);
 * ```
 */
export function questionOf(changes: Partial<Question<Values>> = {}): Question<Values> {
  return {
    id: "value",
    asks: "Which arm is best?",
    part: "synthetic",
    method: "By looking.",
    arms: ["cpo", "dr-cpo"],
    conditions: ({ strengths }) => strengths.map((strength) => ({ strength })),
    seeds: ({ seeds }) => seeds,
    run: ({ seeds, streams }) => ({ score: streams("score").map((rng) => 1 + rng.uniform()), seed: seeds }),
    claims: [],
    figures: () => [],
    tables: () => [],
    ...changes,
  };
}

/**
 * A claim that the score of "dr-cpo" is above zero at strength 0; anything can be another.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(claimOf({ id: "other" }).rule.text, "> 0");
 * ```
 */
export function claimOf(changes: Partial<Claim<Values>> = {}): Claim<Values> {
  return {
    id: "positive",
    statement: "Scores are positive",
    source: "p. 1",
    paper: "0.5",
    quantity: "mean score",
    rule: above(0),
    arms: ["dr-cpo"],
    evidence: (view) => view.mean("dr-cpo", { name: "score" }, { strength: 0 }),
    ...changes,
  };
}

/**
 * An experiment "demo" of these questions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(experimentOf(questionOf()).questions[0].id, "value");
 * ```
 */
export function experimentOf(...questions: Question<Values>[]): Experiment<typeof options> {
  return { name: "demo", title: "Demo", paper: "A paper", lead: "A lead.", formulas: [], options, questions };
}

/**
 * Runs with a temporary folder that is removed afterwards.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await inFolder(async (folder) => assert.ok((await Deno.stat(folder)).isDirectory));
 * ```
 */
export async function inFolder(run: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "preflab-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
