// What a user of the npm package writes: compiled with strict types and run by Node.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { openTable, readLogColumns } from "preflab/data";
import { estimators } from "preflab/estimators";
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

writeFileSync("log.csv", "arm,reward,p\n0,1,0.5\n1,0,0.5\n0,1,0.25\n");
assert.deepEqual((await openTable("log.csv")).columns, ["arm", "reward", "p"]);
const { reward, propensity } = await readLogColumns("log.csv", { reward: "reward", action: "arm", propensity: "p" });
assert.deepEqual([...reward], [1, 0, 1]);
assert.deepEqual(propensity && [...propensity], [0.5, 0.5, 0.25]);
await assert.rejects(openTable("nowhere.csv"), /nowhere.csv: there is no such file/);
console.log("the package works in Node", process.version);
