/**
 * Constitutions that it never saw: combinations of principles held out from training.
 *
 * @module
 */
import { type Pool, poolShape } from "../../lib/exact/constitution_policy.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import { UserError } from "../../lib/user_error.ts";
import * as drawn from "./figures.ts";
import type { SyntheticOptions } from "./options.ts";
import { heldGain, heldWins, mostTrained, trainedGain } from "./terms.ts";
import { methods } from "./training.ts";
import { endOf, measure, PROTOCOL, samplesOf } from "./world.ts";

/** Constitutions that no training of a seed sees, where some are held out. */
const HELD_OUT = 4;

/** Numbers of constitutions to train on. @throws UserError where they leave too few to hold out */
function checkedTraining({ training, manyPrinciples }: SyntheticOptions): readonly number[] {
  const all = 2 ** manyPrinciples;
  if (Math.max(...training) <= all - HELD_OUT) return training;
  throw new UserError(
    `--training: ${manyPrinciples} principles make ${all} constitutions, of which ${HELD_OUT} are held out: expected at ` +
      `most ${all - HELD_OUT}, got ${Math.max(...training)}`,
  );
}

/** The same policies with weights of its own for each constitution. */
export function unshared(pool: Pool, start: Float64Array): { pool: Pool; start: Float64Array } {
  const { constitutions, embeddings } = pool, { dimensions, width } = poolShape(pool);
  const own = new Float64Array(constitutions ** 2), weights = new Float64Array(dimensions * constitutions);
  for (let c = 0; c < constitutions; c++) {
    own[c * constitutions + c] = 1;
    for (let d = 0; d < dimensions; d++) {
      for (let e = 0; e < width; e++) {
        weights[d * constitutions + c] += start[d * width + e] * embeddings[c * width + e];
      }
    }
  }
  return { pool: { ...pool, embeddings: own }, start: weights };
}

const DIVERSE = {
  source: "llama3-70b on diverse principles, iteration 3",
  paper: "63.4% on held-out principles, 60.2% on trained ones",
};

export const generalisation = question({
  id: "generalisation",
  asks: "Does it follow combinations of principles that it never trained on?",
  method:
    `${PROTOCOL}There are ${HELD_OUT} held-out combinations a seed, the same for every number of training ones. ` +
    "Constitutions share the weights of their principles; with nothing shared, each constitution has weights of its own. " +
    "Responses are the likeliest ones, as in the paper, unless they are said to be drawn.",
  arms: ["sami", "sami-drawn", "sami-separate"],
  conditions: (o: SyntheticOptions) => checkedTraining(o).map((training) => ({ training })),
  run(context) {
    const { arm, condition, options, streams } = context, split = streams("split");
    const separate = arm === "sami-separate", method = methods[separate ? "sami" : arm];
    return samplesOf(context, { principles: options.manyPrinciples }).map((each, r) => {
      const { pool, start } = each.world, order = Array.from(split[r].permutation(pool.constitutions));
      const held = order.slice(-HELD_OUT), seen = order.slice(0, condition.training);
      const changes = { constitutions: seen, ...separate && unshared(pool, start) };
      const logPolicy = endOf(each, method, options, changes);
      const on = (over: number[], name: "trained" | "held-out") => {
        const now = measure(each, logPolicy, over), base = measure(each, each.logBase, over);
        return {
          [`${name}-win-rate`]: now["win-rate"],
          [`${name}-gain`]: now.alignment - base.alignment,
          [`${name}-junk`]: now.junk,
        };
      };
      return { ...on(seen, "trained"), ...on(held, "held-out") };
    });
  },
  claims: [
    claim(
      "held-out-wins",
      "SAMI wins on held-out combinations, 51% or more",
      heldWins.of("sami", mostTrained).above(0.51),
      DIVERSE,
    ),
    claim(
      "held-out-share",
      "Held-out combinations gain at least half as much as trained ones",
      heldGain.of("sami", mostTrained).over(trainedGain, "the gain on trained combinations").above(0.5),
      DIVERSE,
    ),
    claim(
      "held-out-wins-drawn",
      "With drawn responses SAMI wins on held-out combinations, 51% or more",
      heldWins.of("sami-drawn", mostTrained).above(0.51),
      { ...DIVERSE, kind: "question" },
    ),
  ],
  ...drawn.generalisation,
});
