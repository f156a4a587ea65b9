/**
 * Training steps that are measured: DPO on a transformer, on tables and on perceptrons. `peers/steps.py` holds the same
 * work in PyTorch.
 *
 * @module
 */
import { cpo } from "../lib/losses/causal.ts";
import { dpo } from "../lib/losses/dpo.ts";
import { languageModel } from "../lib/policies/language/model.ts";
import { mlp } from "../lib/policies/mlp.ts";
import { tabular } from "../lib/policies/tabular.ts";
import { type Tensor, tf, type Variable } from "../lib/tensor/backend.ts";
import { meanLast } from "../lib/tensor/fused/mean.ts";
import { Rng } from "../lib/random.ts";
import { adamW } from "../lib/training/adamw.ts";
import { lossAndGradients } from "../lib/training/gradients.ts";
import { objectiveOf } from "../lib/training/language/objectives.ts";
import { scoreTexts } from "../lib/training/language/scoring.ts";
import { trainedWeights, trainerOf } from "../lib/training/language/trainer.ts";
import { type ModelSizes, randomModel, randomPairs } from "./models.ts";

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
  "28 K": { vocabulary: 64, width: 32, layers: 2, heads: 4, keyHeads: 4, hidden: 85 },
  "0.26 M": { vocabulary: 512, width: 64, layers: 5, heads: 8, keyHeads: 4, hidden: 172 },
  "0.8 M": { vocabulary: 512, width: 128, layers: 4, heads: 4, keyHeads: 4, hidden: 320 },
  "6 M": { vocabulary: 2048, width: 256, layers: 8, heads: 8, keyHeads: 8, hidden: 640 },
} as const satisfies Record<string, ModelSizes>;

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
export function transformerStep(sizes: ModelSizes, pairs: number, length: number): Step {
  const rng = Rng.seed(0), model = languageModel(randomModel(sizes, rng.fork("weights")), { trained: () => true });
  const texts = { vocabulary: sizes.vocabulary, sequences: 2 * pairs, prompt: length / 4, length, shared: false };
  const batch = randomPairs(texts, rng.fork("texts"));
  const reference = new Map(batch.map((pair) => [pair, { responses: scoreTexts(model, [pair.responses]) }]));
  const objective = objectiveOf("dpo", { loss: { beta: BETA } });
  const trainer = trainerOf(
    { model, objective, reference, micro: pairs, recomputes: false, points: { mean: 0, count: 0 } },
    trainedWeights(model, () => true),
    { weightDecay: 0, clipNorm: Infinity, seed: 0 },
  );
  return {
    parameters: model.parameters.reduce((sum, { variable }) => sum + variable.size, 0),
    run: () => Float32Array.of(trainer.step(batch, LEARNING_RATE).loss),
    dispose() {
      trainer.dispose();
      model.dispose();
    },
  };
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
