/**
 * A language model as a law on candidate texts: what the losses on such laws train, with a whole model behind it.
 *
 * Candidates y of a prompt are draws of the model as it was. Among them the model that it becomes is the law
 *
 *   π_θ(y|x) ∝ π0(y|x) · p_θ(y|x) / p_0(y|x)
 *
 * with π0 uniform: self-normalised importance weights, so that sums over candidates estimate means over all that the model
 * could write. A difference of two candidates' log-ratios is that of whole sequences, as the losses of papers read it.
 *
 * @module
 */
import { lawsWith } from "../../exact/law_descent.ts";
import type { LanguageModel } from "../../policies/language/model.ts";
import { Slopes } from "../../policies/language/slopes.ts";
import type { Policy } from "../../policies/loglinear.ts";
import { tf } from "../../tensor/backend.ts";
import { logSoftmax } from "../../tensor/ops.ts";
import { DivergenceError } from "../../user_error.ts";
import { adamW, NonFiniteGradient } from "../adamw.ts";
import { batchOf } from "../batch.ts";
import { lossAndGradients } from "../gradients.ts";
import type { Trainer } from "../loglinear.ts";
import type { TextGroups } from "./examples.ts";
import { repeatedPasses } from "./repeated_passes.ts";
import type { ScoredTexts } from "./scoring.ts";
import type { NamedVariable } from "./trainer.ts";

/** What is trained, on what, and how. */
interface CandidateTrainerOptions<Sample> {
  /** Named in errors. */
  readonly arm: string;
  /** Named in errors. */
  readonly seed: number;
  /** The one replicate's data. */
  readonly sample: Sample;
  /** log π0 of the candidates in nats `[X·A]`. */
  readonly start: Float64Array;
  /** The model, which training moves. */
  readonly model: LanguageModel;
  /** Its tensors that are trained. */
  readonly trained: readonly NamedVariable[];
  /** Candidates of each prompt, A texts a group. */
  readonly candidates: TextGroups;
  /** One after the other, each with an optimiser of its own. */
  readonly phases: readonly { readonly steps: number; readonly learningRate: number }[];
}

const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

/**
 * Does some work with a trainer of one language model, and frees its tensors; the model is the caller's.
 *
 * A policy's θ is log p_θ(y|x)/p_0(y|x) of each candidate `[X·A]`: that of a class with one feature a candidate. There is one
 * policy, which starts where the model is.
 *
 * @throws RangeError where a policy is asked to start elsewhere, DivergenceError where numbers stop being finite
 * @example
 * ```ts ignore
 * const { theta } = withCandidateTrainer(options, (trainer) => learn(trainer, (policy) => loss(policy)));
 * ```
 */
export function withCandidateTrainer<Sample, T>(
  { arm, seed, sample, start, model, trained, candidates, phases }: CandidateTrainerOptions<Sample>,
  work: (trainer: Trainer<Sample>) => T,
): T {
  const data = batchOf({ samples: [sample], start: () => start, groupSize: candidates[0].length });
  const cells = candidates.flat().length, pass = repeatedPasses(model);
  /** log p_0 of the candidates, from the first run: nothing has moved yet. */
  let before: number[] | undefined;
  const zeros = tf.zeros([1, cells]), ratio = tf.variable(zeros);
  zeros.dispose();
  const policy: Policy = {
    parameters: [ratio],
    replicates: 1,
    logProb: () => tf.reshape(logSoftmax(data.laws(tf.add(data.reference, ratio))), [1, cells]),
    dispose: () => {},
  };
  /** Runs the candidates, and puts the ratios where the loss reads them. */
  const forward = (): ScoredTexts => {
    const texts = pass(candidates);
    const logps = texts.logps.map(sum), first = before ??= logps;
    const values = tf.tensor2d(logps.map((logp, i) => logp - first[i]), [1, cells]);
    ratio.assign(values);
    values.dispose();
    return texts;
  };
  const stopped = (what: string, value: number, step: number) => DivergenceError.of({ what, value, arm, seed, step });
  /** Moves the model along slopes of a loss in θ `[X·A]`, which throw where the loss is not finite. */
  const move = (slopesAt: (step: number) => ArrayLike<number>, { steps, learningRate }: typeof phases[number]) => {
    const variables = trained.map(({ variable }) => variable), optimiser = adamW(variables, { learningRate });
    try {
      for (let step = 0;; step++) {
        const texts = forward(), slopes = new Slopes();
        try {
          const slope = slopesAt(step);
          texts.back(texts.logps.map((logps, i) => logps.map(() => slope[i])), slopes);
          let gradientNorm!: Float64Array;
          tf.tidy(() => {
            const gradients = slopes.of(variables);
            gradientNorm = step < steps ? optimiser.step(gradients) : optimiser.norms(gradients);
          });
          if (step === steps) return gradientNorm;
        } catch (error) {
          if (error instanceof NonFiniteGradient) throw stopped("gradient", error.value, step);
          if (step === 0 || !(error instanceof RangeError)) throw error;
          throw new DivergenceError(`training stopped: ${error.message} (arm ${arm}, step ${step})`, { cause: error });
        } finally {
          slopes.dispose();
        }
      }
    } finally {
      optimiser.dispose();
    }
  };
  const ratios = () => Float64Array.from(ratio.dataSync<"float32">());
  let isMoved = false;
  try {
    return work({
      data,
      policy(from) {
        if (from !== undefined) throw new RangeError("a language model starts where it is");
        return policy;
      },
      minimise(_, loss, these = phases) {
        let value!: number;
        const slopesAt = (step: number) =>
          tf.tidy(() => {
            const { loss: [found], gradients: [gradient] } = lossAndGradients([ratio], loss, 1);
            if (!Number.isFinite(value = found)) throw stopped("loss", found, step);
            return gradient.dataSync<"float32">().slice();
          });
        const gradientNorm = these.map((phase) => move(slopesAt, phase)).at(-1)!;
        return { loss: Float64Array.of(value), gradientNorm };
      },
      theta: () => [ratios()],
      descend(terms, from) {
        if ((from !== undefined) !== isMoved) throw new RangeError("a language model goes on from where it is");
        isMoved = true;
        const features = new Float64Array(cells * cells), slope = new Float64Array(cells);
        for (let i = 0; i < cells; i++) features[i * cells + i] = 1;
        const space = { logStart: start, features, responses: candidates[0].length };
        const [laws, addSlopes] = lawsWith(space, terms(sample, 0));
        const slopesAt = (step: number) => {
          laws.at(ratios());
          addSlopes(step);
          const bad = laws.gradient(slope).findIndex((value) => !Number.isFinite(value));
          if (bad >= 0) throw stopped("slope", slope[bad], step);
          return slope;
        };
        const gradientNorm = phases.map((phase) => move(slopesAt, phase)).at(-1)!;
        return { theta: [ratios()], gradientNorm };
      },
    });
  } finally {
    data.dispose();
    ratio.dispose();
  }
}
