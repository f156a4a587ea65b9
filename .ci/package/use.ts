// What a user of the npm package writes: compiled with strict types and run by Node.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { openTable, readLogColumns, readPreferences } from "preflab/data";
import { estimators, fitLogistic, policyBounds, winRateBounds } from "preflab/estimators";
import { exactLosses } from "preflab/losses";
import { Rng } from "preflab/random";
import { above, judge, meanInterval } from "preflab/statistics";
import { syntheticWorld } from "preflab/worlds";

const out = new Float64Array(3);
exactLosses.dpo.form({ beta: 1 })(0, 0, out);
assert.equal(out[0], Math.LN2);
assert.equal(judge(meanInterval([0.1, 0.3, 0.2, 0.4]), above(0)), "inconclusive");
assert.equal(typeof syntheticWorld, "function");
assert.equal(typeof Rng.seed(1), "object");
assert.ok("dr" in estimators);
const chances = fitLogistic([0, 0, 1, 1], [0, 1, 0, 1], { penalty: 0, weights: [3, 1, 1, 4] }).predict([0, 1]);
assert.ok(Math.abs(chances[0] - 0.25) < 1e-9 && Math.abs(chances[1] - 0.8) < 1e-9);

writeFileSync("log.csv", "arm,reward,p\n0,1,0.5\n1,0,0.5\n0,1,0.25\n");
assert.deepEqual((await openTable("log.csv")).columns, ["arm", "reward", "p"]);
const held = { name: "held.csv", bytes: new TextEncoder().encode("a;b\n1;2\n") };
assert.deepEqual((await openTable(held, { columns: ["b"] })).columns, ["a", "b"]);
const { reward, propensity } = await readLogColumns("log.csv", { reward: "reward", action: "arm", propensity: "p" });
assert.deepEqual([...reward], [1, 0, 1]);
assert.deepEqual(propensity && [...propensity], [0.5, 0.5, 0.25]);

const groups = ["a", "a", "b", "b"], half = [0.5, 0.5, 0.5, 0.5];
const log = { reward: Float64Array.of(1, 0, 1, 0), action: [0, 0, 1, 1], propensity: half, groups };
assert.equal(policyBounds(log, { target: half }, [1])[0].lower.value, 0.5);
assert.equal(winRateBounds({ preference: [1, 0, 1, 0], stratum: groups }, [3], "labels")[0].upper.value, 0.75);

writeFileSync("ratings.csv", "prompt,completion,rating\nq,a,2\nq,b,5\n");
const { pairs } = await readPreferences("ratings.csv", { rating: "rating" });
assert.deepEqual(pairs.map(({ chosen, rejected }) => [chosen, rejected]), [["b", "a"]]);
await assert.rejects(openTable("nowhere.csv"), /nowhere.csv: there is no such file/);
console.log("the package works in Node", process.version);
