/**
 * What tests of memory share: a small tabular policy that learns from pairs, as experiments train it.
 *
 * @module
 */
import { tf } from "../tensor/backend.ts";
import { pairedLogistic } from "../tensor/fused/paired_logistic.ts";
import { meanLast } from "../tensor/fused/mean.ts";
import { runningHeap } from "../tensor/kernels/heap.ts";
import { Rng } from "../random.ts";
import { tabular } from "../policies/tabular.ts";
import { fit } from "./fit.ts";

const [R, S, A, N] = [4, 16, 8, 32];

/** Bytes of a table, of its gradient and of each of its moments. */
export const TABLE_BYTES = 4 * R * S * A;

/** What is held at the beginning of a step. */
export interface Held {
  /** What tfjs counts. */
  readonly tensors: number;
  readonly buffers: number;
  readonly bytes: number;
  /** The memory that our kernels share with tfjs's, which never shrinks; 0 on engines without one. */
  readonly wasmBytes: number;
}

/**
 * Trains with {@linkcode fit}, DPO on a table, and looks at memory at the beginning of every step.
 *
 * @param look called with the number of the step and what is held
 */
export function trainTable(steps: number, look: (step: number, held: Held) => void): void {
  const rng = Rng.seed(0);
  const policy = tabular({ replicates: R, states: S, actions: A });
  const draw = (limit: number) => Uint32Array.from({ length: R * N }, () => rng.integer(limit));
  const states = draw(S), chosen = policy.choices(states, draw(A)), rejected = policy.choices(states, draw(A));
  const reference = tf.zeros([R, N]);
  let step = 0;
  const loss = () => {
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    const wasmBytes = runningHeap()?.memory.buffer.byteLength ?? 0;
    look(step++, { tensors: numTensors, buffers: numDataBuffers, bytes: numBytes, wasmBytes });
    const logProbs = policy.logProbs();
    const pairs = {
      policyChosen: policy.logProb(logProbs, chosen),
      policyRejected: policy.logProb(logProbs, rejected),
      referenceChosen: reference,
      referenceRejected: reference,
    };
    return meanLast(pairedLogistic(pairs, 0.5, 0));
  };
  const seeds = Array.from({ length: R }, (_, r) => r);
  fit({ parameters: policy.parameters, loss, steps, learningRate: 0.01, arm: "dpo", seeds });
  policy.dispose();
  reference.dispose();
}
