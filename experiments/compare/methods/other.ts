/**
 * Methods with data of their own kind: thumbs, revisions, principles.
 *
 * @module
 */
import * as losses from "../../../lib/losses/mod.ts";
import { lawAt } from "../../../lib/exact/laws.ts";
import { type Tensor, tf } from "../../../lib/tensor/backend.ts";
import { logSoftmax, stopGradient } from "../../../lib/tensor/ops.ts";
import { type Batch, taken } from "../../../lib/training/batch.ts";
import { average, klToReference, pairs, thumbs } from "../batch.ts";
import { type Method, minimising } from "../training.ts";
import type { Sample } from "../samples.ts";

/** The reference point is the KL itself, which released code estimates from mismatched responses. */
export const kto: Method = {
  id: "kto",
  family: "other",
  reads: "thumb up or down for one shown response",
  learn: minimising(({ data, tau }, policy) => {
    const { weight, ...judged } = thumbs(data, policy);
    const referencePoint = tf.reshape(tf.relu(stopGradient(klToReference(data, policy))), [-1, 1]) as Tensor;
    return average(weight, losses.kto(judged, { beta: tau, referencePoint }));
  }),
};

function onRevisions(id: string, loss: typeof losses.apoZero): Method {
  return {
    id,
    family: "other",
    reads: "a shown response and its minimal revision",
    learn: minimising(({ data, tau }, policy) => {
      const { weight, ...logps } = pairs(data, policy, "revisions");
      return average(weight, loss(logps, { beta: tau }));
    }),
  };
}

export const apoZero = onRevisions("apo-zero", losses.apoZero);
export const apoDown = onRevisions("apo-down", losses.apoDown);
/** Control: is it the loss, or the revisions? */
export const dpoOnRevisions = onRevisions("dpo-revisions", losses.dpo);

/** Log-odds that the untrained model gives a principle, a standard deviation of it: weak. */
const LINK = 0.3;
/** Few steps keep SAMI from gibberish: a tenth of the other methods', whose losses have an optimum. */
const SHARE_OF_STEPS = 0.1;
/** Two principles, each in its definition or antithesis. */
const CONSTITUTIONS: readonly (readonly [number, number])[] = [[1, 1], [1, -1], [-1, 1], [-1, -1]];

const linked = (v: Float64Array): Float64Array => v.map((x) => LINK * x);

/** Examples of one replicate: indices into log-probs of all constitutions `[4·X·A]`, four an example. */
function examples({ world, space, principles, draws, log }: Sample): Uint32Array {
  const { prompts, responses } = world, cells = prompts * responses, count = Math.floor(log.prompt.length / 2);
  const laws = CONSTITUTIONS.map((signs) => {
    const tilt = linked(principles[0]).map((v, k) => signs[0] * v + signs[1] * LINK * principles[1][k]);
    return lawAt(space, tilt).map(Math.exp);
  });
  const out = new Uint32Array(4 * count);
  for (let i = 0; i < count; i++) {
    const x = draws.integer(prompts), k = draws.integer(4), j = (k + 1 + draws.integer(3)) % 4;
    const [a, b] = [k, j].map((c) => draws.categorical(laws[c].subarray(x * responses, (x + 1) * responses), 1)[0]);
    const place = (c: number, y: number) => c * cells + x * responses + y;
    out.set([place(k, a), place(k, b), place(j, a), place(j, b)], 4 * i);
  }
  return out;
}

/**
 * SAMI reads no label: its budget is n sampled responses. Its model answers under constitutions, π_c ∝ π0 e^{Σ c_p s_p} with
 * scores s_p linear in the features; it is deployed under the definition of the first principle alone.
 */
export const sami: Method = {
  id: "sami",
  family: "other",
  reads: "two principles; n of its own samples, no label",
  learn(study) {
    const { options, data } = study;
    const scores = [0, 1].map((p) =>
      study.policy(({ principles, space: { features, logStart } }) => {
        const d = features.length / logStart.length;
        return logStart.map((_, i) => principles[p].reduce((sum, v, k) => sum + LINK * v * features[i * d + k], 0));
      })
    );
    const steps = Math.ceil(SHARE_OF_STEPS * options.steps), { learningRate } = options;
    const { gradientNorm } = study.minimise(
      scores,
      () => samiOn(data, scores.map((score) => score.logProb())),
      [{ steps, learningRate }],
    );
    const [learned] = scores.map((score) => study.theta(score));
    return {
      theta: learned.map((theta, r) => theta.map((v, k) => v + LINK * data.samples[r].principles[0][k])),
      gradientNorm,
    };
  },
};

function samiOn(data: Batch<Sample>, scores: readonly Tensor[]): Tensor {
  const replicates = data.samples.length;
  const all = CONSTITUTIONS.map((signs) => {
    const logits = signs.reduce<Tensor>((sum, sign, p) => tf.add(sum, tf.mul(scores[p], sign)), data.reference);
    return tf.reshape(logSoftmax(data.laws(logits)), [replicates, -1]) as Tensor;
  });
  const picked = taken(tf.concat(all, -1), data.index("examples", examples));
  return tf.mean(losses.sami(tf.reshape(picked, [replicates, -1, 2, 2]) as Tensor), [1, 2]);
}
