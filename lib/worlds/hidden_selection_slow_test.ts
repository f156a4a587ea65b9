/** Bounds under hidden confounding of a known Γ, over many logs: they cover, and are reached in the worst case. */
import assert from "node:assert/strict";
import { policyBounds, turningGamma } from "../estimators/mod.ts";
import { Rng } from "../random.ts";
import { hiddenSelection } from "./hidden_selection.ts";

const GAMMA = 2, LOGS = 1000, N = 600;
/** Four standard deviations of a proportion 0.95 over that many logs: 0.0276. */
const TOLERANCE = 4 * Math.sqrt(0.95 * 0.05 / LOGS);
const PROPENSITY = [0.3, 0.5, 0.6], LOOKS = [[0, 0.5], [0.4, 0.1], [1, 0.8]] as const, TARGET = [0.8, 0.3, 0.6];
/** Mean over contexts of the policy's outcome. */
const over = (means: readonly (readonly [number, number])[]) =>
  means.reduce((sum, of, x) => sum + (1 - TARGET[x]) * of[0] + TARGET[x] * of[1], 0) / means.length;

/** Shares of logs in which the truth is in the upper end's own interval, and in all that is to be believed at a Γ. */
function coverage(follows: number, gamma: number, model: boolean) {
  const world = hiddenSelection({ gamma: GAMMA, follows, propensity: PROPENSITY, looks: LOOKS, spread: 1 });
  const truth = over(world.means), root = Rng.seed(20261129);
  let end = 0, whole = 0, gap = 0;
  for (let k = 0; k < LOGS; k++) {
    const { context, action, reward, propensity } = world.draw(N, root.fork(k));
    const target = Float64Array.from(context, (x, i) => action[i] === 1 ? TARGET[x] : 1 - TARGET[x]);
    const prediction = Float64Array.from(context, (x, i) => LOOKS[x][action[i]]);
    const direct = Float64Array.from(context, (x) => (1 - TARGET[x]) * LOOKS[x][0] + TARGET[x] * LOOKS[x][1]);
    const [{ lower, upper }] = policyBounds(
      { reward, action, propensity, ...model && { prediction } },
      { target, ...model && { direct } },
      [gamma],
    );
    if (upper.lower <= truth && truth <= upper.upper) end++;
    if (lower.lower <= truth && truth <= upper.upper) whole++;
    gap += (upper.value - truth) / LOGS;
  }
  return { end: end / LOGS, whole: whole / LOGS, gap };
}

Deno.test("in the worst case the upper end is the truth: its interval covers 95 %, the whole 97.5 %", () => {
  const { end, whole, gap } = coverage(1, GAMMA, true);
  assert.ok(Math.abs(end - 0.95) <= TOLERANCE, `covered ${end}`);
  assert.ok(Math.abs(whole - 0.975) <= TOLERANCE, `covered ${whole}`);
  // The standard deviation of an end is about 1.5/sqrt(600) = 0.06; a threshold fitted to 300 rounds an action is a part in
  // 300 of a move of 0.25 too narrow.
  assert.ok(Math.abs(gap) < 4 * 0.06 / Math.sqrt(LOGS) + 0.25 / 300, `${gap}`);
});

Deno.test("half confounded the truth is inside; at a Γ below its own the bounds miss, and without any they nearly always do", () => {
  assert.ok(coverage(0.5, GAMMA, true).whole > 0.99);
  const short = coverage(1, 1.5, true).whole, none = coverage(1, 1, true).whole;
  assert.ok(short < 0.75 && none < 0.2 && none < short, `${short}, ${none}`);
});

Deno.test("without an outcome model bounds are wider, and cover more", () => {
  const { whole, gap } = coverage(1, GAMMA, false);
  assert.ok(whole >= 0.975 - TOLERANCE && gap > 0, `${whole}, ${gap}`);
});

Deno.test("a difference that is all confounding turns over near the Γ that made it", () => {
  // Both actions are alike in truth, and differ as much as Γ = 2 makes them look.
  const [[zero, one]] = hiddenSelection({ gamma: 2, follows: 1, propensity: [0.3], looks: [[0, 0]], spread: 1 }).means;
  const looks = [[-zero, one] as const];
  const seen = hiddenSelection({ gamma: 2, follows: 0, propensity: [0.3], looks, spread: 1 });
  const { action, reward, propensity } = seen.draw(200_000, Rng.seed(5));
  const first = { target: action }, second = { target: action.map((a) => 1 - a) };
  const { gamma } = turningGamma({ reward, action, propensity }, first, second);
  // Its standard error is that of the difference, 0.006, over the slope of the bound in Γ, about 0.4.
  assert.ok(Math.abs(gamma - 2) < 4 * 0.006 / 0.4, `${gamma}`);
});
