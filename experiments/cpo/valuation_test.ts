/** Identities of the estimators, by enumeration: what can only fail through a bug is a test and no claim. */
import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import { syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { limitOnRecord, prepareRecords } from "./log_confounding.ts";
import { recordLaws, recordOf } from "./records.ts";
import { limitOf, targetPolicy } from "./valuation.ts";

const near = (a: number, b: number, label: string) => assert.ok(Math.abs(a - b) < 1e-12, `${label}: ${a} for ${b}`);

Deno.test("DR is off by the product of the two errors: by nothing where either is right", () => {
  const world = syntheticWorld({ texts: 50, confounding: 1, overlap: 1 }, Rng.seed(1)), target = targetPolicy(world);
  const truth = world.value(target), wrongModel = world.outcome.map((g, x) => g + 0.5 * world.expectedType[x]);
  const limit = (propensity: Float64Array, model: Float64Array) =>
    limitOf("dr", world, target, propensity, model, Infinity) - truth;
  near(limit(world.logAssignment, wrongModel), 0, "right propensities");
  near(limit(world.logStart, world.outcome), 0, "right model");
  const product = target.reduce((sum, l, x) => {
    const assigned = Math.exp(world.logAssignment[x]);
    const weights = Math.exp(l - world.logStart[x]) - Math.exp(l) / assigned;
    return sum + assigned * weights * (world.outcome[x] - wrongModel[x]);
  }, 0);
  assert.ok(Math.abs(product) > 0.01);
  near(limit(world.logStart, wrongModel), product, "both wrong");
});

Deno.test("on a confounded log weighted estimators are right where the type is recorded, and nowhere else", () => {
  const world = syntheticWorld({ texts: 50, confounding: 1, overlap: 0.5 }, Rng.seed(2));
  const { target, known } = prepareRecords(world), truth = world.value(target);
  for (const arm of ["ipw", "snipw", "dr", "sndr"]) {
    near(limitOnRecord(arm, known.recorded, target), truth, `${arm}, recorded`);
    // Without a record, the type of the texts that the target prefers stays in.
    const hidden = target.reduce((sum, l, x) => sum + Math.exp(l) * world.shift * world.expectedType[x], 0);
    near(limitOnRecord(arm, known.unrecorded, target), truth + hidden, `${arm}, unrecorded`);
    assert.ok(Math.abs(limitOnRecord(arm, known["partly recorded"], target) - truth) > 1e-3, `${arm}, partly`);
  }
});

Deno.test("a type that moves outcomes alone biases no weighted estimate, whatever is on record", () => {
  const world = syntheticWorld({ texts: 50, confounding: 1, overlap: 0.5, moves: "outcome" }, Rng.seed(3));
  const { target, known } = prepareRecords(world);
  for (const name of ["unrecorded", "partly recorded", "recorded"] as const) {
    near(limitOnRecord("dr", known[name], target), world.value(target), name);
  }
});

Deno.test("the laws of a record are what counting a confounded log gives", () => {
  const world = syntheticWorld({ texts: 8, confounding: 1, overlap: 0.5 }, Rng.seed(4)), n = 60_000, accuracy = 0.8;
  const log = world.observational(n, Rng.seed(5)), record = recordOf(log, accuracy, Rng.seed(6));
  recordLaws(world, accuracy).forEach(({ logLaw, meanOutcome }, r) => {
    const rows = [...record.keys()].filter((i) => record[i] === (r === 1 ? 1 : -1));
    assert.ok(Math.abs(rows.length / n - 0.5) < 4 * 0.5 / Math.sqrt(n));
    for (let x = 0; x < 8; x++) {
      const of = rows.filter((i) => log.text[i] === x), p = Math.exp(logLaw[x]);
      assert.ok(Math.abs(of.length / rows.length - p) < 4 * Math.sqrt(p * (1 - p) / rows.length), `law of ${x}`);
      const mean = of.reduce((sum, i) => sum + log.outcome[i], 0) / of.length;
      assert.ok(Math.abs(mean - meanOutcome[x]) < 4 * world.spread / Math.sqrt(of.length), `outcome of ${x}`);
    }
  });
});
