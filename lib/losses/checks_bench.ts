/**
 * What checking costs a training step: the same steps with the library's losses and as they were before tensors were
 * remembered, causal losses without a check and DPO with one of every number at every step. Both are timed in one run, turn
 * by turn, in time of the processor, which other programs on the machine do not lengthen.
 *
 * `deno run --allow-read=. --allow-ffi --allow-env lib/losses/checks_bench.ts` prints medians.
 */
import process from "node:process";
import { logLinear } from "../policies/loglinear.ts";
import { startBackend, type Tensor, tf } from "../tensor/backend.ts";
import { logSoftmax, stopGradient, takeAlongLast } from "../tensor/ops.ts";
import { pairedLogistic } from "../tensor/fused/paired_logistic.ts";
import { Rng } from "../random.ts";
import { adamW } from "../training/adamw.ts";
import { lossAndGradients } from "../training/gradients.ts";
import { cpo, drCpo, plain, type Ratio } from "./causal.ts";
import { dpo } from "./dpo.ts";

const BLOCKS = 101, STEPS = 20;
const [replicates, texts, dimensions, rows] = [20, 200, 12, 400];

await startBackend("auto");
const rng = Rng.seed(0);
const index = (name: string) => {
  const stream = rng.fork(name);
  return Uint32Array.from({ length: replicates * rows }, () => stream.integer(texts));
};
const [first, second] = [index("first"), index("second")];
const features = Float64Array.from(rng.fork("features").normals(texts * dimensions));
const base = new Float64Array(texts).fill(-Math.log(texts));
const constant = (value: (z: number) => number, name: string): Tensor =>
  tf.tensor2d(Float32Array.from(rng.fork(name).normals(replicates * rows), value), [replicates, rows]);
const fixed = {
  logpR: constant((z) => -Math.log(texts) - Math.abs(z) / 4, "logpR"),
  outcome: constant((z) => z, "outcome"),
  prediction: constant((z) => z / 2, "prediction"),
};
const mean = (loss: Tensor): Tensor => tf.mean(loss, -1);
const ratio = (logp: Tensor) => tf.sub(logp, stopGradient(fixed.logpR));
const selfNormalised: { ratio: Ratio } = { ratio: { kind: "self-normalised" } };

/** A loss with its checks, and as it was, of log-probs at two sets of texts. */
type Pair = Readonly<Record<"now" | "before", (a: Tensor, b: Tensor) => Tensor>>;
const pairs: Readonly<Record<string, Pair>> = {
  "causal-cpo": {
    now: (logpF) => mean(cpo({ ...fixed, logpF }, plain)),
    before: (logpF) => mean(tf.neg(tf.mul(tf.exp(ratio(logpF)), stopGradient(fixed.outcome)))),
  },
  "causal-cpo, self-normalised": {
    now: (logpF) => mean(cpo({ ...fixed, logpF }, selfNormalised)),
    before: (logpF) =>
      mean(tf.neg(tf.mul(tf.mul(tf.exp(logSoftmax(ratio(logpF))), rows), stopGradient(fixed.outcome)))),
  },
  "dr-cpo": {
    now: (logpF, other) => {
      const generated = { logpF: other, logpF0: fixed.logpR, prediction: fixed.prediction };
      const { correction, outcome } = drCpo({ ...fixed, logpF }, generated, plain);
      return tf.add(mean(correction), mean(outcome));
    },
    before: (logpF, other) => {
      const advantage = tf.sub(stopGradient(fixed.outcome), stopGradient(fixed.prediction));
      const correction = tf.neg(tf.mul(tf.exp(ratio(logpF)), advantage));
      return tf.add(mean(correction), mean(tf.neg(tf.mul(tf.exp(ratio(other)), stopGradient(fixed.prediction)))));
    },
  },
  "dpo": {
    now: (policyChosen, policyRejected) =>
      mean(
        dpo({ policyChosen, policyRejected, referenceChosen: fixed.logpR, referenceRejected: fixed.logpR }, {
          beta: 0.1,
        }),
      ),
    before: (policyChosen, policyRejected) => {
      const logps = { policyChosen, policyRejected, referenceChosen: fixed.logpR, referenceRejected: fixed.logpR };
      for (const logp of Object.values(logps)) {
        if (!logp.dataSync().every((value) => Number.isFinite(value))) throw new RangeError("NaN");
      }
      return mean(pairedLogistic(logps, 0.1, 0));
    },
  },
};

/** A training step that keeps its parameters near where they are, so that all blocks do the same work. */
function stepper(loss: Pair["now"]): () => void {
  const policy = logLinear({ features, replicates, texts, dimensions, base });
  const optimiser = adamW(policy.parameters, { learningRate: 1e-6, replicates });
  const objective = () => {
    const logp = policy.logProb();
    return loss(takeAlongLast(logp, first, rows), takeAlongLast(logp, second, rows));
  };
  return () =>
    tf.tidy(() => {
      optimiser.step(lossAndGradients(policy.parameters, objective, replicates).gradients);
    });
}

/** Processor time of this program since then, in ms. */
function milliseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(
  `${tf.getBackend()}, ${replicates} policies of ${texts} texts, ${rows} rows each; ms of the processor a step`,
);
for (const [name, { now, before }] of Object.entries(pairs)) {
  const steps = { now: stepper(now), before: stepper(before) };
  const times = { now: [] as number[], before: [] as number[] };
  for (let block = -3; block < BLOCKS; block++) {
    // Turn by turn, each first as often as the other: what else the machine does falls on both.
    for (const which of block % 2 === 0 ? ["now", "before"] as const : ["before", "now"] as const) {
      const start = process.cpuUsage();
      for (let i = 0; i < STEPS; i++) steps[which]();
      if (block >= 0) times[which].push(milliseconds(start) / STEPS);
    }
  }
  const ratios = times.now.map((time, block) => time / times.before[block]);
  console.log(
    `${name}: now ${median(times.now).toFixed(4)}, before ${median(times.before).toFixed(4)}, ` +
      `median of ratios ${median(ratios).toFixed(3)}`,
  );
}
