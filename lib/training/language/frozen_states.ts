/**
 * States below the first trained block, kept: they are the same in every epoch.
 *
 * @module
 */
import type { LanguageModel, Reached } from "../../policies/language/model.ts";
import { type Sequences, sequencesOf } from "../../policies/language/sequences.ts";
import { type Tensor, tf } from "../../tensor/backend.ts";
import type { Response } from "./examples.ts";

/** States of texts by text, on the host, up to a size; texts beyond it are run anew each time. */
export class FrozenStates {
  readonly #states = new Map<Response, Float32Array>();
  #room: number;

  /**
   * Nothing kept yet.
   *
   * @param bytes that may be kept
   */
  constructor(bytes: number) {
    this.#room = bytes / 4;
  }

  /** Texts whose states are kept. */
  get size(): number {
    return this.#states.size;
  }

  /**
   * States of texts behind the blocks that are not trained; undefined where all blocks are trained or there is no room.
   *
   * @param sequences the texts, as rows
   * @returns the caller's to free
   */
  reached(model: LanguageModel, texts: readonly Response[], { ids, rows }: Sequences): Reached | undefined {
    const { frozenLayers: layer, config: { width } } = model;
    if (layer === 0) return undefined;
    const missing = texts.filter((text) => !this.#states.has(text));
    const needed = missing.reduce((sum, text) => sum + text.ids.length, 0) * width;
    if (needed > this.#room) return undefined;
    if (missing.length > 0) this.#keep(model, missing);
    const all = new Float32Array(ids.length * width);
    texts.forEach((text, b) => {
      const states = this.#states.get(text)!;
      rows[b].forEach((row, t) => all.set(states.subarray(t * width, (t + 1) * width), row * width));
    });
    return { layer, states: tf.tensor2d(all, [ids.length, width]) as Tensor };
  }

  #keep(model: LanguageModel, texts: readonly Response[]): void {
    const sequences = sequencesOf(texts.map(({ ids }) => ids)), { width } = model.config;
    const states = model.statesAt(sequences, model.frozenLayers), values = states.dataSync<"float32">();
    texts.forEach((text, b) => {
      const from = sequences.starts[b] * width;
      this.#states.set(text, values.slice(from, from + sequences.lengths[b] * width));
    });
    this.#room -= values.length;
    states.dispose();
  }
}
