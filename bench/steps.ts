/**
 * Training steps that are measured: DPO on a transformer, on tables and on perceptrons. `peers/steps.py` holds the same
 * work in PyTorch.
 *
 * @module
 */
import { cpo } from "../lib/losses/causal.ts";
import { dpo } from "../lib/losses/dpo.ts";
import { mlp } from "../lib/policies/mlp.ts";
import { tabular } from "../lib/policies/tabular.ts";
import { transformer } from "../lib/policies/transformer.ts";
import { initialWeights, type TransformerSizes } from "../lib/policies/transformer_weights.ts";
import { type Tensor, tf, type Variable } from "../lib/tensor/backend.ts";
import { meanLast } from "../lib/tensor/fused/take.ts";
import { Rng } from "../lib/random.ts";
import { adamW } from "../lib/training/adamw.ts";
import { lossAndGradients } from "../lib/training/gradients.ts";

/** A training step that can be repeated. */
export interface Step {
  /** Trainable numbers, of all replicates. */
  readonly parameters: number;
  /** One step: loss, gradients, optimiser. @returns the loss of each replicate before the step `[R]` */
  run(): Float32Array;
  /** Frees the tensors. */
  dispose(): void;
}

const BETA = 0.1, LEARNING_RATE = 1e-3;

/** Transformers by their number of parameters; sequences are 64 tokens long. */
export const transformerSizes = {
  "28 K": { vocabulary: 64, width: 32, layers: 2, heads: 4, keyHeads: 4, hidden: 85, maxLength: 64, tied: true },
  "0.26 M": { vocabulary: 512, width: 64, layers: 5, heads: 8, keyHeads: 4, hidden: 172, maxLength: 64, tied: true },
  "0.8 M": { vocabulary: 512, width: 128, layers: 4, heads: 4, keyHeads: 4, hidden: 320, maxLength: 64, tied: true },
  "6 M": { vocabulary: 2048, width: 256, layers: 8, heads: 8, keyHeads: 8, hidden: 640, maxLength: 64, tied: true },
} as const satisfies Record<string, TransformerSizes>;

/** A step of some policy: the loss `[R]` from its parameters. */
function stepOf(parameters: readonly Variable[], replicates: number, loss: () => Tensor, free: () => void): Step {
  const optimiser = adamW(parameters, { learningRate: LEARNING_RATE, replicates });
  return {
    parameters: parameters.reduce((sum, { size }) => sum + size, 0),
    run: () =>
      tf.tidy(() => {
        const { loss: values, gradients } = lossAndGradients(parameters, loss, replicates);
        optimiser.step(gradients);
        return values;
      }),
    dispose() {
      optimiser.dispose();
      free();
    },
  };
}

/**
 * DPO on a transformer: pairs of sequences whose second three quarters are responses, reference log-probs precomputed.
 *
 * @param pairs chosen and rejected sequences `B`
 * @param length tokens of a sequence `T`
 * @example
 * ```ts
 * import { startBackend } from "../lib/tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const step = transformerStep(transformerSizes["28 K"], 2, 8);
 * assert.equal(step.run()[0], Math.fround(Math.LN2)); // policy and reference are equal at first
 * step.dispose();
 * ```
 */
export function transformerStep(sizes: TransformerSizes, pairs: number, length: number): Step {
  const rng = Rng.seed(0);
  const model = transformer(sizes, initialWeights(sizes, rng.fork("weights")));
  const ids = Uint32Array.from({ length: 2 * pairs * length }, () => rng.integer(sizes.vocabulary));
  const mask = Uint8Array.from(ids, (_, i) => Number(i % length >= length / 4));
  const half = (x: Tensor, at: number) => tf.slice(x, [at * pairs], [pairs]);
  const logProb = () => model.logProb(ids, mask, { length, reduction: "sum" }).logp;
  const [referenceChosen, referenceRejected] = tf.tidy(() => {
    const logp = logProb();
    return [half(logp, 0), half(logp, 1)];
  });
  const loss = () => {
    const logp = logProb();
    const pair = { policyChosen: half(logp, 0), policyRejected: half(logp, 1), referenceChosen, referenceRejected };
    return meanLast(tf.reshape(dpo(pair, { beta: BETA }), [1, pairs]));
  };
  return stepOf(model.parameters, 1, loss, () => {
    model.dispose();
    tf.dispose([referenceChosen, referenceRejected]);
  });
}

