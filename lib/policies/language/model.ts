/**
 * Decoder-only language models: Llama, Qwen 2 and 3, Gemma 2.
 *
 * @module
 */
import { embedding } from "../../tensor/fused/embedding.ts";
import { isHeld, type Matrix } from "../../tensor/held_matrix.ts";
import { rmsNorm } from "../../tensor/fused/rms_norm.ts";
import { rotaryTables } from "../../tensor/fused/rotary.ts";
import { type Tensor, tf, type Variable } from "../../tensor/tf.ts";
import { type Block, type Norm, runBlock, type Surroundings, type Trace } from "./block.ts";
import type { LanguageModelConfig } from "./config.ts";
import { type Decoder, openDecoder } from "./decoder.ts";
import { logitsOf, score } from "./head.ts";
import { type Linear, needsInput, numbersOf } from "./linear.ts";
import { ropeFrequencies } from "./rope.ts";
import type { Sequences } from "./sequences.ts";
import type { Slopes } from "./slopes.ts";
import { type Choices, type Parameter, readWeights, type WeightSource } from "./weights.ts";

/** States to go on from, in place of tokens. */
export interface Reached {
  /** Blocks that are behind; none of them has anything that is trained. */
  readonly layer: number;
  /** `[N, D]`; the caller's. */
  readonly states: Tensor;
}

/** Log-probs of tokens, and the way back to what is trained. */
interface Pass {
  /** In nats, of each scored row in order. */
  readonly logp: Float32Array;
  /** log Σ_v π(v)² of the law of each scored token, where it was asked for. */
  readonly logCollision?: Float32Array;
  /** Adds to the gradients of what is trained, given the slope of the loss in each log-prob. Once, or {@linkcode dispose}. */
  back(dlogp: Float32Array, slopes: Slopes): void;
  /** Frees what was kept. */
  dispose(): void;
}

/** A language model in the engine that runs. */
export interface LanguageModel {
  /** Sizes and kinds. */
  readonly config: LanguageModelConfig;
  /** All tensors of the checkpoint in float32. */
  readonly parameters: readonly Parameter[];
  /** How many matrices are held in another form: products with them may round what they are multiplied with. */
  readonly held: number;
  /** Blocks below the first that is trained, the embedding among what is; all of them where nothing is. */
  readonly frozenLayers: number;
  /**
   * Log-probs of tokens given what is before them.
   *
   * @param scored 1 where the token of a row counts `[N]`; the first of a sequence cannot
   * @param options.reached states below the first trained block, from {@linkcode statesAt}
   * @param options.withoutChanges those of the model without its low-rank changes: the reference that they are trained from
   */
  logProbs(
    sequences: Sequences,
    scored: ArrayLike<number>,
    options?: { readonly reached?: Reached; readonly withoutChanges?: boolean },
  ): Float32Array;
  /**
   * The same, to go back through.
   *
   * @param options.recomputes keeps the input of each block alone and runs the block again on the way back: a fifth of the
   * memory for half as much time again
   * @param options.collides asks for {@linkcode Pass.logCollision}
   */
  pass(
    sequences: Sequences,
    scored: ArrayLike<number>,
    options?: { readonly reached?: Reached; readonly recomputes?: boolean; readonly collides?: boolean },
  ): Pass;
  /** Residual stream behind so many blocks `[N, D]`; the caller's to free. @throws RangeError where it has fewer blocks */
  statesAt(sequences: Sequences, layer: number): Tensor;
  /** Sequences that grow by a token at a time, as many as there are places, each of at most so many tokens. */
  decoder(places: number, length: number): Decoder;
  /** Logits of the token after each of the given rows `[R, V]`; the caller's to free. */
  logits(sequences: Sequences, rows: Uint32Array): Tensor;
  /** Frees the weights. */
  dispose(): void;
}

/** Which rows predict, and which ids. */
function predictions(
  { ids, previous }: Sequences,
  scored: ArrayLike<number>,
): { readonly rows: Uint32Array; readonly targets: Uint32Array } {
  if (scored.length !== ids.length) throw new TypeError(`scored: expected ${ids.length} entries, got ${scored.length}`);
  const found = Uint32Array.from(ids.keys().filter((row) => scored[row]));
  const first = found.find((row) => previous[row] < 0);
  if (first !== undefined) throw new RangeError(`scored[${first}]: nothing predicts the first token of a sequence`);
  return { rows: found.map((row) => previous[row]), targets: found.map((row) => ids[row]) };
}

const trains = (block: Block): boolean =>
  [block.queryKeyValue, block.out, block.gateUp, block.down].some((layer: Linear) => needsInput(layer)) ||
  [block.before, block.queryNorm, block.keyNorm, block.behind, block.beforeFeedForward, block.behindFeedForward]
    .some((norm: Norm | undefined) => norm?.trained);

/**
 * A model with the weights of a checkpoint.
 *
 * @param source for instance of `openCheckpoint`
 * @param choices default: nothing is trained
 * @throws RangeError when parts of one matrix are trained and others are not
 * @example
 * ```ts ignore
 * const model = languageModel(openCheckpoint("models/SmolLM2"));
 * ```
 */
