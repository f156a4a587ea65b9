import assert from "node:assert/strict";
import { between, judge } from "../../lib/statistics/claims.ts";
import { proportionInterval } from "../../lib/statistics/intervals.ts";
import { leastInside } from "./terms.ts";

Deno.test("coverage at every size is judged by the size with the least room, on either side of 95%", () => {
  const rule = between(0.9, 0.99), of = (...covered: number[]) => covered.map((k) => proportionInterval(k, 1000));
  const decides = (...covered: number[]) => {
    const evidence = leastInside(of(...covered), rule);
    return [Math.round(1000 * evidence.estimate), judge(evidence, rule)];
  };
  assert.deepEqual(decides(950, 940, 945), [940, "holds"]);
  assert.deepEqual(decides(950, 940, 970), [970, "holds"]);
  assert.deepEqual(decides(950, 915, 960), [915, "inconclusive"]);
  assert.deepEqual(decides(950, 870, 960), [870, "fails"]);
  // 88.5% is further out, but leaves the matter open: 99.8% does not.
  assert.deepEqual(decides(950, 885, 998), [998, "fails"]);
});
