/**
 * Weights of a language model as tensors.
 *
 * @module
 */
import { bfloat16Matrix } from "../../tensor/bfloat16_matrix.ts";
import type { HeldMatrix, Matrix } from "../../tensor/held_matrix.ts";
import { type PackedBlocks, packMatrix } from "../../tensor/packed_matrix.ts";
import { type Tensor, tf, type Variable } from "../../tensor/tf.ts";
import type { Block, Norm } from "./block.ts";
import type { LanguageModelConfig } from "./config.ts";
import type { Classifier } from "./head.ts";
import type { Linear, LowRank } from "./linear.ts";

/** Weights by name, as a checkpoint gives them. */
export interface WeightSource {
  /** Sizes and kinds. */
  readonly config: LanguageModelConfig;
  /** Numbers of a tensor by its name of Hugging Face, row-major, `[out, in]`. */
  read(name: string): Float32Array;
  /** The same as its file packs it, where it does; default: nothing is packed. */
  readPacked?(name: string): PackedBlocks | undefined;
}

/** Tensors of a checkpoint, one below the other. */
type Parts = readonly { readonly name: string; readonly rows: number }[];

/** Which rows of a tensor of this library are a tensor of a checkpoint. */
interface Part {
  /** The checkpoint's name. */
  readonly name: string;
  /** First row. */
  readonly from: number;
  /** How many rows. */
  readonly rows: number;
}

/** A tensor of this library, made of one or of several of a checkpoint, one below the other. */
export interface Parameter {
  /** The numbers. */
  readonly variable: Variable;
  /** What it is made of, from the first row to the last. */
  readonly parts: readonly Part[];
}

/** A model's weights. */
interface Weights {
  /** `[V, D]` */
  readonly embedding: Matrix;
  /** From the first. */
  readonly blocks: readonly Block[];
  /** Behind the last block. */
  readonly last: Norm;
  /** The embedding, or a matrix of its own. */
  readonly classifier: Classifier;
  /** Every tensor that was read as numbers, in the order of checkpoints. */
  readonly parameters: readonly Parameter[];
  /** Matrices in another form. */
  readonly held: readonly HeldMatrix[];
}

/** Forms of frozen matrices: float32; packed as their file packs them, where kernels can; rounded to bfloat16. */
export type Form = "float32" | "packed" | "bfloat16";

/** What is trained, and what stands beside the weights. */
export interface Choices {
  /** Whether a tensor of a checkpoint is trained itself; of those that make up one tensor of this library, all or none. */
  readonly trained: (name: string) => boolean;
  /** Low-rank change of a matrix, where it has one. */
  readonly change: (name: string) => Omit<LowRank, "from"> | undefined;
  /** In which form matrices are held that are not trained themselves; default: float32. */
  readonly frozen?: Form;
}

/**
 * Reads all weights into the engine.
 *
 * Queries, keys and values become one matrix, and so do the gate and what it lets through: one product is faster than two.
 *
 * @throws RangeError when some but not all parts of one matrix are to be trained
 * @example
 * ```ts ignore
 * const weights = readWeights(checkpoint, { trained: () => false, change: () => undefined });
 * ```
 */
