import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { DIMENSIONS, pairChance, population, type PopulationLog, type PopulationSettings } from "./population.ts";
import { varianceOfReactions } from "./population_test_helpers.ts";

const SETTINGS: PopulationSettings = {
  prompts: 4,
  responses: 4,
  confounding: 1,
  link: 1,
  noise: 0.1,
  overlap: 0.5,
  complexity: 0.3,
};
const world = population(SETTINGS, Rng.seed(1));
const UNITS = 200_000;
const log = world.draw(UNITS, Rng.seed(2));

/** Where x, a stands in tables. */
const cell = (i: number): number => log.prompt[i] * 4 + log.first[i];
/** Mean of a number over units, which must lie within 5 standard errors of the truth. */
function agrees(name: string, value: (i: number) => number, truth: number): void {
  let sum = 0, squares = 0;
  for (let i = 0; i < UNITS; i++) {
    const v = value(i);
    sum += v;
    squares += v * v;
  }
  const mean = sum / UNITS, error = Math.sqrt((squares / UNITS - mean * mean) / UNITS);
  assert.ok(Math.abs(mean - truth) < 5 * error, `${name}: ${mean} against ${truth}, standard error ${error}`);
}

Deno.test("laws sum to 1, and the value of π0 is 0 in every prompt", () => {
  for (const logs of [world.logStart, ...world.logShown]) {
    for (let x = 0; x < 4; x++) {
      const law = Array.from(logs.subarray(4 * x, 4 * x + 4), Math.exp);
      assert.ok(Math.abs(law.reduce((a, b) => a + b) - 1) < 1e-12);
    }
  }
  for (let x = 0; x < 4; x++) {
    let mean = 0;
    for (let i = 4 * x; i < 4 * x + 4; i++) mean += Math.exp(world.logStart[i]) * world.quality[i];
    assert.ok(Math.abs(mean) < 1e-12);
  }
});

Deno.test("inverse recorded propensities recover the value; averaged ones do not", () => {
  // A policy that is uniform: V is the mean quality, for flipped reactions (1 − 2·noise) of it.
  const truth = 0.8 * world.quality.reduce((a, b) => a + b) / 16;
  // A policy that always answers with the first response, then the uniform one.
  const always = 0.8 * [0, 4, 8, 12].reduce((sum, i) => sum + world.quality[i] / 4, 0);
  agrees("one response", (i) => log.first[i] === 0 ? log.outcome[i] / log.propensity[i] : 0, always);
  agrees("recorded", (i) => 0.25 / log.propensity[i] * log.outcome[i], truth);
  const marginal = (i: number) => world.logShown.reduce((sum, logs) => sum + Math.exp(logs[cell(i)]) / 2, 0);
  assert.throws(() => agrees("averaged", (i) => 0.25 / marginal(i) * log.outcome[i], truth), /averaged/);
});

Deno.test("preferences are Bradley-Terry in the reader's own utility, flipped with the chance of noise", () => {
  const wins = (i: number) => {
    const utility = world.utilities[log.taste[i] > 0 ? 1 : 0], start = 4 * log.prompt[i];
    const p = 1 / (1 + Math.exp(utility[start + log.second[i]] - utility[start + log.first[i]]));
    return 0.1 + 0.8 * p;
  };
  // Residuals have mean 0 whatever that the reader and the pair decide they are multiplied by.
  agrees("residual", (i) => log.firstWins[i] - wins(i), 0);
  agrees("by type", (i) => log.type[i] * (log.firstWins[i] - wins(i)), 0);
  agrees("by chance", (i) => wins(i) * (log.firstWins[i] - wins(i)), 0);
});

Deno.test("pairs are shown with the chance that is recorded", () => {
  const chance = (i: number) => {
    const law = world.logShown[log.type[i] > 0 ? 1 : 0].map(Math.exp);
    return pairChance(law, 4 * log.prompt[i], log.first[i], log.second[i]);
  };
  for (let i = 0; i < 100; i++) assert.ok(Math.abs(chance(i) - log.pairPropensity[i]) < 1e-12);
  // Each of the six pairs of a prompt has weight 1/chance in expectation: in all, 6.
  agrees("pairs", (i) => 1 / log.pairPropensity[i], 6);
  // They sum to 1.
  const law = Float64Array.of(0.1, 0.2, 0.3, 0.4);
  let total = 0;
  for (let a = 0; a < 4; a++) for (let b = 0; b < a; b++) total += pairChance(law, 0, a, b);
  assert.ok(Math.abs(total - 1) < 1e-12);
});

Deno.test("revisions are neighbours, and please the reader more without noise", () => {
  const clean = population({ ...SETTINGS, noise: 0, confounding: 3 }, Rng.seed(1)),
    seen = clean.draw(20_000, Rng.seed(3));
  let better = 0, changed = 0;
  for (let i = 0; i < 20_000; i++) {
    if (seen.revised[i] === seen.first[i]) continue;
    changed++;
    const start = 4 * seen.prompt[i], utility = clean.utilities[seen.taste[i] > 0 ? 1 : 0];
    better += Number(utility[start + seen.revised[i]] > utility[start + seen.first[i]]);
    const near = clean.neighbours.subarray((start + seen.first[i]) * 3, (start + seen.first[i]) * 3 + 3);
    assert.ok(near.includes(seen.revised[i]));
  }
  assert.ok(changed > 10_000 && better / changed > 0.6, `${better} of ${changed}`);
});

Deno.test("a smaller draw begins a larger one; knobs move nothing but what they are for", () => {
  const few = world.draw(50, Rng.seed(2));
  assert.deepEqual(few.outcome, log.outcome.subarray(0, 50));
  const other = population({ ...SETTINGS, confounding: 0, noise: 0, overlap: 2 }, Rng.seed(1));
  assert.deepEqual(other.quality, world.quality);
  assert.deepEqual(other.logStart, world.logStart);
  assert.deepEqual(population({ ...SETTINGS, complexity: 1 }, Rng.seed(1)).sensation, world.sensation);
});

