/**
 * What does it cost that the released trainer normalises its weights within a minibatch?
 *
 * @module
 */
import { question } from "../../lib/run/experiment.ts";
import { place } from "../../lib/run/place.ts";
import { claim } from "../../lib/run/quantity.ts";
import { syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { meanOverBatches, type Rows } from "./exact.ts";
import { batches as drawn } from "./learned_figures.ts";
import { RELEASED_BATCH } from "./learners.ts";
import type { CpoOptions } from "./options.ts";
import { gradientShare, objective, OVERLAP } from "./terms.ts";
import { policyAt, train } from "./training.ts";

/** Rows in a batch; the log itself comes last. */
const sizesOf = (n: number) => [...[1, 2, RELEASED_BATCH, 16, 64].filter((size) => size < n), n];
/** Times that the log is dealt into batches anew to stand for all batches of a size. */
const DEALS = 10;

/** Slope of an expected objective in θ at f0 `[D]`. */
function slopeAtStart(world: { features: Float64Array; texts: number; logStart: Float64Array }, slope: Float64Array) {
  const d = world.features.length / world.texts, all = slope.reduce((a, b) => a + b, 0);
  return Float64Array.from({ length: d }, (_, k) => {
    let sum = 0;
    for (let x = 0; x < world.texts; x++) {
      sum += (slope[x] - all * Math.exp(world.logStart[x])) * world.features[x * d + k];
    }
    return sum;
  });
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, k) => sum + v * b[k], 0);

const TRAINER = { kind: "question", source: "trainer of the released code" } as const;
const fours = place(`batches of ${RELEASED_BATCH}`, (_: CpoOptions) => ({ batch: RELEASED_BATCH }));
const whole = place("whole log", ({ n }: CpoOptions) => ({ batch: n }));

export const batches = question({
  id: "batches",
  asks: "What does normalising weights within a batch do, as the released trainer does?",
  method:
    "CPO's weights are normalised within batches of a size, or over the whole log. The objective is the mean over " +
    `batches (the log dealt out ${DEALS} times) less the price of KL, and is followed to its optimum with fixed steps; ` +
    "so no noise of single batches is in it. Beside it, how much of the whole log's gradient at f0 is left.",
  arms: ["released"],
  block: 5,
  conditions: ({ n }) => sizesOf(n).map((batch) => ({ batch })),
  run({ options, condition, streams }) {
    const { texts, n, klWeight: penalty, learningRate: rate, steps } = options, { batch } = condition;
    const logs = streams("log");
    return streams("world").map((rng, r) => {
      const world = syntheticWorld({ texts, confounding: 0, overlap: OVERLAP }, rng);
      const { text, outcome } = world.randomised(n, logs[r].fork("log")), deals = logs[r].fork("deals");
      const rows: Rows = { text, logLaw: Float64Array.from(text, (x) => world.logAssignment[x]), advantage: outcome };
      const of = (size: number) =>
        meanOverBatches(
          rows,
          size,
          Array.from({ length: size === n ? 1 : DEALS }, (_, k) => deals.fork(k).permutation(n)),
        );
      const gradient = (size: number) => {
        const slope = new Float64Array(texts);
        of(size)(world.logStart.map(Math.exp), world.logStart, slope, 0);
        return slopeAtStart(world, slope);
      };
      const whole = gradient(n);
      const [theta] = train({ kind: "trained", estimate: of(batch) }, world, { penalty, rate, steps: [steps] });
      const logF = policyAt(world, theta), kl = world.kl(logF), value = world.value(logF);
      return {
        "gradient-share": dot(gradient(batch), whole) / dot(whole, whole),
        value,
        kl,
        objective: value - penalty * kl,
      };
    });
  },
  claims: [
    claim(
      "batches-of-four",
      `In batches of ${RELEASED_BATCH} at least a tenth of the gradient at f0 is lost on average`,
      gradientShare.of("released", fours).below(0.9),
      { ...TRAINER, note: "With equal weights 1/B is lost; a batch of one has no gradient (tests)." },
    ),
    claim(
      "batches-of-four-hold-back",
      `At the same λ and steps, batches of ${RELEASED_BATCH} end with a better objective than the whole log`,
      objective.of("released", fours).minus(whole).above(0),
      {
        ...TRAINER,
        note:
          "What is lost of the gradient acts like a larger λ. Where λ is chosen for each, see the learned policies.",
      },
    ),
  ],
  ...drawn,
});
