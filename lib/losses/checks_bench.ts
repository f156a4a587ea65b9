/**
 * What checking costs a training step: the same steps with the library's losses, which look at what they are given, and
 * with the bare formulas, which do not. Both are timed in one run, turn by turn.
 *
 * `deno run --allow-read=. --allow-ffi --allow-env lib/losses/checks_bench.ts` prints medians and their ratio.
 */
import { logLinear } from "../policies/loglinear.ts";
import { startBackend, type Tensor, tf } from "../tensor/backend.ts";
import { logSoftmax, stopGradient, takeAlongLast } from "../tensor/ops.ts";
import { pairedLogistic } from "../tensor/fused/paired_logistic.ts";
import { Rng } from "../tensor/random.ts";
import { adamW } from "../training/adamw.ts";
import { lossAndGradients } from "../training/gradients.ts";
import { cpo, drCpo, plain, type Ratio } from "./causal.ts";
import { dpo } from "./dpo.ts";

const BLOCKS = 41, STEPS = 50;
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

/** A loss with its checks, and the same formula without, of log-probs at two sets of texts. */
type Pair = Readonly<Record<"checked" | "bare", (a: Tensor, b: Tensor) => Tensor>>;
const pairs: Readonly<Record<string, Pair>> = {
  "causal-cpo": {
    checked: (logpF) => mean(cpo({ ...fixed, logpF }, plain)),
    bare: (logpF) => mean(tf.neg(tf.mul(tf.exp(ratio(logpF)), stopGradient(fixed.outcome)))),
  },
  "causal-cpo, self-normalised": {
    checked: (logpF) => mean(cpo({ ...fixed, logpF }, selfNormalised)),
    bare: (logpF) => mean(tf.neg(tf.mul(tf.mul(tf.exp(logSoftmax(ratio(logpF))), rows), stopGradient(fixed.outcome)))),
  },
  "dr-cpo": {
    checked: (logpF, other) => {
      const generated = { logpF: other, logpF0: fixed.logpR, prediction: fixed.prediction };
      const { correction, outcome } = drCpo({ ...fixed, logpF }, generated, plain);
      return tf.add(mean(correction), mean(outcome));
    },
    bare: (logpF, other) => {
      const advantage = tf.sub(stopGradient(fixed.outcome), stopGradient(fixed.prediction));
      const correction = tf.neg(tf.mul(tf.exp(ratio(logpF)), advantage));
      return tf.add(mean(correction), mean(tf.neg(tf.mul(tf.exp(ratio(other)), stopGradient(fixed.prediction)))));
    },
  },
  "dpo": {
    checked: (policyChosen, policyRejected) =>
      mean(
        dpo({ policyChosen, policyRejected, referenceChosen: fixed.logpR, referenceRejected: fixed.logpR }, {
          beta: 0.1,
        }),
      ),
    bare: (policyChosen, policyRejected) =>
      mean(
        pairedLogistic(
          { policyChosen, policyRejected, referenceChosen: fixed.logpR, referenceRejected: fixed.logpR },
          0.1,
          0,
        ),
      ),
  },
};

/** A training step that keeps its parameters near where they are, so that all blocks do the same work. */
function stepper(loss: Pair["checked"]): () => void {
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

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(`${tf.getBackend()}, ${replicates} policies of ${texts} texts, ${rows} rows each; milliseconds a step`);
for (const [name, { checked, bare }] of Object.entries(pairs)) {
  const steps = { checked: stepper(checked), bare: stepper(bare) };
  const times = { checked: [] as number[], bare: [] as number[] };
  for (let block = -3; block < BLOCKS; block++) {
    // Turn by turn, each first as often as the other: what else the machine does falls on both.
    for (const which of block % 2 === 0 ? ["checked", "bare"] as const : ["bare", "checked"] as const) {
      const start = performance.now();
      for (let i = 0; i < STEPS; i++) steps[which]();
      if (block >= 0) times[which].push((performance.now() - start) / STEPS);
    }
  }
  const ratios = times.checked.map((time, block) => time / times.bare[block]);
  console.log(
    `${name}: checked ${median(times.checked).toFixed(4)}, bare ${median(times.bare).toFixed(4)}, ` +
      `median of ratios ${median(ratios).toFixed(4)}`,
  );
}
