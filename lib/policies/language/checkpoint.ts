/**
 * Checkpoints of language models, in whatever form they come: one configuration, one set of names, one order of rows.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { readSmallText } from "../../formats/file_bytes.ts";
import { GgufFile } from "../../formats/gguf.ts";
import type { GgufValue } from "../../formats/gguf_values.ts";
import { Llama2cFile } from "../../formats/llama2c.ts";
import { parseObject } from "../../formats/json_text.ts";
import { SafetensorsFile } from "../../formats/safetensors.ts";
import { INDEX, openShards } from "../../formats/shards.ts";
import type { TensorFile } from "../../formats/tensor_file.ts";
import { UserError } from "../../user_error.ts";
import type { PackedBlocks } from "../../tensor/packed_matrix.ts";
import type { LanguageModelConfig } from "./config.ts";
import { configFromGguf, ROPE_FACTORS } from "./config_gguf.ts";
import { configFromJson } from "./config_json.ts";
import { configFromLlama2c, llama2cName } from "./config_llama2c.ts";
import { separated } from "./gguf_fused.ts";
import { asHuggingFace, rowsAsHuggingFace } from "./gguf_order.ts";
import { ggufName, tensorShapes } from "./tensor_names.ts";

/** A configuration file is at most so long. */
const LONGEST_CONFIG = 1_000_000;

/** Tensors of old files that follow from the configuration. */
const DERIVED = /^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/;

/** Where the tokens are described. */
export type TokenizerSource =
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "llama2c"; readonly folder: string; readonly vocabulary: number }
  | { readonly kind: "gguf"; readonly path: string; readonly metadata: ReadonlyMap<string, GgufValue> };

/** A model that lies on the disk. */
export interface Checkpoint {
  /** Where it is, as it was asked for. */
  readonly path: string;
  /** Sizes and kinds of its layers. */
  readonly config: LanguageModelConfig;
  /** Names of Hugging Face, from the embedding to the classifier; all are there, and no others. */
  readonly names: readonly string[];
  /** Where its tokens are described. */
  readonly tokenizer: TokenizerSource;
  /** Sizes of a tensor: a matrix is `[out, in]`. */
  shape(name: string): readonly number[];
  /**
   * Numbers of a tensor, row-major, as Hugging Face has them: rows of queries and keys of a head in halves, gains less
   * {@linkcode LanguageModelConfig.gainOffset}. Read anew by each call.
   */
  read(name: string): Float32Array;
  /** A matrix as its file packs it, rows in the order of {@linkcode read}; undefined where it is not packed. */
  readPacked(name: string): PackedBlocks | undefined;
  /**
   * SHA-256 of the file; of a folder, that of the lines `SHA-256  name` of configuration and weights, sorted. It reads
   * every byte.
   */
  checksum(): string;
  /** Closes what is open. */
  close(): void;
}

