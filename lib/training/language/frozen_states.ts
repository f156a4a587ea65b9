/**
 * States below the first trained block, kept: they are the same in every epoch.
 *
 * @module
 */
import type { LanguageModel, Reached } from "../../policies/language/model.ts";
import { sharedSequences } from "../../policies/language/sequences.ts";
import { type Tensor, tf } from "../../tensor/backend.ts";
import type { Response, TextGroups } from "./examples.ts";

/** States of groups of texts, on the host, up to a size; groups beyond it are run anew each time. */
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

  /** Groups whose states are kept. */
  get size(): number {
    return this.#states.size;
  }

  /**
   * States of groups behind the blocks that are not trained; undefined where all blocks are trained or there is no room.
   *
   * @param groups always with the same texts: they are known by their first one
   * @returns the caller's to free
   */
  reached(model: LanguageModel, groups: TextGroups): Reached | undefined {
    const { frozenLayers: layer, config: { width } } = model;
    if (layer === 0) return undefined;
    const found: Float32Array[] = [];
    for (const texts of groups) {
      const states = this.#states.get(texts[0]) ?? this.#keep(model, texts);
      if (states === undefined) return undefined;
      found.push(states);
    }
    const all = new Float32Array(found.reduce((sum, { length }) => sum + length, 0));
    found.reduce((at, states) => (all.set(states, at), at + states.length), 0);
    return { layer, states: tf.tensor2d(all, [all.length / width, width]) as Tensor };
  }

  #keep(model: LanguageModel, texts: readonly Response[]): Float32Array | undefined {
    const sequences = sharedSequences([{ sequences: texts.map(({ ids }) => ids), most: Infinity }]);
    const size = sequences.ids.length * model.config.width;
    if (size > this.#room) return undefined;
    const states = model.statesAt(sequences, model.frozenLayers), values = states.dataSync<"float32">().slice();
    states.dispose();
    this.#states.set(texts[0], values);
    this.#room -= size;
    return values;
  }
}
