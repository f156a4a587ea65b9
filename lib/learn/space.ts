/**
 * The class of policies over a user's texts: π ∝ π0 exp(θ·φ) over the texts of a prompt, π0 uniform.
 *
 * @module
 */
import type { LawClass } from "../exact/laws.ts";
import type { Rng } from "../random.ts";
import { UserError } from "../user_error.ts";
import type { LearnData } from "./data.ts";
import type { TextMap } from "./features.ts";

/** Texts of a prompt's law at least, where texts of other prompts can be taken: what could be said beside the point. */
const LEAST = 8;
/** log π0 where a prompt has fewer texts than others: e to it is 0, and products with it stay finite. */
const NOTHING = -1000;
/** Numbers of a table of features at most: 800 MB. */
const MOST_NUMBERS = 1e8;

/** Which texts each prompt's law is over. */
export interface Candidates {
  /** The prompt's own texts first `[P][..]`. */
  readonly texts: readonly (readonly string[])[];
  /** A, places of a prompt in tables; those that no text fills come last. */
  readonly width: number;
}

/**
 * Texts of each prompt's law. With pairs a law has texts of other prompts of the same fold beside its own, so that it is over
 * eight at least, and no text of another fold is ever in it; with a log it is over the texts that were shown for the prompt.
 *
 * @param fold of each prompt `[P]`
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { pairsData } from "./data.ts";
 * import { Rng } from "../random.ts";
 * const data = pairsData(["a", "b", "c"].map((prompt) => ({ prompt, chosen: `${prompt}1`, rejected: `${prompt}2` })));
 * const { texts, width } = candidatesOf(data, [0, 0, 1], Rng.seed(1));
 * assert.deepEqual([texts[0].toSorted(), texts[2], width], [["a1", "a2", "b1", "b2"], ["c1", "c2"], 4]);
 * ```
 */
export function candidatesOf(
  { kind, prompts }: Pick<LearnData, "kind" | "prompts">,
  fold: ArrayLike<number>,
  rng: Rng,
): Candidates {
  const members = Map.groupBy(rng.permutation(prompts.length), (p) => fold[p]),
    texts = new Array<string[]>(prompts.length);
  for (const some of members.values()) {
    some.forEach((p, place) => {
      const own = new Set(prompts[p].texts);
      for (let next = 1; kind === "pairs" && own.size < LEAST && next < some.length; next++) {
        for (const text of prompts[some[(place + next) % some.length]].texts) if (own.size < LEAST) own.add(text);
      }
      texts[p] = [...own];
    });
  }
  return { texts, width: texts.reduce((most, { length }) => Math.max(most, length), 0) };
}

/**
 * The class of laws over candidates.
 *
 * @throws UserError where the table of features would not fit memory
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { lawAt } from "../exact/laws.ts";
 * const map = { dimensions: 1, of: (texts: readonly string[]) => Float64Array.from(texts, ({ length }) => length) };
 * const space = spaceOf({ texts: [["a", "bb"], ["c"]], width: 2 }, map);
 * assert.deepEqual([...lawAt(space, Float64Array.of(0))].map(Math.exp), [0.5, 0.5, 1, 0]);
 * ```
 */
export function spaceOf({ texts, width }: Candidates, map: Pick<TextMap, "dimensions" | "of">): LawClass {
  const { dimensions } = map, cells = texts.length * width;
  if (cells * dimensions > MOST_NUMBERS) {
    const most = texts.findIndex(({ length }) => length === width);
    throw new UserError(
      `prompt ${most + 1} has ${width} texts: with ${texts.length} prompts, features would take ` +
        `${Math.round(cells * dimensions / 1.25e8)} GB; take fewer rows, or fewer --features`,
    );
  }
  const logStart = new Float64Array(cells).fill(NOTHING), features = new Float64Array(cells * dimensions);
  // A text stands in several laws: its features are computed once.
  const places = new Map<string, number>();
  for (const text of texts.flat()) if (!places.has(text)) places.set(text, places.size);
  const table = map.of([...places.keys()]);
  texts.forEach((some, p) => {
    logStart.fill(-Math.log(some.length), p * width, p * width + some.length);
    some.forEach((text, a) => {
      const from = places.get(text)! * dimensions;
      features.set(table.subarray(from, from + dimensions), (p * width + a) * dimensions);
    });
  });
  return { logStart, features, responses: width };
}
