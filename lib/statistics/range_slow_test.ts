/** Coverage of intervals of shares near an end of [0, 1], cut there. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { meanInterval } from "./intervals.ts";
import { SHARE, within } from "./range.ts";

const DATA_SETS = 2000;
/** Three standard deviations of a coverage of 0.95 over that many data sets, in points. */
const NOISE = 3 * 100 * Math.sqrt(0.95 * 0.05 / DATA_SETS);

/** Chance of success, and trials a seed. */
const SHARES = [[0.9, 100], [0.97, 100], [0.99, 20], [0.998, 100], [0.9995, 100]] as const;

const document = await Deno.readTextFile(new URL("../../docs/statistics.md", import.meta.url));
const lines = document.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));

Deno.test("cut at 1, the interval of a share covers as often as before; what a verdict must clear covers 95 %", () => {
  const wrong: string[] = [];
  for (const [p, trials] of SHARES) {
    const cells = [10, 20, 60].map((n) => {
      const root = Rng.seed(20261128).fork(`${p} ${trials} ${n}`);
      const covered = { uncut: 0, cut: 0, guard: 0 };
      for (let i = 0; i < DATA_SETS; i++) {
        const rng = root.fork(i);
        const shares = Float64Array.from({ length: n }, () => {
          let successes = 0;
          for (let t = 0; t < trials; t++) successes += rng.bernoulli(p) ? 1 : 0;
          return successes / trials;
        });
        const uncut = meanInterval(shares), cut = within(uncut, SHARE, true);
        assert.ok(cut.lower >= 0 && cut.upper <= 1 && cut.guard!.lower >= 0 && cut.guard!.upper <= 1);
        for (const [name, { lower, upper }] of Object.entries({ uncut, cut, guard: cut.guard! })) {
          if (lower <= p && p <= upper) covered[name as keyof typeof covered]++;
        }
      }
      assert.equal(covered.cut, covered.uncut);
      const [cut, guard] = [covered.cut, covered.guard].map((count) => 100 * count / DATA_SETS);
      if (guard < 95 - NOISE) wrong.push(`${p} of ${trials} trials, n = ${n}: ${guard} %`);
      return `${n}: ${cut.toFixed(1)} / ${guard.toFixed(1)}`;
    });
    const name = `share of ${trials} trials, true share ${p}`;
    const told = lines.find(([, first]) => first === name)?.[2] ?? "";
    if (told !== cells.join("; ")) wrong.push(`| ${name} | ${cells.join("; ")} |`);
  }
  assert.deepEqual(wrong, []);
});