/** Sizes of a tabular step. */
interface TabularSizes {
  /** Policies trained at once `R`. */
  readonly replicates: number;
  /** States `S`. */
  readonly states: number;
  /** Actions `A`. */
  readonly actions: number;
  /** Pairs of actions in a batch `N`, other ones for each replicate. */
  readonly pairs: number;
}

/**
 * DPO on tables of logits, with a uniform reference.
 *
 * @example
 * ```ts
 * import { startBackend } from "../lib/tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const step = tabularStep({ replicates: 2, states: 4, actions: 3, pairs: 8 });
 * assert.equal(step.run().length, 2);
 * step.dispose();
 * ```
 */
export function tabularStep({ replicates, states, actions, pairs }: TabularSizes): Step {
  const rng = Rng.seed(0);
  const policy = tabular({ replicates, states, actions });
  const draw = (limit: number) => Uint32Array.from({ length: replicates * pairs }, () => rng.integer(limit));
  const at = draw(states);
  const [chosen, rejected] = [0, 1].map(() => policy.choices(at, draw(actions)));
  const reference = tf.fill([replicates, pairs], -Math.log(actions));
  const loss = () => {
    const logProbs = policy.logProbs();
    const pair = {
      policyChosen: policy.logProb(logProbs, chosen),
      policyRejected: policy.logProb(logProbs, rejected),
      referenceChosen: reference,
      referenceRejected: reference,
    };
    return meanLast(dpo(pair, { beta: BETA }));
  };
  return stepOf(policy.parameters, replicates, loss, () => {
    policy.dispose();
    reference.dispose();
  });
}

/**
 * CPO on tables of logits: the value of the policy from outcomes of uniform actions, by importance weights.
 *
 * @example
 * ```ts
 * import { startBackend } from "../lib/tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const step = tabularCpoStep({ replicates: 2, states: 4, actions: 3, pairs: 8 });
 * assert.ok(step.run().every((loss) => loss < 0)); // outcomes are positive, and the value is maximised
 * step.dispose();
 * ```
 */
export function tabularCpoStep({ replicates, states, actions, pairs }: TabularSizes): Step {
  const rng = Rng.seed(0);
  const policy = tabular({ replicates, states, actions });
  const draw = (limit: number) => Uint32Array.from({ length: replicates * pairs }, () => rng.integer(limit));
  const logged = policy.choices(draw(states), draw(actions));
  const outcome = tf.tensor2d(Float32Array.from({ length: replicates * pairs }, () => rng.uniform()), [
    replicates,
    pairs,
  ]);
  const logpR = tf.fill([replicates, pairs], -Math.log(actions));
  const loss = () =>
    tf.mean(
      cpo({ logpF: policy.logProb(policy.logProbs(), logged), logpR, outcome }, { ratio: { kind: "plain" } }),
      -1,
    ) as Tensor;
  return stepOf(policy.parameters, replicates, loss, () => {
    policy.dispose();
    tf.dispose([outcome, logpR]);
  });
}

/**
 * DPO on perceptrons: one state for each pair, with a uniform reference.
 *
 * @param widths of input, hidden layers and output
 * @example
 * ```ts
 * import { startBackend } from "../lib/tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("wasm");
 * const step = mlpStep({ replicates: 2, widths: [4, 8, 3], pairs: 8 });
 * assert.equal(step.run().length, 2);
 * step.dispose();
 * ```
 */
export function mlpStep(
  { replicates, widths, pairs }: {
    readonly replicates: number;
    readonly widths: readonly number[];
    readonly pairs: number;
  },
): Step {
  const rng = Rng.seed(0), actions = widths[widths.length - 1];
  const policy = mlp({ widths, rngs: Array.from({ length: replicates }, (_, r) => rng.fork(r)) });
  const x = tf.tensor3d(Float32Array.from(rng.normals(replicates * pairs * widths[0])), [replicates, pairs, widths[0]]);
  const draw = () => Uint32Array.from({ length: replicates * pairs }, () => rng.integer(actions));
  const chosen = draw(), rejected = draw();
  const reference = tf.fill([replicates, pairs], -Math.log(actions));
  const loss = () => {
    const logProbs = policy.logProbs(x);
    const pair = {
      policyChosen: policy.logProb(logProbs, chosen),
      policyRejected: policy.logProb(logProbs, rejected),
      referenceChosen: reference,
      referenceRejected: reference,
    };
    return meanLast(dpo(pair, { beta: BETA }));
  };
  return stepOf(policy.parameters, replicates, loss, () => {
    policy.dispose();
    tf.dispose([x, reference]);
  });
}