/**
 * Opens a folder of Hugging Face (`config.json`, with `model.safetensors` or shards and their index), one safetensors file
 * with `config.json` beside it, a `.bin` file of llama2.c, or a GGUF file. Weights are read one by one when they are asked
 * for.
 *
 * @throws UserError where something is missing, damaged, or not supported: one line that names it. All tensors are checked
 * to be there, in the shapes that follow from the configuration, and no others
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tinyConfig, writeTinyFolder } from "./checkpoint_test_helpers.ts";
 * const folder = await Deno.makeTempDir();
 * writeTinyFolder(folder, tinyConfig("llama"));
 * const checkpoint = openCheckpoint(folder);
 * assert.deepEqual(checkpoint.shape("model.layers.0.mlp.down_proj.weight"), [16, 24]);
 * assert.equal(checkpoint.read("model.norm.weight").length, 16);
 * checkpoint.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function openCheckpoint(path: string): Checkpoint {
  const info = statOf(path);
  if (info.isFile && path.endsWith(".bin")) return fromLlama2c(path);
  if (info.isFile && !path.endsWith(".safetensors")) return fromGguf(path);
  const folder = info.isFile ? dirname(path) : path.replace(/(?<=.)\/+$/, "");
  return fromHuggingFace(path, folder, info.isFile ? path : undefined);
}

function statOf(path: string): Deno.FileInfo {
  const info = statIfThere(path);
  if (info === undefined) throw new UserError(`${path}: there is no such model; check the path`);
  return info;
}

function isThere(path: string): boolean {
  return statIfThere(path)?.isFile ?? false;
}

function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    if (error instanceof Deno.errors.NotCapable) {
      throw new UserError(`${path}: no permission to read; run with --allow-read=${path}`);
    }
    throw error;
  }
}

function fromHuggingFace(path: string, folder: string, file: string | undefined): Checkpoint {
  const configPath = `${folder}/config.json`, generationPath = `${folder}/generation_config.json`;
  if (!isThere(configPath)) {
    throw new UserError(
      `${folder}: no config.json; a model is a folder of Hugging Face, a .gguf file or a .bin file of llama2.c`,
    );
  }
  const json = (name: string) => parseObject(readSmallText(name, LONGEST_CONFIG), name);
  const generation = isThere(generationPath) ? json(generationPath) : undefined;
  const config = configFromJson(json(configPath), configPath, generation);
  const weights = openWeights(folder, file);
  return closingOnError(weights, () => {
    const shapes = tensorShapes(config);
    const extra = [...weights.tensors.keys()].filter((name) => !shapes.has(name) && !DERIVED.test(name));
    // Some files of tied models have the classifier as well.
    if (config.tied && extra.includes("lm_head.weight")) {
      extra.splice(extra.indexOf("lm_head.weight"), 1);
      if (!sameNumbers(weights, "lm_head.weight", "model.embed_tokens.weight")) {
        throw new UserError(`${weights.path}: lm_head.weight is not the embedding: say which with tie_word_embeddings`);
      }
    }
    return checkpointOf({
      path,
      config,
      weights,
      shapes,
      extra,
      stored: (name) => name,
      mend: (_, numbers) => numbers,
      packed: () => undefined,
      tokenizer: { kind: "folder", folder },
      files: [configPath, ...(generation === undefined ? [] : [generationPath]), ...weights.files],
    });
  });
}

/** The weights of a folder, or one file of them. */
function openWeights(folder: string, file: string | undefined): TensorFile & { readonly files: readonly string[] } {
  const single = file ?? `${folder}/model.safetensors`;
  if (file !== undefined || isThere(single)) {
    const open = SafetensorsFile.open(single);
    return {
      path: single,
      tensors: open.tensors,
      readFloats: (name) => open.readFloats(name),
      close: () => open.close(),
      files: [single],
    };
  }
  if (isThere(`${folder}/${INDEX}`)) return openShards(folder);
  const pickled = isThere(`${folder}/pytorch_model.bin`) ? "; convert pytorch_model.bin, which may run code" : "";
  throw new UserError(`${folder}: neither model.safetensors nor ${INDEX}${pickled}`);
}

function fromGguf(path: string): Checkpoint {
  const file = GgufFile.open(path);
  return closingOnError(file, () => {
    const config = configFromGguf(file), weights = separated(file, config), shapes = tensorShapes(config);
    const stored = (name: string) => ggufName(name, config.postNorms);
    const known = new Set([...shapes.keys()].map(stored)).add(ROPE_FACTORS);
    return checkpointOf({
      path,
      config,
      weights,
      shapes,
      extra: [...weights.tensors.keys()].filter((name) => !known.has(name)),
      stored,
      mend: (name, numbers) => asHuggingFace(name, numbers, config),
      packed(name) {
        const found = weights.readBlocks(stored(name));
        return found && { type: found.type, blocks: rowsAsHuggingFace(name, found.blocks, config) };
      },
      tokenizer: { kind: "gguf", path, metadata: file.metadata },
      files: [path],
    });
  });
}

