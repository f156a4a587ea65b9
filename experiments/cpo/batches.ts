/**
 * What does it cost that the released trainer normalises its weights within a minibatch?
 *
 * @module
 */
import { question } from "../../lib/run/experiment.ts";
import { formatFixed } from "../../lib/report/numbers.ts";
import { summaryLines } from "../../lib/run/view.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { meanOverBatches, type Rows } from "./exact.ts";
import { OVERLAP } from "./learned.ts";
import { RELEASED_BATCH } from "./learners.ts";
import type { CpoOptions } from "./options.ts";
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

export const batches = question({
  id: "batches",
  asks: "What does normalising weights within a batch do, as the released trainer does?",
  part: "synthetic",
  method:
    "CPO's weights are normalised within batches of a size, or over the whole log. The objective is the mean over " +
    `batches (the log dealt out ${DEALS} times) less the price of KL, and is followed to its optimum with fixed steps; ` +
    "so no noise of single batches is in it. Beside it, how much of the whole log's gradient at f0 is left.",
  arms: ["released"],
  block: 5,
  seeds: ({ seeds }: CpoOptions) => seeds,
  conditions: ({ n }) => sizesOf(n).map((batch) => ({ batch })),
  run({ options, condition, streams }) {
    const { texts, n, klWeight: penalty, learningRate: rate, steps } = options, batch = Number(condition.batch);
    const logs = streams("log");
    const found = streams("world").map((rng, r) => {
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
    const metric = (name: keyof typeof found[0]) => found.map((row) => row[name]);
    return {
      "gradient-share": metric("gradient-share"),
      value: metric("value"),
      kl: metric("kl"),
      objective: metric("objective"),
    };
  },
  claims: [{
    kind: "question",
    id: "batches-of-four",
    statement: `In batches of ${RELEASED_BATCH} at least a tenth of the gradient at f0 is lost on average`,
    source: "trainer of the released code",
    paper: "not reported",
    quantity: "expected gradient along that of the whole log, as a share of it",
    rule: below(0.9),
    unit: "seeds",
    arms: ["released"],
    evidence: (view) => view.mean("released", "gradient-share", { batch: RELEASED_BATCH }),
    note: "With equal weights 1/B is lost; a batch of one has no gradient (tests).",
  }, {
    kind: "question",
    id: "batches-of-four-hold-back",
    statement: `At the same λ and steps, batches of ${RELEASED_BATCH} end with a better objective than the whole log`,
    source: "trainer of the released code",
    paper: "not reported",
    quantity: `V − price · KL: batches of ${RELEASED_BATCH} − whole log`,
    rule: above(0),
    unit: "paired seeds",
    arms: ["released"],
    evidence: (view, { n }) =>
      pairedDifference(
        view.series("released", "objective", { batch: RELEASED_BATCH }).values,
        view.series("released", "objective", { batch: n }).values,
      ),
    note: "What is lost of the gradient acts like a larger λ. Where λ is chosen for each, see the learned policies.",
  }],
  figures(view, { n }) {
    const told = (metric: string) =>
      sizesOf(n).map((batch) =>
        `${formatFixed(mean(view.series("released", metric, { batch }).values), 2)} at ${batch}`
      )
        .join(", ");
    const curve = (id: string, metric: string, yLabel: string, caption: string) => ({
      id,
      ...summaryLines,
      data: view.summary(metric),
      x: "batch",
      xScale: "log" as const,
      xLabel: "rows in a batch (the last is the log)",
      yLabel,
      caption: `${caption}: ${told(metric)}. Bands are 95% intervals over seeds.`,
      alt: `${yLabel} against the size of a batch.`,
    });
    return [
      curve(
        "batches",
        "gradient-share",
        "share of the gradient",
        "Share of the whole log's gradient at f0 that is left",
      ),
      curve("batches-kl", "kl", "KL of the optimum in nats", "How far the optimum is from f0, in nats"),
      curve("batches-objective", "objective", "V(f) − price · KL(f ‖ f0)", "Objective of the optimum"),
    ];
  },
  tables: (view) => [{
    id: "batches",
    caption: "Expected gradient and optimum of weights normalised within a batch.",
    columns: [
      { key: "batch", label: "batch" },
      { key: "value", label: "share of the gradient", digits: 3, lower: "lower", upper: "upper" },
      { key: "kl", label: "KL", digits: 2 },
      { key: "v", label: "V(f)", digits: 3 },
      { key: "objective", label: "objective", digits: 3 },
    ],
    rows: view.summary("gradient-share").map((row) => {
      const average = (metric: string) => mean(view.series(row.arm, metric, { batch: row.batch }).values);
      return { ...row, kl: average("kl"), v: average("value"), objective: average("objective") };
    }),
  }],
});
