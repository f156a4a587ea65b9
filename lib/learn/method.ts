/**
 * Methods, and what they learn from in each kind of data.
 *
 * @module
 */
import { tokenize } from "../datasets/text_features.ts";
import type { ExampleKind, Objective } from "../training/language/objective.ts";
import type { LearnData, PlacedPair } from "./data.ts";
import { pairsOfLog } from "./log_pairs.ts";
import type { Candidates } from "./space.ts";
import type { Sample } from "./training.ts";

/** A method. */
export interface Method {
  /** Its id: the name of its loss, as the user gave it. */
  readonly id: string;
  /** What it minimises at a value of the grid. */
  readonly objective: (beta: number) => Objective;
  /** Which option the grid sets; absent where the loss has none that bounds how far it goes. */
  readonly tuned?: string;
}

/** What examples of a kind need that no data of a user have here. */
const LACKING: Readonly<Record<ExampleKind, Readonly<Record<LearnData["kind"], string | undefined>>>> = {
  pairs: { pairs: undefined, log: undefined },
  tied: { pairs: undefined, log: undefined },
  rated: { pairs: "a rating of each text", log: "pairs with a rating of each text" },
  labelled: { pairs: undefined, log: undefined },
  logged: { pairs: "outcomes of texts that were shown: give --log", log: undefined },
  sampled: { pairs: "outcomes of texts that were shown: give --log", log: undefined },
  "logged and sampled": { pairs: "outcomes of texts that were shown: give --log", log: undefined },
  rewarded: { pairs: "a reward of each of several texts", log: "a reward of each of several texts" },
  constitutions: { pairs: "constitutions", log: "constitutions" },
};

/**
 * What a method needs that the data have not; undefined where they serve it.
 *
 * @param isLanguage whether policies are a language model, which has tokens
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { objectiveOf } from "../training/language/objectives.ts";
 * import { pairsData } from "./data.ts";
 * const data = pairsData([{ prompt: "a", chosen: "b", rejected: "c" }]);
 * assert.equal(lackingFor(objectiveOf("dpo", { loss: { beta: 1 } }), data), undefined);
 * assert.match(lackingFor(objectiveOf("rebel", { loss: { beta: 1 } }), data)!, /a rating of each text/);
 * ```
 */
export function lackingFor(
  { data: kind, collides, terms }: Objective,
  data: LearnData,
  isLanguage = false,
): string | undefined {
  if (isLanguage) return LACKING[kind][data.kind];
  const where = data.kind === "pairs" ? "; give --model" : "";
  if (collides) return `laws of tokens, which text features have not${where}`;
  const reads = terms.flatMap((term) => term.reads(2)).map(({ reduction }) => reduction);
  if (reads.some((reduction) => reduction !== "sum" && reduction !== "mean")) {
    return `places of tokens in texts, which text features have not${where}`;
  }
  return LACKING[kind][data.kind];
}

/**
 * Whether a method learns from a log by pairs of its rows: losses of pairs do, and labels where outcomes are none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { objectiveOf } from "../training/language/objectives.ts";
 * import { logData } from "./data.ts";
 * const row = { prompt: "a", text: "b", outcome: 1, propensity: 0.5 };
 * const [binary, other] = [0, 2.5].map((outcome) => logData([row, { ...row, text: "c", outcome }]));
 * const [dpo, kto] = ["dpo", "kto"].map((name) => objectiveOf(name, { loss: { beta: 1 } }));
 * assert.deepEqual([learnsByPairs(dpo, binary), learnsByPairs(kto, binary), learnsByPairs(kto, other)], [true, false, true]);
 * ```
 */
export function learnsByPairs({ data: kind }: Objective, data: LearnData): boolean {
  if (data.kind !== "log") return false;
  const isLabels = data.rows.every(({ outcome }) => outcome === 0 || outcome === 1);
  return kind === "pairs" || kind === "tied" || kind === "labelled" && !isLabels;
}

