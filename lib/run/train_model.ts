/**
 * What of a model is trained, and how it is written down.
 *
 * @module
 */
import { refused, writeWhole } from "../files.ts";
import { SafetensorsFile } from "../formats/safetensors.ts";
import { type NamedTensor, writeSafetensors } from "../formats/safetensors_writer.ts";
import { type Adapter, writeAdapter } from "../policies/language/adapter_files.ts";
import type { Checkpoint } from "../policies/language/checkpoint.ts";
import { tokenizerOf } from "../policies/language/checkpoint_tokenizer.ts";
import { writtenConfig } from "../policies/language/config_written.ts";
import { loadAdapter, newAdapter } from "../policies/language/lora.ts";
import { type LanguageModel, languageModel } from "../policies/language/model.ts";
import { Rng } from "../random.ts";
import { type Tensor, tf } from "../tensor/backend.ts";
import { type NamedVariable, trainedWeights } from "../training/language/trainer.ts";
import { UserError } from "../user_error.ts";
import { adapterFor } from "./adapter.ts";
import { checkProducts } from "./products.ts";
import type { TrainOptions } from "./train_options.ts";
import { inLastLayers, ofLastLayers } from "./trained_parts.ts";

/** A model of which something is trained. */
interface TrainedModel {
  readonly model: LanguageModel;
  readonly trained: readonly NamedVariable[];
  /** Writes what was trained into the folder of the run. @returns the place, and how many numbers were trained */
  write(out: string): Promise<string>;
  /** Frees all of it. */
  dispose(): void;
}

/** Files of a folder of Hugging Face that go with its weights. */
const BESIDE = [
  ...["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"],
  ...["chat_template.jinja", "vocab.json", "merges.txt", "added_tokens.json", "tokenizer.model"],
];

/**
 * Loads a model with what is to be trained.
 *
 * @param say told where the adapter names another model
 * @throws UserError for layers that the model does not have, for products that the engine does not have, and for weights of one that a folder of Hugging Face
 * cannot describe
 */
export function trainedModel(
  checkpoint: Checkpoint,
  options: TrainOptions,
  say: (line: string) => void,
): TrainedModel {
  const { config } = checkpoint, { layers } = options.numbers;
  if (layers > config.layers) throw new UserError(`--layers ${layers}: ${checkpoint.path} has ${config.layers}`);
  checkProducts(options.products ?? "float32");
  if (options.whole) return wholeWeights(checkpoint, options);
  const adapter = loadAdapter(
    options.adapter === undefined ? freshAdapter(checkpoint, options) : adapterFor(options.adapter, checkpoint, say),
    config,
  );
  const model = languageModel(checkpoint, { frozen: options.products, change: adapter.change });
  const names = [...adapter.current().factors.keys()].flatMap((name) => [`${name}.lora_A`, `${name}.lora_B`]);
  return {
    model,
    trained: adapter.parameters.map((variable, i) => ({ name: names[i], variable })),
    async write(out) {
      await writeAdapter(`${out}/adapter`, adapter.current(), config, checkpoint.path);
      return `${out}/adapter/`;
    },
    dispose() {
      model.dispose();
      adapter.dispose();
    },
  };
}

function freshAdapter({ config }: Checkpoint, { numbers, targets, rankStabilised }: TrainOptions): Adapter {
  const { layers, rank, loraAlpha: alpha, seed } = numbers;
  const settings = inLastLayers({ rank, alpha, rankStabilised, targets }, layers, config);
  return newAdapter(settings, config, Rng.seed(seed).fork("adapter"));
}

function wholeWeights(checkpoint: Checkpoint, { numbers: { layers }, products }: TrainOptions): TrainedModel {
  const { tokenizer, config, names } = checkpoint;
  // What cannot be written shows before anything is computed.
  const text = tokenizer.kind === "folder" ? undefined : writtenConfig(config, checkpoint.path);
  const trained = ofLastLayers(layers, config);
  const model = languageModel(checkpoint, { trained, frozen: products });
  return {
    model,
    trained: trainedWeights(model, trained),
    async write(out) {
      const folder = `${out}/model`;
      try {
        Deno.mkdirSync(folder, { recursive: true });
      } catch (error) {
        throw refused(folder, error);
      }
      const tensors = new Map(model.parameters.flatMap(({ variable, parts }) => {
        const values = variable.dataSync<"float32">(), width = variable.size / variable.shape[0];
        return parts.map(({ name, from, rows }): [string, NamedTensor] => [name, {
          name,
          shape: checkpoint.shape(name),
          values: values.subarray(from * width, (from + rows) * width),
        }]);
      }));
      // What is held in another form is written as the checkpoint has it, which nothing has changed.
      const unchanged = (name: string) => ({ name, shape: checkpoint.shape(name), values: checkpoint.read(name) });
      writeSafetensors(`${folder}/model.safetensors`, names.map((name) => tensors.get(name) ?? unchanged(name)), {
        metadata: { format: "pt" },
      });
      if (tokenizer.kind === "folder") {
        for (const name of BESIDE) copyWhereThere(`${tokenizer.folder}/${name}`, `${folder}/${name}`);
      } else {
        await writeWhole(`${folder}/config.json`, text!);
        for (const [name, other] of (await tokenizerOf(checkpoint)).files()) {
          await writeWhole(`${folder}/${name}`, other);
        }
      }
      return `${folder}/`;
    },
    dispose: () => model.dispose(),
  };
}

function copyWhereThere(from: string, to: string): void {
  try {
    Deno.copyFileSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw refused(to, error);
  }
}

/**
 * Keeps weights, to come back to.
 *
 * @throws UserError when the system refuses to write
 */
export function keepWeights(path: string, trained: readonly NamedVariable[]): void {
  writeSafetensors(
    path,
    trained.map(({ name, variable }) => ({ name, shape: variable.shape, values: variable.dataSync<"float32">() })),
  );
}

/**
 * Comes back to kept weights.
 *
 * @throws UserError when the file is missing or damaged
 */
export function takeWeights(path: string, trained: readonly NamedVariable[]): void {
  using file = SafetensorsFile.open(path);
  for (const { name, variable } of trained) {
    tf.tidy(() => variable.assign(tf.tensor(file.readFloats(name), variable.shape) as Tensor));
  }
}
