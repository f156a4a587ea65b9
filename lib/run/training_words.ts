/**
 * What examples of each kind are called on the page of a training, and what is measured of them.
 *
 * @module
 */
import type { ExampleKind } from "../training/language/objective.ts";

/** Words for the examples of a training. */
export interface ExampleWords {
  /** What is counted. */
  readonly unit: string;
  /** The two kinds of responses that are told apart. */
  readonly sides: readonly [chosen: string, rejected: string];
  /** Of what a share is in order: its subject, what it is or has, and the name of the share. */
  readonly order: readonly [subject: string, predicate: string, share: string];
}

const PAIRS: ExampleWords = {
  unit: "pair",
  sides: ["chosen", "rejected"],
  order: ["the pairs", "were in the right order", "share of pairs in the right order"],
};
const TEXTS: ExampleWords = { ...PAIRS, unit: "text", sides: ["shown", "sampled"] };

/** The words, by what an example is. */
export const EXAMPLE_WORDS: Readonly<Record<ExampleKind, ExampleWords>> = {
  ...{ pairs: PAIRS, tied: PAIRS, rated: PAIRS },
  labelled: { ...PAIRS, unit: "response", sides: ["desirable", "undesirable"] },
  ...{ logged: TEXTS, "logged and sampled": TEXTS },
  sampled: { ...TEXTS, sides: ["sampled", "other"] },
  rewarded: {
    unit: "prompt",
    sides: ["best rewarded", "worst rewarded"],
    order: [
      "the prompts",
      "had the best rewarded response ahead of the worst rewarded one",
      "share of prompts with the best rewarded response ahead",
    ],
  },
  constitutions: {
    unit: "prompt",
    sides: ["matched", "mismatched"],
    order: [
      "the responses",
      "were most probable under their own constitution",
      "share of responses most probable under their own constitution",
    ],
  },
};

/** What is compared before and after, but for the sides and their order. */
export const MEASURE_WORDS = {
  value: "mean reward of the law on the responses",
  effective: "effective sample size over the number of texts",
  largest: "largest weight of a text",
} as const;
