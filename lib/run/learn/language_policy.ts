/**
 * A language model as a policy: trained on examples, and measured on others beside the model as it was.
 *
 * @module
 */
import type { Checkpoint } from "../../policies/language/checkpoint.ts";
import { generate } from "../../policies/language/generate.ts";
import { type LanguageModel, languageModel } from "../../policies/language/model.ts";
import type { Form } from "../../policies/language/weights.ts";
import type { Example, Response, TokenLogps } from "../../training/language/examples.ts";
import { runLoop } from "../../training/language/loop.ts";
import type { Objective } from "../../training/language/objective.ts";
import { scoreTexts } from "../../training/language/scoring.ts";
import type { ReferenceScores } from "../../training/language/setting.ts";
import { trainerOf } from "../../training/language/trainer.ts";
import { UserError } from "../../user_error.ts";
import { trainedModel } from "../train_model.ts";
import type { TrainOptions } from "../train_options.ts";

/** Log-probs under the model as it was, each text once. */
export class Reference {
  private readonly known = new Map<string, TokenLogps>();
  private model: LanguageModel | undefined;

  /**
   * @param micro texts of a pass
   * @param frozen form of its matrices
   */
  constructor(checkpoint: Checkpoint, private readonly micro: number, frozen?: Form) {
    this.model = languageModel(checkpoint, { frozen });
  }

  /**
   * Of each example, as trainings read them.
   *
   * @param other model with changes, without which it serves once the own one is freed
   */
  of(examples: readonly Example[], other?: LanguageModel): Map<Example, ReferenceScores> {
    const texts = examples.flatMap(({ responses, mismatched }) => [...responses, ...(mismatched ? [mismatched] : [])]);
    const fresh = [...new Map(texts.map((text) => [keyOf(text), text]))].filter(([key]) => !this.known.has(key));
    this.score(fresh.map(([, text]) => text), other).forEach((logps, k) => this.known.set(fresh[k][0], logps));
    const scores = (text: Response) => this.known.get(keyOf(text))!;
    return new Map(examples.map((example) => [example, {
      responses: example.responses.map(scores),
      ...(example.mismatched && { mismatched: scores(example.mismatched) }),
    }]));
  }

  /** Of texts that are seen once. */
  score(texts: readonly Response[], other?: LanguageModel): TokenLogps[] {
    const model = this.model ?? other!, withoutChanges = this.model === undefined;
    return inParts(texts, this.micro, (some) => scoreTexts(model, some.map((text) => [text]), { withoutChanges }));
  }

  /** Frees the model. */
  [Symbol.dispose](): void {
    this.model?.dispose();
    this.model = undefined;
  }
}

const keyOf = ({ ids, from }: Response): string => `${from}:${ids.join()}`;

function inParts<A, B>(all: readonly A[], size: number, of: (some: readonly A[]) => readonly B[]): B[] {
  const found: B[] = [];
  for (let i = 0; i < all.length; i += size) found.push(...of(all.slice(i, i + size)));
  return found;
}

/** A policy that was trained. */
export interface LanguagePolicy extends Disposable {
  /** log π of each response of each example, summed over its tokens. */
  logps(examples: readonly Example[]): number[][];
  /**
   * Estimates of KL(π ‖ reference) at prompts, in nats: a completion of π at each, and its log-ratio. Unbiased for completions
   * of so many tokens at most; one alone may be negative. Schulman's k3 ("Approximating KL divergence", 2020) never is, but
   * its tail is heavy where a policy has moved far.
   *
   * @param prompts tokens; one without tokens, or that leaves no room, gives NaN
   */
  kls(prompts: readonly Uint32Array[], maxTokens: number, seed: number): number[];
  /** Writes an adapter or weights into a folder. @returns the place */
  write(folder: string): Promise<string>;
}

/**
 * Trains a policy from the checkpoint.
 *
 * @param options how; its loss and paths are not read
 * @param say told what the model says of itself
 * @throws UserError for layers that the model does not have; DivergenceError where numbers leave the finite ones
 * @example
 * ```ts ignore
 * using policy = await languagePolicy(checkpoint, options, objective, examples, reference, console.log);
 * ```
 */
export async function languagePolicy(
  checkpoint: Checkpoint,
  options: TrainOptions,
  objective: Objective,
  examples: readonly Example[],
  reference: Reference,
  say: (line: string) => void,
): Promise<LanguagePolicy> {
  const { numbers } = options, micro = numbers.micro || numbers.batch;
  const { model, trained, write, dispose } = trainedModel(checkpoint, options, say);
  const trainer = trainerOf(
    {
      ...{ model, objective, micro, recomputes: options.recompute, points: { mean: 0, count: 0 } },
      reference: objective.reference ? reference.of(examples, model) : new Map(),
    },
    trained,
    { weightDecay: numbers.weightDecay, seed: numbers.seed, clipNorm: numbers.clip === 0 ? Infinity : numbers.clip },
  );
  try {
    const steps = numbers.steps || Math.ceil(numbers.epochs * examples.length / numbers.batch);
    if (numbers.warmup > 0 && numbers.warmup >= steps) {
      throw new UserError(`--warmup ${numbers.warmup}: training has ${steps} steps; take fewer for the warm-up`);
    }
    const nothing = () => {};
    await runLoop(trainer, { train: examples, heldOut: [] }, {
      ...{ seed: numbers.seed, batch: numbers.batch, evaluateEvery: steps, saveEvery: steps },
      schedule: { kind: options.schedule, peak: numbers.learningRate, warmup: numbers.warmup, steps },
    }, { point: nothing, best: nothing, save: nothing });
  } catch (error) {
    dispose();
    throw error;
  } finally {
    trainer.dispose();
  }
  const sum = (logps: TokenLogps) => logps.reduce((total, logp) => total + logp, 0);
  return {
    logps: (some) =>
      inParts(some, micro, (part) => {
        const sums = scoreTexts(model, part.map(({ responses }) => responses)).map(sum);
        return part.map(({ responses }) => sums.splice(0, responses.length));
      }),
    kls(prompts, maxTokens, seed) {
      const fits = [...prompts.keys()].filter((i) =>
        prompts[i].length > 0 && prompts[i].length + maxTokens <= model.config.maxLength
      );
      const drawn = generate(model, fits.map((i) => ({ ids: prompts[i], seed: seed + i })), {
        ...{ temperature: 1, maxTokens, atOnce: micro },
      });
      const texts = drawn.map(({ ids }, k) => {
        const prompt = prompts[fits[k]];
        return { ids: Uint32Array.of(...prompt, ...ids), from: prompt.length };
      });
      const found = prompts.map(() => NaN), base = reference.score(texts, model);
      drawn.forEach(({ logp }, k) => {
        const own = base[k].subarray(texts[k].from);
        found[fits[k]] = logp.reduce((total, value, t) => total + value - own[t], 0);
      });
      return found;
    },
    write,
    [Symbol.dispose]: dispose,
  };
}
