import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import { population } from "../../lib/worlds/population.ts";
import { logShownTo, pairChanceTo, recordOf } from "./record.ts";

const world = population(
  { prompts: 1, responses: 4, confounding: 1, link: 1, noise: 0, overlap: 0.5, complexity: 0 },
  Rng.seed(1),
);
const UNITS = 100_000;
const log = world.draw(UNITS, Rng.seed(2));
const laws = world.logShown.map((logs) => logs.map(Math.exp));

/** A share of units must lie within 5 standard errors of its chance. */
function agrees(count: number, of: number, chance: number): void {
  assert.ok(
    Math.abs(count / of - chance) < 5 * Math.sqrt(chance * (1 - chance) / of),
    `${count / of} against ${chance}`,
  );
}

Deno.test("a whole record is the type, none is a coin, and a noisy one has its correlation", () => {
  const along = (correlation: number) =>
    recordOf(log, correlation, Rng.seed(3)).sign.reduce((sum, w, i) => sum + w * log.type[i], 0);
  assert.equal(along(1), UNITS);
  for (const correlation of [0, 0.5]) agrees((UNITS + along(correlation)) / 2, UNITS, (1 + correlation) / 2);
});

Deno.test("whoever is recorded wrongly at one correlation is so at every lower one", () => {
  const [better, worse] = [0.7, 0.2].map((correlation) => recordOf(log, correlation, Rng.seed(3)).sign);
  better.forEach((w, i) => assert.ok(w === log.type[i] || worse[i] === w));
});

for (const correlation of [0, 0.5, 1]) {
  Deno.test(`propensities given a record of correlation ${correlation} are the shares of what is shown to it`, () => {
    const record = recordOf(log, correlation, Rng.seed(4)), logs = logShownTo(world, correlation);
    for (const w of [0, 1]) {
      const units = Array.from(log.first, (_, i) => i).filter((i) => Number(record.sign[i] > 0) === w);
      for (let a = 0; a < 4; a++) {
        agrees(units.filter((i) => log.first[i] === a).length, units.length, Math.exp(logs[w][a]));
        for (let b = 0; b < a; b++) {
          const shown = units.filter((i) =>
            Math.max(log.first[i], log.second[i]) === a && Math.min(log.first[i], log.second[i]) === b
          );
          agrees(shown.length, units.length, pairChanceTo(laws, record, units[0], [0, a, b]));
        }
      }
    }
  });
}

Deno.test("the type itself gives the chances that the log was drawn with", () => {
  const record = recordOf(log, 1, Rng.seed(5)), logs = logShownTo(world, 1);
  for (let i = 0; i < 100; i++) {
    assert.equal(Math.exp(logs[Number(log.type[i] > 0)][log.first[i]]), log.propensity[i]);
    assert.equal(pairChanceTo(laws, record, i, [0, log.first[i], log.second[i]]), log.pairPropensity[i]);
  }
});
