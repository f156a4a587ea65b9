/**
 * SAMI: two principles and samples of the model's own, no label.
 *
 * @module
 */
import { adam } from "../../../lib/exact/descent.ts";
import { LawTable } from "../../../lib/exact/law_table.ts";
import { lawAt } from "../../../lib/exact/laws.ts";
import { exactLosses } from "../../../lib/losses/exact.ts";
import type { Method } from "../training.ts";
import type { Sample } from "../samples.ts";

/** Log-odds that the untrained model gives a principle, a standard deviation of it: weak. */
const LINK = 0.3;
/** Few steps keep SAMI from gibberish: a tenth of the other methods', whose losses have an optimum. */
const SHARE_OF_STEPS = 0.1;
/** Two principles, each in its definition or antithesis. */
const CONSTITUTIONS: readonly (readonly [number, number])[] = [[1, 1], [1, -1], [-1, 1], [-1, -1]];

/** Examples of one replicate: places among log-probs of all constitutions `[4·X·A]`, four an example. */
function examples({ world, space, principles, draws, log }: Sample): Uint32Array {
  const { prompts, responses } = world, cells = prompts * responses, count = Math.floor(log.prompt.length / 2);
  const laws = CONSTITUTIONS.map((signs) => {
    const tilt = combined(signs, linked(principles));
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

/** Weights of both scores before training `[2][D]`: the untrained model knows its principles a little. */
function linked(principles: Sample["principles"]): Float64Array[] {
  return principles.map((v) => v.map((x) => LINK * x));
}

/** θ of the law under a constitution `[D]`: each principle's score with its sign. */
function combined(signs: readonly [number, number], [first, second]: readonly Float64Array[]): Float64Array {
  return first.map((v, k) => signs[0] * v + signs[1] * second[k]);
}

/** Weights of the scores after training, and the norm of the gradient there. */
function trained(sample: Sample, { steps, rate }: { readonly steps: number; readonly rate: number }) {
  const loss = exactLosses.sami.form({}), places = examples(sample), count = places.length / 4;
  const cells = sample.world.logStart.length, laws = CONSTITUTIONS.map(() => new LawTable(sample.space));
  const scores = linked(sample.principles), moves = scores.map((theta) => adam(theta, rate));
  const d = scores[0].length, one = new Float64Array(4), out = new Float64Array(5);
  for (let step = 0;; step++) {
    laws.forEach((law, c) => law.at(combined(CONSTITUTIONS[c], scores)));
    for (let i = 0; i < places.length; i += 4) {
      const at = (e: number) => [laws[Math.floor(places[i + e] / cells)], places[i + e] % cells] as const;
      for (let e = 0; e < 4; e++) {
        const [law, cell] = at(e);
        one[e] = law.logp[cell];
      }
      loss(one, out);
      for (let e = 0; e < 4; e++) {
        const [law, cell] = at(e);
        law.slopes[cell] += out[1 + e] / count;
      }
    }
    const gradients = laws.map((law) => law.gradient(new Float64Array(d)));
    const slopes = scores.map((theta, p) =>
      theta.map((_, k) => gradients.reduce((sum, gradient, c) => sum + CONSTITUTIONS[c][p] * gradient[k], 0))
    );
    if (step === steps) return { scores, gradientNorm: Math.hypot(...slopes.flatMap((slope) => [...slope])) };
    moves.forEach((move, p) => move(slopes[p]));
  }
}

/**
 * SAMI reads no label: its budget is n sampled responses. Its model answers under constitutions, π_c ∝ π0 e^{Σ c_p s_p} with
 * scores s_p linear in the features; it is deployed under the definition of the first principle alone.
 */
export const sami: Method = {
  id: "sami",
  family: "other",
  reads: "two principles; n of its own samples, no label",
  learn({ options: { steps, learningRate: rate }, data: { samples } }) {
    const learned = samples.map((sample) => trained(sample, { steps: Math.ceil(SHARE_OF_STEPS * steps), rate }));
    return {
      theta: learned.map(({ scores }) => scores[0]),
      gradientNorm: learned.map(({ gradientNorm }) => gradientNorm),
    };
  },
};