Deno.test("the variance of reactions is the same at every value of every knob, by enumeration", () => {
  const of = (change: Partial<PopulationSettings>) =>
    varianceOfReactions(population({ ...SETTINGS, ...change }, Rng.seed(1)));
  const held = of({}),
    values = {
      confounding: [0, 0.25, 0.5, 1, 3],
      link: [0, 0.5, 1],
      noise: [0, 0.25, 0.49],
      overlap: [0, 0.5, 1.5, 10],
      complexity: [0, 0.25, 0.5, 1],
    };
  for (const [knob, some] of Object.entries(values)) {
    for (const value of some) {
      const found = of({ [knob]: value });
      assert.ok(Math.abs(found - held) < 1e-12, `${knob} ${value}: ${found} against ${held}`);
    }
  }
  // The enumeration is of what is drawn: as π0 would have shown it.
  const weight = (i: number) => Math.exp(world.logStart[cell(i)]) / log.propensity[i];
  agrees("drawn", (i) => weight(i) * log.outcome[i] ** 2, held);
});

Deno.test("quality has variance 1 under π0, at any complexity", () => {
  const spread = (complexity: number) => {
    const { quality, logStart } = population({ ...SETTINGS, complexity }, Rng.seed(3));
    return quality.reduce((sum, q, i) => sum + Math.exp(logStart[i]) * q * q / 4, 0);
  };
  for (const complexity of [0, 0.3, 1]) assert.ok(Math.abs(spread(complexity) - 1) < 1e-12);
});

Deno.test("confounding moves what is shown and no reaction; without it, or without a link, nothing is confounded", () => {
  const plain = population({ ...SETTINGS, confounding: 0 }, Rng.seed(1));
  assert.deepEqual(plain.logShown[0], plain.logShown[1]);
  assert.deepEqual(plain.utilities, world.utilities);
  assert.deepEqual(log.taste, log.type);
  const apart = population({ ...SETTINGS, link: 0 }, Rng.seed(1));
  assert.deepEqual(apart.logShown, world.logShown);
  assert.deepEqual(apart.utilities, world.utilities);
  const seen = apart.draw(UNITS, Rng.seed(2));
  assert.deepEqual([seen.type, seen.first, seen.propensity], [log.type, log.first, log.propensity]);
  // Taste goes with the type as far as the link says: not at all, and wholly.
  const along = (of: PopulationLog) => of.taste.reduce((sum, t, i) => sum + t * of.type[i], 0) / UNITS;
  assert.ok(Math.abs(along(seen)) < 5 / Math.sqrt(UNITS));
  const half = population({ ...SETTINGS, link: 0.5 }, Rng.seed(1)).draw(UNITS, Rng.seed(2));
  assert.ok(Math.abs(along(half) - 0.5) < 5 / Math.sqrt(UNITS));
});

Deno.test("texts that are there have their own features and a uniform law, and quality is linear in them", () => {
  const { prompts, responses } = SETTINGS, rng = Rng.seed(3);
  const texts = Float64Array.from({ length: prompts * responses * DIMENSIONS }, (_, i) => {
    const value = rng.normal();
    return i % DIMENSIONS === 0 ? Math.abs(value) : value;
  });
  for (const given of [texts, undefined]) {
    const { features, qualityWeights, quality, sensation, logStart } = population(
      { ...SETTINGS, complexity: 0 },
      Rng.seed(1),
      given,
    );
    if (given) assert.deepEqual([features, new Set(logStart)], [given, new Set([logStart[0]])]);
    const linear = quality.map((_, i) => {
      assert.equal(sensation[i], features[i * DIMENSIONS]);
      return qualityWeights.reduce((sum, w, k) => sum + w * features[i * DIMENSIONS + k], 0);
    });
    for (let x = 0; x < prompts; x++) {
      const own = [0, 1, 2, 3].map((a) => x * responses + a);
      const mean = own.reduce((sum, i) => sum + Math.exp(logStart[i]) * linear[i], 0);
      for (const i of own) assert.ok(Math.abs(linear[i] - mean - quality[i]) < 1e-12, `${i}`);
    }
  }
  assert.throws(() => population(SETTINGS, Rng.seed(1), new Float64Array(9)), {
    message: "texts: expected 16 rows of 8 features, got 9 numbers",
  });
});

Deno.test("mistakes are named", () => {
  const wrong: [Partial<PopulationSettings>, RegExp][] = [
    [{ prompts: 0 }, /^RangeError: prompts must be a whole number >= 1, got 0/],
    [{ responses: 2 }, /^RangeError: responses must be a whole number >= 3, got 2/],
    [{ noise: 0.5 }, /^RangeError: noise must be in \[0, 0.5\), got 0.5/],
    [{ complexity: 2 }, /^RangeError: complexity must be in \[0, 1\], got 2/],
    [{ confounding: -1 }, /^RangeError: confounding must be a number >= 0, got -1/],
    [{ link: 2 }, /^RangeError: link must be in \[0, 1\], got 2/],
    [{ prompts: 1, responses: 3 }, /^RangeError: responses must be 4 or more where there is one prompt, got 3/],
    [{ overlap: NaN }, /^RangeError: overlap must be a number >= 0, got NaN/],
  ];
  for (const [change, message] of wrong) {
    assert.throws(() => population({ ...SETTINGS, ...change }, Rng.seed(1)), (error) => message.test(String(error)));
  }
  assert.throws(() => world.draw(0, Rng.seed(1)), /n must be a whole number >= 1, got 0/);
});
