/** Coverage of intervals at which seeds stop being added, by simulation. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { meanInterval } from "../statistics/intervals.ts";
import { corrected, halfWidth, looksOf } from "./sequential.ts";

/** Trials of each setting. */
const TRIALS = 4000;
/** Seeds of the first and of the last look. */
const FIRST = 10, MOST = 160;

/**
 * Share of trials whose interval holds the truth, 0, when seeds are doubled until it is narrow.
 *
 * @param looks how many the intervals allow for; 1 for plain ones
 */
function coverage(draw: (rng: Rng) => number, width: number, looks: number): number {
  const all = looksOf(FIRST, MOST);
  let held = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const rng = Rng.seed(trial).fork("sequential"), values = Float64Array.from({ length: MOST }, () => draw(rng));
    for (const seeds of all) {
      const interval = corrected(meanInterval(values.subarray(0, seeds)), looks);
      if (halfWidth(interval) > width && seeds < MOST) continue;
      held += Number(interval.lower <= 0 && interval.upper >= 0);
      break;
    }
  }
  return held / TRIALS;
}

/** Four standard errors of a share of trials around the level. */
const MARGIN = 4 * Math.sqrt(0.95 * 0.05 / TRIALS);
const laws: Readonly<Record<string, (rng: Rng) => number>> = {
  "normal": (rng) => rng.normal(),
  "uniform": (rng) => Math.sqrt(12) * (rng.uniform() - 0.5),
  "two points": (rng) => rng.uniform() < 0.5 ? -1 : 1,
};
const looks = looksOf(FIRST, MOST).length;

for (const [name, draw] of Object.entries(laws)) {
  for (const width of [0.25, 0.4, 0.6]) {
    Deno.test(`${name} differences, until ± ${width}: 95 % or more of the intervals hold the truth`, () => {
      const share = coverage(draw, width, looks);
      assert.ok(share >= 0.95 - MARGIN, `${share}`);
    });
  }
}

Deno.test("without the correction fewer do: what the rule pays for is there", () => {
  const shares = [0.25, 0.4, 0.6].map((width) => coverage(laws.normal, width, 1));
  assert.ok(Math.min(...shares) < 0.95 - MARGIN, `${shares}`);
});