export function languageModel(source: WeightSource, choices: Partial<Choices> = {}): LanguageModel {
  const { trained = () => false, change = () => undefined, frozen = "float32" } = choices;
  const { config } = source, weights = readWeights(source, { trained, change, frozen });
  const { blocks, last, classifier } = weights;
  const trainsEmbedding = trained("model.embed_tokens.weight");
  const first = trainsEmbedding ? 0 : blocks.findIndex(trains), frozenLayers = first < 0 ? blocks.length : first;
  const frequencies = ropeFrequencies(config.headWidth, config.rope);
  /** Of rotations; shorter ones stay, since a way back may still need them. */
  const tables: Surroundings["tables"][] = [];
  let known = 0;

  const around = (sequences: Sequences, withoutChanges = false): Surroundings => {
    const longest = sequences.positions.reduce((a, b) => Math.max(a, b + 1), 1);
    if (longest > known) {
      known = Math.max(64, 2 * known, longest);
      const made = rotaryTables(known, frequencies);
      tf.keep(made.cosines);
      tf.keep(made.sines);
      tables.push(made);
    }
    return { config, tables: tables.at(-1)!, sequences, withoutChanges };
  };
  const embedded = (table: Matrix, ids: Uint32Array): Tensor => {
    const x = isHeld(table) ? table.rows(ids) : embedding(table, ids);
    return config.embeddingScale === 1 ? x : tf.mul(x, config.embeddingScale);
  };
  /** The residual stream behind block `to` − 1, nothing kept. */
  const runTo = (
    sequences: Sequences,
    to: number,
    { reached, withoutChanges, instead }: {
      readonly reached?: Reached;
      readonly withoutChanges?: boolean;
      readonly instead?: (layer: number) => Partial<Surroundings>;
    } = {},
  ): Tensor => {
    const from = reached?.layer ?? 0;
    if (!(from >= 0 && from <= to && to <= blocks.length)) {
      throw new RangeError(
        `layer: expected 0 to ${reached === undefined ? blocks.length : to}, got ${reached?.layer ?? to}`,
      );
    }
    const surroundings = around(sequences, withoutChanges);
    let x = reached === undefined
      ? tf.tidy(() => embedded(weights.embedding, sequences.ids))
      : tf.clone(reached.states) as Tensor;
    for (let n = from; n < to; n++) {
      const { y } = runBlock(blocks[n], x, { ...surroundings, ...instead?.(n) }, false);
      x.dispose();
      x = y;
    }
    return x;
  };
  const finished = (x: Tensor, gain: Tensor, rows: Uint32Array): Tensor =>
    rmsNorm(embedding(x, rows), config.gainOffset === 0 ? gain : tf.add(gain, config.gainOffset), config.epsilon);

  return {
    config,
    parameters: weights.parameters,
    held: weights.held.length,
    frozenLayers,
    statesAt: (sequences, layer) => runTo(sequences, layer),
    decoder(places, length) {
      return openDecoder(
        {
          config,
          states: (sequences, rows, instead) => finished(runTo(sequences, blocks.length, { instead }), last.gain, rows),
          logits: (states, by) => logitsOf(classifier, states, by),
        },
        places,
        length,
      );
    },
    logits(sequences, rows) {
      return tf.tidy(() => logitsOf(classifier, finished(runTo(sequences, blocks.length), last.gain, rows)));
    },
    logProbs(sequences, scored, options = {}) {
      const { rows, targets } = predictions(sequences, scored);
      const states = tf.tidy(() => finished(runTo(sequences, blocks.length, options), last.gain, rows));
      const { logp } = score(classifier, states, targets, false);
      states.dispose();
      return logp;
    },
    pass(sequences, scored, { reached, recomputes = false, collides = false } = {}) {
      const { rows, targets } = predictions(sequences, scored), surroundings = around(sequences);
      const traces: { readonly x: Tensor; readonly run: () => Trace }[] = [];
      let x = runTo(sequences, frozenLayers, { reached });
      for (let n = frozenLayers; n < blocks.length; n++) {
        const input = x, again = () => runBlock(blocks[n], input, surroundings, true);
        const trace = runBlock(blocks[n], input, surroundings, !recomputes);
        traces.push({ x, run: recomputes ? again : () => trace });
        x = trace.y;
      }
      const states = tf.tidy(() => finished(x, last.gain, rows));
      const scores = score(classifier, states, targets, true, collides);
      const inputs = () => traces.map(({ x }) => x);
      return {
        logp: scores.logp,
        ...(scores.logCollision === undefined ? {} : { logCollision: scores.logCollision }),
        dispose() {
          scores.dispose();
          if (!recomputes) traces.forEach(({ run }) => run().dispose());
          tf.dispose([states, x, ...inputs()]);
        },
        back(dlogp, slopes) {
          const dstates = scores.back(dlogp, slopes);
          let dx = tf.tidy(() => {
            const [dx, dgain] = tf.grads((x, gain) => finished(x as Tensor, gain as Tensor, rows))(
              [x, last.gain],
              dstates,
            );
            if (last.trained) slopes.add(last.gain, dgain);
            return dx as Tensor;
          });
          tf.dispose([dstates, states, x]);
          for (const { x, run } of traces.reverse()) {
            const trace = run(), before = trace.back(dx, slopes);
            if (recomputes) trace.y.dispose();
            tf.dispose([dx, x]);
            dx = before;
          }
          if (trainsEmbedding) {
            tf.tidy(() => {
              const table = numbersOf(weights.embedding);
              slopes.add(table, tf.grad((table) => embedded(table as Variable, sequences.ids))(table, dx));
            });
          }
          dx.dispose();
        },
      };
    },
    dispose() {
      tf.dispose(weights.parameters.map(({ variable }): Variable => variable));
      for (const matrix of weights.held) matrix.dispose();
      for (const { cosines, sines } of tables) tf.dispose([cosines, sines]);
    },
  };
}