function fromLlama2c(path: string): Checkpoint {
  const weights = Llama2cFile.open(path);
  return closingOnError(weights, () => {
    const config = configFromLlama2c(weights);
    return checkpointOf({
      path,
      config,
      weights,
      shapes: tensorShapes(config),
      extra: [],
      stored: llama2cName,
      // The two rows that a rotation mixes are neighbours here too.
      mend: (name, numbers) => asHuggingFace(name, numbers, config),
      packed: () => undefined,
      tokenizer: { kind: "llama2c", folder: dirname(path), vocabulary: config.vocabulary },
      files: [path],
    });
  });
}

/** What the forms of checkpoints differ in. */
interface Parts {
  readonly path: string;
  readonly config: LanguageModelConfig;
  readonly weights: TensorFile;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Tensors of the file that the model has no use for. */
  readonly extra: readonly string[];
  /** What a tensor is called in the file. */
  readonly stored: (name: string) => string;
  /** Turns the numbers of a file into those of Hugging Face, in place. */
  readonly mend: (name: string, numbers: Float32Array) => Float32Array;
  /** A matrix as the file packs it, by its name of Hugging Face. */
  readonly packed: (name: string) => PackedBlocks | undefined;
  readonly tokenizer: TokenizerSource;
  /** What the checksum is of. */
  readonly files: readonly string[];
}

function checkpointOf(
  { path, config, weights, shapes, extra, stored, mend, packed, tokenizer, files }: Parts,
): Checkpoint {
  for (const [name, shape] of shapes) {
    const found = weights.tensors.get(stored(name));
    if (found === undefined) {
      throw new UserError(`${weights.path}: no tensor ${stored(name)}; its configuration asks for it`);
    }
    if (found.shape.length !== shape.length || found.shape.some((size, i) => size !== shape[i])) {
      throw new UserError(
        `${weights.path}: ${stored(name)} has the shape [${found.shape}], where its configuration asks for [${shape}]`,
      );
    }
  }
  if (extra.length > 0) {
    const more = extra.length === 1 ? "" : ` and ${extra.length - 1} more`;
    throw new UserError(`${weights.path}: has ${extra[0]}${more}, of which its configuration says nothing`);
  }
  const shape = (name: string) => {
    const found = shapes.get(name);
    if (found === undefined) throw new RangeError(`${name} is no tensor of this model`);
    return found;
  };
  return {
    path,
    config,
    names: [...shapes.keys()],
    tokenizer,
    shape,
    read(name) {
      shape(name);
      return mend(name, weights.readFloats(stored(name)));
    },
    readPacked(name) {
      shape(name);
      return packed(name);
    },
    checksum: () => checksumOf(files),
    close: () => weights.close(),
  };
}

function checksumOf(files: readonly string[]): string {
  if (files.length === 1) return fileSha256(files[0]);
  const lines = files.map((file) => `${fileSha256(file)}  ${file.slice(file.lastIndexOf("/") + 1)}\n`).sort();
  return createHash("sha256").update(lines.join("")).digest("hex");
}

function fileSha256(path: string): string {
  const hash = createHash("sha256"), piece = new Uint8Array(1 << 20);
  using file = Deno.openSync(path);
  for (let count = file.readSync(piece); count !== null; count = file.readSync(piece)) {
    hash.update(piece.subarray(0, count));
  }
  return hash.digest("hex");
}

function sameNumbers(weights: TensorFile, one: string, other: string): boolean {
  if (`${weights.tensors.get(one)?.shape}` !== `${weights.tensors.get(other)?.shape}`) return false;
  const [a, b] = [weights.readFloats(one), weights.readFloats(other)];
  return a.every((value, i) => Object.is(value, b[i]));
}

function closingOnError<T>(file: { close(): void }, make: () => T): T {
  try {
    return make();
  } catch (error) {
    file.close();
    throw error;
  }
}