export function readWeights(source: WeightSource, { trained, change, frozen = "float32" }: Choices): Weights {
  const { config } = source, parameters: Parameter[] = [], held: HeldMatrix[] = [];
  /** Matrices one below the other, in another form where they may be and can. */
  const matrix = (parts: Parts, columns: number): Matrix => {
    const found = parts.some(({ name }) => trained(name)) ? undefined : inForm(parts, columns);
    if (found === undefined) return joined(parts, columns);
    held.push(found);
    return found;
  };
  const inForm = (parts: Parts, columns: number): HeldMatrix | undefined => {
    if (frozen === "bfloat16") return bfloat16Matrix(() => numbersOf(parts), [rowsOf(parts), columns]);
    if (frozen === "float32") return undefined;
    const blocks = parts.map(({ name }) => source.readPacked?.(name));
    return blocks.every((part) => part !== undefined) ? packMatrix(blocks, columns) : undefined;
  };
  const numbersOf = (parts: Parts): Float32Array => {
    const given = parts.map(({ name }) => source.read(name));
    if (given.length === 1) return given[0];
    const numbers = new Float32Array(given.reduce((sum, { length }) => sum + length, 0));
    given.reduce((at, values) => (numbers.set(values, at), at + values.length), 0);
    return numbers;
  };
  const rowsOf = (parts: Parts): number => parts.reduce((sum, { rows }) => sum + rows, 0);
  const joined = (parts: Parts, columns?: number): Variable => {
    const rows = rowsOf(parts),
      initial = tf.tensor(numbersOf(parts), columns === undefined ? [rows] : [rows, columns]) as Tensor;
    const variable = tf.variable(initial);
    initial.dispose();
    let from = 0;
    parameters.push({
      variable,
      parts: parts.map(({ name, rows }) => ({ name, rows, from: (from += rows) - rows })),
    });
    return variable;
  };
  const isTrained = (names: readonly string[]): boolean => {
    const chosen = names.filter(trained);
    if (chosen.length > 0 && chosen.length < names.length) {
      throw new RangeError(`trained: ${names.join(", ")} are one matrix here; train all of them or none`);
    }
    return chosen.length > 0;
  };
  const norm = (name: string, size: number): Norm => ({
    gain: joined([{ name: `${name}.weight`, rows: size }]),
    trained: trained(`${name}.weight`),
  });
  const linear = (
    given: readonly (readonly [name: string, rows: number])[],
    columns: number,
    hasBias: boolean,
  ): Linear => {
    const parts = given.map(([name, rows]) => ({ name, rows }));
    const named = (suffix: string) => parts.map(({ name, rows }) => ({ name: `${name}.${suffix}`, rows }));
    let from = 0;
    const changes = parts.flatMap(({ name, rows }) => {
      const found = change(name), at = from;
      from += rows;
      return found === undefined ? [] : [{ ...found, from: at }];
    });
    return {
      weight: matrix(named("weight"), columns),
      ...(hasBias ? { bias: joined(named("bias")) } : {}),
      changes,
      trained: isTrained([...named("weight"), ...(hasBias ? named("bias") : [])].map(({ name }) => name)),
    };
  };

  const { width, heads, keyHeads, headWidth, hidden, vocabulary } = config;
  const embeddingName = "model.embed_tokens.weight";
  const embedding = matrix([{ name: embeddingName, rows: vocabulary }], width);
  const blocks = Array.from({ length: config.layers }, (_, n): Block => {
    const at = (name: string) => `model.layers.${n}.${name}`;
    const queries = heads * headWidth, keys = keyHeads * headWidth;
    return {
      before: norm(at("input_layernorm"), width),
      queryKeyValue: linear(
        [[at("self_attn.q_proj"), queries], [at("self_attn.k_proj"), keys], [at("self_attn.v_proj"), keys]],
        width,
        config.queryKeyValueBias,
      ),
      ...(config.queryKeyNorm
        ? { queryNorm: norm(at("self_attn.q_norm"), headWidth), keyNorm: norm(at("self_attn.k_norm"), headWidth) }
        : {}),
      out: linear([[at("self_attn.o_proj"), width]], queries, config.outBias),
      ...(config.postNorms ? { behind: norm(at("post_attention_layernorm"), width) } : {}),
      beforeFeedForward: norm(
        at(config.postNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"),
        width,
      ),
      gateUp: linear([[at("mlp.gate_proj"), hidden], [at("mlp.up_proj"), hidden]], width, config.feedForwardBias),
      down: linear([[at("mlp.down_proj"), width]], hidden, config.feedForwardBias),
      ...(config.postNorms ? { behindFeedForward: norm(at("post_feedforward_layernorm"), width) } : {}),
      ...(config.window?.layers[n] ? { window: config.window.length } : {}),
    };
  });
  const last = norm("model.norm", width);
  const classifierName = config.tied ? embeddingName : "lm_head.weight";
  return {
    embedding,
    blocks,
    last,
    classifier: {
      weight: config.tied ? embedding : matrix([{ name: classifierName, rows: vocabulary }], width),
      trained: trained(classifierName),
      ...(config.logitSoftCap === undefined ? {} : { softCap: config.logitSoftCap }),
    },
    parameters,
    held,
  };
}
