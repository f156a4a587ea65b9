/**
 * Random laws of two constitutions, where neither contrast is trained: which of them bounds the mutual information.
 *
 * @module
 */
import { mutualInformation } from "../../lib/losses/mutual_information.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { logSoftmaxRows } from "../../lib/exact/log_space.ts";
import { contrastTerms } from "../../lib/worlds/principles.ts";
import * as drawn from "./figures.ts";
import type { SyntheticOptions } from "./options.ts";
import { LAW_WIDTH, responseExceeds, widest } from "./terms.ts";

/** Pairs of laws a seed and spread. */
const LAWS = 200;

export const responseTerm = question({
  id: "response-term",
  asks: "Is the response contrast a bound of the mutual information as well?",
  method:
    `Two constitutions answer from ${LAW_WIDTH} responses with independent normal logits: ${LAWS} such pairs of laws a ` +
    "seed and spread. Equation 8 takes the sampled responses to have equal marginal probabilities, which nothing enforces.",
  arms: ["random-laws"],
  conditions: ({ spreads }: SyntheticOptions) => spreads.map((spread) => ({ spread })),
  run: ({ streams, condition: { spread } }) =>
    streams("laws").map((rng) => {
      const each = Array.from({ length: LAWS }, () => {
        const table = logSoftmaxRows(rng.normals(2 * LAW_WIDTH).map((z) => spread * z), LAW_WIDTH);
        const laws = [table.subarray(0, LAW_WIDTH), table.subarray(LAW_WIDTH)];
        return { information: mutualInformation(laws), ...contrastTerms(laws) };
      });
      // An excess of rounding size is none.
      const exceeds = (term: "constitution" | "response") =>
        mean(each.map((v) => v[term] > v.information + 1e-9 ? 1 : 0));
      return {
        "information": mean(each.map((v) => v.information)),
        "constitution-term": mean(each.map((v) => v.constitution)),
        "response-term": mean(each.map((v) => v.response)),
        "constitution-exceeds": exceeds("constitution"),
        "response-exceeds": exceeds("response"),
        "response-negative": mean(each.map((v) => v.response < -1e-9 ? 1 : 0)),
      };
    }),
  claims: [
    claim(
      "response-bound",
      "The response contrast is a lower bound of the mutual information, in 99% of random laws or more",
      responseExceeds.of("random-laws", widest).below(0.01),
      {
        source: "equation 8",
        paper: "lower bound, where sampled responses have equal marginals",
        note: "A known negative: without equal marginals it is no bound.",
      },
    ),
  ],
  ...drawn.responseTerm,
});
