import assert from "node:assert/strict";
import { assignFolds, fitRidge } from "../../lib/estimators/mod.ts";
import { Rng } from "../../lib/random.ts";
import { population } from "../../lib/worlds/population.ts";
import { outcomeModel, PENALTIES, rewardModel } from "./nuisance.ts";

const world = population(
  { prompts: 6, responses: 4, confounding: 0, link: 1, noise: 0, overlap: 0.5, complexity: 0.3 },
  Rng.seed(1),
);

Deno.test("the outcome model's penalty has the least loss of the grid on the first fold, and each unit is predicted without its fold", () => {
  const log = world.draw(60, Rng.seed(2)), model = outcomeModel(world, log, Rng.seed(3));
  const width = world.modelDimensions, fold = assignFolds({ n: 60, folds: 5, rng: Rng.seed(3) });
  const rows = (units: readonly number[]) =>
    units.flatMap((i) => {
      const start = (log.prompt[i] * 4 + log.first[i]) * width;
      return Array.from(world.modelFeatures.subarray(start, start + width));
    });
  const heldOut = (penalty: number) => {
    const predicted = new Float64Array(60), units = Array.from(fold, (_, i) => i);
    for (let k = 0; k < 5; k++) {
      const train = units.filter((i) => fold[i] !== k), test = units.filter((i) => fold[i] === k);
      const fitted = fitRidge(rows(train), train.map((i) => log.outcome[i]), { penalty });
      fitted.predict(rows(test)).forEach((y, j) => predicted[test[j]] = y);
    }
    return predicted;
  };
  const losses = PENALTIES.map((penalty) =>
    heldOut(penalty).reduce((sum, y, i) => fold[i] === 0 ? sum + (y - log.outcome[i]) ** 2 : sum, 0)
  );
  assert.equal(model.penalty, PENALTIES[losses.indexOf(Math.min(...losses))]);
  heldOut(model.penalty).forEach((y, i) => assert.ok(Math.abs(y - model.logged[i]) < 1e-9));
});

Deno.test("labels without any signal get the largest penalty, and labels without noise the smallest", () => {
  const few = world.draw(40, Rng.seed(4)), noise = Rng.seed(5);
  few.outcome.forEach((_, i) => few.outcome[i] = noise.normal());
  assert.equal(outcomeModel(world, few, Rng.seed(6)).penalty, Math.max(...PENALTIES));
  few.outcome.forEach((_, i) => {
    few.outcome[i] = world.modelFeatures[(few.prompt[i] * 4 + few.first[i]) * world.modelDimensions + 1];
  });
  assert.equal(outcomeModel(world, few, Rng.seed(6)).penalty, Math.min(...PENALTIES));
});

Deno.test("rewards of many preferences order responses as their qualities do, on average over tastes", () => {
  const { table } = rewardModel(world, world.draw(5000, Rng.seed(9)), Rng.seed(10));
  let [rq, rr, qq] = [0, 0, 0];
  for (let x = 0; x < 6; x++) {
    const mean = (v: Float64Array) => v.subarray(4 * x, 4 * x + 4).reduce((a, b) => a + b) / 4;
    const [r0, q0] = [mean(table), mean(world.quality)];
    for (let i = 4 * x; i < 4 * x + 4; i++) {
      rq += (table[i] - r0) * (world.quality[i] - q0);
      rr += (table[i] - r0) ** 2;
      qq += (world.quality[i] - q0) ** 2;
    }
  }
  assert.ok(rq / Math.sqrt(rr * qq) > 0.95, `${rq / Math.sqrt(rr * qq)}`);
});
