/**
 * What arms and conditions of a question share in each replicate.
 *
 * @module
 */

/** Bytes that are kept, about: of the first seeds; what others need is made anew, so that memory does not grow with seeds. */
const MOST = 64e6;

/** By seed. */
export type Kept<V> = Map<number, V>;

/** `prepare` of a question that keeps something. */
export const nothingKept = <V>(): Promise<Kept<V>> => Promise.resolve(new Map());

/**
 * What is kept of a seed, made now where it is not.
 *
 * @param bytes that one of them takes, about
 */
export function keptOf<V>(kept: Kept<V>, seed: number, bytes: number, make: () => V): V {
  const found = kept.get(seed);
  if (found !== undefined) return found;
  const made = make();
  if ((kept.size + 1) * bytes <= MOST) kept.set(seed, made);
  return made;
}
