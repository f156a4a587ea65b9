/**
 * Where a training run is at a given distance from its start.
 *
 * @module
 */
import { emptyLaw, type LawClass, lawOf } from "../../lib/exact/laws.ts";

/** Mean KL(π ‖ π_ref) over groups, in nats. */
export function meanKl(candidates: LawClass, theta: Float64Array, groups: readonly number[]): number {
  const law = emptyLaw(candidates);
  return groups.reduce((sum, g) => sum + lawOf(candidates, theta, g, law).kl, 0) / groups.length;
}

/** Weights of this size leave a policy no doubt: farther along their ray there is nothing new. */
const CERTAIN = 1e6;

/** KL from π0 at each checkpoint; conditions of one run share it. */
const klsOf = new WeakMap<readonly Float64Array[], readonly number[]>();

/** θ at a KL, and whether training got there. */
interface AtKl {
  readonly theta: Float64Array;
  /** False where the run ended before and was prolonged. */
  readonly reached: boolean;
}

/**
 * θ where a run first is at a given KL from π0, on the line between the checkpoints before and behind; or, where it never
 * gets there, on the ray from 0 through its end; undefined where that ray does not get there either.
 *
 * @param checkpoints θ along training, the first one 0
 * @param groups over which KL is averaged
 */
export function atKl(
  candidates: LawClass,
  checkpoints: readonly Float64Array[],
  groups: readonly number[],
  kl: number,
): AtKl | undefined {
  let kls = klsOf.get(checkpoints);
  if (!kls) klsOf.set(checkpoints, kls = checkpoints.map((theta) => meanKl(candidates, theta, groups)));
  const next = kls.findIndex((k) => k >= kl), reached = next > 0, last = checkpoints.length - 1;
  const [from, to] = reached ? [checkpoints[next - 1], checkpoints[next]] : [checkpoints[0], checkpoints[last]];
  const at = (share: number) => from.map((v, k) => v + share * (to[k] - v));
  const excess = (share: number) => meanKl(candidates, at(share), groups) - kl;
  let low = reached ? 0 : 1, below = (reached ? kls[next - 1] : kls[last]) - kl;
  let high = 1, above = (reached ? kls[next] : kls[last]) - kl;
  const size = Math.max(...to.map(Math.abs));
  while (above < 0) {
    if (!(size > 0 && high * size < CERTAIN)) return undefined;
    [low, below, high] = [high, above, 2 * high];
    above = excess(high);
  }
  // False position with Illinois' halving of the end that stays: quick, and the root stays enclosed.
  let share = high, stayed = 0;
  for (let i = 0; i < 100; i++) {
    share = (low * above - high * below) / (above - below);
    const here = excess(share);
    if (Math.abs(here) < 1e-9) break;
    if (here > 0) {
      [high, above] = [share, here];
      if (stayed > 0) below /= 2;
      stayed = 1;
    } else {
      [low, below] = [share, here];
      if (stayed < 0) above /= 2;
      stayed = -1;
    }
  }
  return { theta: at(share), reached };
}
