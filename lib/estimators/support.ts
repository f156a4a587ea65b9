/**
 * Where the target policy goes that the log never went.
 *
 * @module
 */
import { float64 } from "../float64.ts";
import { mean } from "../statistics/summary.ts";
import { membersOf, standardErrorOfSum } from "../statistics/groups.ts";
import { checkLength, type Support } from "./rounds.ts";

/** A log of discrete actions, as far as its support goes. */
export interface SupportedLog {
  /** Logged action, `[n]`, in 0 .. A-1. */
  readonly action: ArrayLike<number>;
  /** Target policy's probabilities of the actions in each round, `[n][A]`. */
  readonly target: ArrayLike<ArrayLike<number>>;
  /** Weights of the rounds, `[n]`. */
  readonly weight: Float64Array;
  /** Segment of each round, `[n]`: an action counts as logged where its own segment has it. One segment unless given. */
  readonly segment?: ArrayLike<number | string>;
  /** Groups of the rounds, `[n]`. */
  readonly groups?: ArrayLike<number | string>;
}

/** Target mass on actions never logged from which weighting alone identifies nothing, unless chance left them out. */
const HOLE = 0.01;
/** Standard errors that a mean weight may be below 1 by chance. */
const BELOW = 3;
/** Names that a sentence lists before it counts. */
const LISTED = 3;

/**
 * How much of the target policy lies on actions that were never logged, overall and by segment. Weights know nothing of
 * such actions: their effective sample size may be full, only their mean falls below 1 by the mass that is missing. Where at
 * least a hundredth of the mass is missing, overall or in one segment, and the mean weight there says that chance did not leave it
 * out, no weighting of the log identifies the value.
 *
 * @throws TypeError when lengths differ
 *
 * @example Nine tenths of the target are on action 2
 * ```ts
 * import assert from "node:assert/strict";
 * const action = [0, 1, 0, 1], target = action.map(() => [0.05, 0.05, 0.9]);
 * const support = supportOf({ action, target, weight: Float64Array.from(action, () => 0.1) });
 * assert.ok(support.hole && Math.abs(support.missing - 0.9) < 1e-12);
 * assert.match(support.text, /^the target puts 90 % of its mass on action 2, which was never logged/);
 * ```
 */
export function supportOf({ action, target, weight, segment, groups }: SupportedLog): Support {
  const n = action.length;
  checkLength(target, n, "target");
  checkLength(weight, n, "weight");
  if (segment !== undefined) checkLength(segment, n, "segment");
  const parts = membersOf(segment ?? new Uint8Array(n)), bySegment = new Map<number | string, number>();
  const told: string[] = [];
  let total = 0, hole = false;
  for (const rounds of parts) {
    const logged = new Set(rounds.map((i) => action[i]));
    const masses = new Map<number, number>();
    for (const i of rounds) {
      for (let a = 0; a < target[i].length; a++) {
        if (!logged.has(a) && target[i][a] > 0) masses.set(a, (masses.get(a) ?? 0) + target[i][a] / rounds.length);
      }
    }
    const missing = Math.min(1, [...masses.values()].reduce((sum, mass) => sum + mass, 0));
    total += missing * rounds.length / n;
    if (segment !== undefined) bySegment.set(segment[rounds[0]], missing);
    if (missing < HOLE) continue;
    const own = float64(rounds.length, (k) => weight[rounds[k]]), meanWeight = mean(own);
    const error = standardErrorOfSum(own.map((w) => w - meanWeight), groups && rounds.map((i) => groups[i])) /
      rounds.length;
    if (meanWeight + BELOW * error < 1) hole = true;
    const where = segment === undefined ? "" : ` in segment ${segment[rounds[0]]}`;
    const percent = Number((100 * missing).toPrecision(3));
    told.push(
      `the target puts ${percent} % of its mass${where} on ${names([...masses.keys()])} never logged ` +
        `(mean weight ${Number(meanWeight.toPrecision(3))})${counted(masses, logged, target[rounds[0]].length)}`,
    );
  }
  const more = told.length > LISTED ? [`and so in ${told.length - LISTED} more segments`] : [];
  return { missing: total, bySegment, text: [...told.slice(0, LISTED), ...more].join("; "), hole };
}

function names(actions: readonly number[]): string {
  const sorted = actions.toSorted((a, b) => a - b);
  if (sorted.length === 1) return `action ${sorted[0]}, which was`;
  if (sorted.length <= LISTED) return `actions ${sorted.slice(0, -1).join(", ")} and ${sorted.at(-1)}, which were`;
  return `${sorted.length} actions (${sorted.slice(0, LISTED).join(", ")}, ..), which were`;
}

/** The word that helps where codes may begin at one: action 0 is the only one that never occurs. */
function counted(masses: ReadonlyMap<number, number>, logged: ReadonlySet<number>, actions: number): string {
  const first = masses.has(0) && !logged.has(0) && logged.size === actions - 1;
  return first ? `: action 0 never occurs, only 1 to ${actions - 1} do; if they are counted from one, subtract 1` : "";
}