/** Outcomes as losses of logs read them, and what is predicted of every text. */
export interface Outcomes {
  /** Outcome of each row less its mean, in standard deviations `[n]`. */
  readonly outcome: Float64Array;
  /** What is predicted of each cell of the table of candidates, in the same unit `[P·A]`. */
  readonly predicted: Float64Array;
}

/** Number of words of a text that means are over, 1 at least. */
const wordsOf = (text: string): number => Math.max(1, tokenize(text).length);

/**
 * What a method learns from some rows. A weight of a pair multiplies its loss; in a log a label counts by the inverse
 * propensity over that of showing all texts alike, and pairs are those of {@linkcode pairsOfLog}. Ties are left out of what
 * cannot read them.
 *
 * @param rows which rows
 * @param outcomes of a log
 * @example A pair is two labels
 * ```ts
 * import assert from "node:assert/strict";
 * import { objectiveOf } from "../training/language/objectives.ts";
 * import { pairsData } from "./data.ts";
 * const data = pairsData([{ prompt: "a", chosen: "b", rejected: "c" }]);
 * const samples = samplesOf(objectiveOf("kto", { loss: { beta: 1 } }), data, { texts: [["b", "c"]], width: 2 }, [0]);
 * assert.deepEqual(samples.map(({ rows, facts }) => [rows[0], facts.desirable]), [[0, true], [1, false]]);
 * ```
 */
export function samplesOf(
  objective: Objective,
  data: LearnData,
  { texts, width }: Candidates,
  rows: ArrayLike<number>,
  outcomes?: Outcomes,
): Sample[] {
  const sample = (group: number, places: readonly number[], facts: Sample["facts"]): Sample => ({
    group,
    rows: places.map((place) => group * width + place),
    words: places.map((place) => wordsOf(texts[group][place])),
    facts,
  });
  const which = Array.from(rows), { data: kind } = objective;
  const ofPairs = (pairs: readonly PlacedPair[]) =>
    pairs.flatMap(({ prompt, chosen, rejected, weight, tied }) => {
      if (kind === "tied") return [sample(prompt, [chosen, rejected], { weight, tied })];
      if (tied) return [];
      return kind === "labelled"
        ? [chosen, rejected].map((text) => sample(prompt, [text], { weight, desirable: text === chosen }))
        : [sample(prompt, [chosen, rejected], { weight })];
    });
  if (data.kind === "pairs") return ofPairs(which.map((i) => data.rows[i]));
  if (learnsByPairs(objective, data)) {
    const samples = ofPairs(pairsOfLog(data, which).pairs);
    // The mean over samples is the sum over them by rows.
    return samples.map((one) => ({
      ...one,
      facts: { ...one.facts, weight: one.facts.weight! * samples.length / which.length },
    }));
  }
  const { outcome, predicted } = outcomes!, n = which.length;
  if (kind === "labelled") {
    return which.map((i) => {
      const { prompt, text, propensity, outcome } = data.rows[i];
      return sample(prompt, [text], { weight: 1 / (propensity * texts[prompt].length), desirable: outcome === 1 });
    });
  }
  const shown = kind === "sampled" ? [] : which.map((i) => {
    const { prompt, text, propensity } = data.rows[i];
    const lawLogp = Math.log(propensity), both = { outcome: outcome[i], predicted: predicted[prompt * width + text] };
    return sample(prompt, [text], kind === "logged" ? { outcome: outcome[i], lawLogp } : { ...both, lawLogp });
  });
  if (kind === "logged") return shown;
  // All texts of a prompt with what is predicted of each: the mean over draws of the uniform π0, without drawing.
  const counts = Map.groupBy(which, (i) => data.rows[i].prompt);
  const drawn = [...counts].flatMap(([prompt, { length }]) =>
    texts[prompt].map((_, place) => ({ prompt, place, share: length / n / texts[prompt].length }))
  );
  // The mean over all samples is the sum of a mean over rows and one over texts.
  const total = shown.length + drawn.length;
  return [
    ...shown.map((one) => ({ ...one, facts: { ...one.facts, weight: total / n } })),
    ...drawn.map(({ prompt, place, share }) =>
      sample(prompt, [place], { predicted: predicted[prompt * width + place], weight: total * share })
    ),
  ];
}
