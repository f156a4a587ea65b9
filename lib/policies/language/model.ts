/**
 * Decoder-only language models: Llama, Qwen 2 and 3, Gemma 2.
 *
 * @module
 */
import { embedding, embeddingBack } from "../../tensor/fused/embedding.ts";
import { isHeld, type Matrix } from "../../tensor/held_matrix.ts";
import { rmsNorm, rmsNormBack } from "../../tensor/fused/rms_norm.ts";
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
  const rows = new Uint32Array(ids.length), targets = new Uint32Array(ids.length);
  let count = 0;
  for (let row = 0; row < ids.length; row++) {
    if (!scored[row]) continue;
    if (previous[row] < 0) throw new RangeError(`scored[${row}]: nothing predicts the first token of a sequence`);
    rows[count] = previous[row];
    targets[count++] = ids[row];
  }
  return { rows: rows.slice(0, count), targets: targets.slice(0, count) };
}

/** Rows without repetition, in order, and which of them each row is; no places where each is the one in its turn. */
function distinct(rows: Uint32Array): { readonly distinct: Uint32Array; readonly places?: Uint32Array } {
  if (rows.every((row, i) => i === 0 || row > rows[i - 1])) return { distinct: rows };
  const found = Uint32Array.from(new Set(rows)).sort();
  const at = new Map(Array.from(found, (row, i) => [row, i]));
  return { distinct: found, places: rows.map((row) => at.get(row)!) };
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
    { reached, rows, withoutChanges, instead }: {
      readonly reached?: Reached;
      /** Of which alone the last states are asked for, where the last block is run here. */
      readonly rows?: Uint32Array | undefined;
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
      const { y } = runBlock(blocks[n], x, { ...surroundings, ...instead?.(n) }, {
        keeps: false,
        ...(rows && n === blocks.length - 1 && { rows }),
      });
      x.dispose();
      x = y;
    }
    return x;
  };
  const gains = (): Tensor => config.gainOffset === 0 ? last.gain : tf.add(last.gain, config.gainOffset);
  const finished = (x: Tensor, rows?: Uint32Array): Tensor =>
    rmsNorm(rows === undefined ? x : embedding(x, rows), gains(), config.epsilon);
  /** Rows that the last block gives for some predictions, and which of them each prediction has: all where it is behind. */
  const lastRows = (
    rows: Uint32Array,
    reached?: Reached,
  ): { readonly asked?: Uint32Array; readonly places?: Uint32Array } => {
    if (reached?.layer === blocks.length || blocks.length === 0) return { places: rows };
    const { distinct: asked, places } = distinct(rows);
    return { asked, ...(places && { places }) };
  };

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
          states: (sequences, rows, instead) => finished(runTo(sequences, blocks.length, { instead }), rows),
          logits: (states, by) => logitsOf(classifier, states, by),
        },
        places,
        length,
      );
    },
    logits(sequences, rows) {
      return tf.tidy(() => logitsOf(classifier, finished(runTo(sequences, blocks.length), rows)));
    },
    logProbs(sequences, scored, options = {}) {
      const { rows, targets } = predictions(sequences, scored);
      const { asked, places } = lastRows(rows, options.reached);
      const states = tf.tidy(() => finished(runTo(sequences, blocks.length, { ...options, rows: asked }), places));
      const { logp } = score(classifier, states, targets, false);
      states.dispose();
      return logp;
    },
    pass(sequences, scored, { reached, recomputes = false, collides = false } = {}) {
      const { rows, targets } = predictions(sequences, scored), surroundings = around(sequences);
      const { asked, places } = lastRows(rows, reached);
      const traces: { readonly x: Tensor; readonly run: () => Trace }[] = [];
      let x = runTo(sequences, frozenLayers, { reached, rows: asked });
      for (let n = frozenLayers; n < blocks.length; n++) {
        const input = x, some = n === blocks.length - 1 && asked ? { rows: asked } : {};
        const again = () => runBlock(blocks[n], input, surroundings, { keeps: true, ...some });
        const trace = runBlock(blocks[n], input, surroundings, { keeps: !recomputes, ...some });
        traces.push({ x, run: recomputes ? again : () => trace });
        x = trace.y;
      }
      const states = tf.tidy(() => finished(x, places));
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
            const picked = places === undefined ? x : embedding(x, places);
            const { dx, dgain } = rmsNormBack(picked, gains(), config.epsilon, dstates);
            if (last.trained) slopes.add(last.gain, dgain);
            return places === undefined ? dx : embeddingBack(dx, places, x.shape[0]);
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
