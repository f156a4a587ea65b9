/** How often the intervals of the win rate with ties cover the truth. */
import assert from "node:assert/strict";
import { tiedWinRate, type TieModelName } from "./tied_win_rate.ts";
import { drawnTies, probabilities } from "./tied_win_rate_test_helpers.ts";

Deno.test("95% intervals cover about as often as they say, over comparisons and over groups of them", () => {
  // 2000 samples: a standard error of half a point. Few groups and a robust variance cost up to two points.
  for (const model of ["davidson", "rao-kupper"] satisfies TieModelName[]) {
    const { win, tie } = probabilities(model, 0.4, 1.8);
    for (const [n, perGroup] of [[80, 1], [300, 1], [400, 10], [900, 9]]) {
      let rate = 0, ties = 0;
      for (let seed = 0; seed < 2000; seed++) {
        const { winRate, tieRate } = tiedWinRate(drawnTies(seed, n, { model, perGroup }), { model });
        rate += Number(winRate.lower <= win + tie / 2 && win + tie / 2 <= winRate.upper);
        ties += Number(tieRate.lower <= tie && tie <= tieRate.upper);
      }
      console.log(`${model}, n = ${n}, ${perGroup} a group: ${rate / 20}% and ${ties / 20}%`);
      for (const found of [rate, ties]) {
        assert.ok(found > 0.92 * 2000 && found < 0.98 * 2000, `${model} ${n} ${perGroup}`);
      }
    }
  }
});
