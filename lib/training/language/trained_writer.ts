/**
 * A writer that is trained: its model, the tensors that training moves, and what it was before.
 *
 * @module
 */
import { loadAdapter, newAdapter } from "../../policies/language/lora.ts";
import { type LanguageModel, languageModel } from "../../policies/language/model.ts";
import { Rng } from "../../random.ts";
import type { TextGroups } from "./examples.ts";
import { textLogps } from "./text_trainer.ts";
import { type NamedVariable, trainedWeights } from "./trainer.ts";
import type { Trains, Writer } from "./writer.ts";

/**
 * A tensor that is trained. Of a low-rank change B·A, which begins with B = 0, the change of the weights is linear in B alone:
 * to scale it B is scaled, and A stays as it was trained.
 */
export interface TrainedTensor extends NamedVariable {
  /** A of a low-rank change. */
  readonly first?: true;
}

/** A writer's model on its way. */
export interface TrainedWriter {
  readonly model: LanguageModel;
  readonly trained: readonly TrainedTensor[];
  /** Log-probs of whole texts under the model as it was, nats, in the order of the groups `[N]`. */
  before(texts: TextGroups): Float64Array;
  /** Frees all of it. */
  dispose(): void;
}

/** All weights: what is trained of a tiny model. */
export const everything = (): boolean => true;

/**
 * Loads a writer's model, of which something is to be trained.
 *
 * @param seed of an adapter's first factors
 * @param usual weights that are trained where the writer does not say what is
 * @returns the caller's to free; the model as it was is loaded a second time where it is asked for and weights are trained,
 * and is the model without its change where an adapter is
 * @example
 * ```ts ignore
 * const { model, trained, before, dispose } = trainedWriter(writer, seed);
 * ```
 */
export function trainedWriter(
  { source, trains }: Pick<Writer, "source" | "trains">,
  seed: number,
  usual: (name: string) => boolean = everything,
): TrainedWriter {
  const of: Trains = trains ?? { weights: usual };
  return "adapter" in of ? withAdapter({ source }, of.adapter, seed) : withWeights({ source }, of.weights);
}

function withWeights({ source }: Pick<Writer, "source">, weights: (name: string) => boolean): TrainedWriter {
  const model = languageModel(source, { trained: weights });
  let original: LanguageModel | undefined;
  return {
    ...{ model, trained: trainedWeights(model, weights) },
    before: (texts) => textLogps(original ??= languageModel(source), texts),
    dispose() {
      model.dispose();
      original?.dispose();
    },
  };
}

function withAdapter(
  { source }: Pick<Writer, "source">,
  settings: Extract<Trains, { readonly adapter: unknown }>["adapter"],
  seed: number,
): TrainedWriter {
  const adapter = loadAdapter(newAdapter(settings, source.config, Rng.seed(seed).fork("adapter")), source.config);
  const model = languageModel(source, { change: adapter.change });
  return {
    model,
    // The factors of a layer stand beside one another, A in front.
    trained: adapter.parameters.map((variable, i) => ({
      name: `${i % 2 === 0 ? "A" : "B"} ${Math.floor(i / 2)}`,
      variable,
      ...(i % 2 === 0 && { first: true }),
    })),
    before: (texts) => textLogps(model, texts, { withoutChanges: true }),
    dispose() {
      model.dispose();
      adapter.dispose();
    },
  };
}
