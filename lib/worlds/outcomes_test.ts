/** Statistical tests are seeded; their bounds are 4 standard errors, written out where they are used. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Rng } from "../random.ts";
import {
  EXPOSURE_COEFFICIENTS,
  FULL_SHIFT,
  FULL_SPREAD,
  outcomeWorld,
  type OutcomeWorldInput,
  standardise,
  syntheticWorld,
} from "./outcomes.ts";

const mean = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0) / x.length;
const variance = (x: ArrayLike<number>) => {
  const centre = mean(x);
  return mean(Array.from(x, (v) => (v - centre) ** 2));
};
const near = (a: number, b: number, tolerance: number, label: string) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${label}: ${a} for ${b}, off by more than ${tolerance}`);
const exp = (logs: Float64Array) => logs.map(Math.exp);
const total = (x: Float64Array) => x.reduce((a, b) => a + b, 0);
const dot = (a: Float64Array, b: Float64Array) => total(a.map((v, i) => v * b[i]));

/** A world of five texts that differ in every respect. */
function small(change: Partial<OutcomeWorldInput> = {}): OutcomeWorldInput {
  return {
    features: new Float64Array(5),
    modelFeatures: new Float64Array(10),
    outcome: Float64Array.of(0.2, 0.9, 0.4, 0.6, 0.1),
    exposure: standardise(Float64Array.of(1, -2, 0, 3, 0.5)),
    logAssignment: Float64Array.of(0, 0.7, -0.5, 0.3, 1),
    logStart: Float64Array.of(3, 2, 1, 2, 3),
    choice: 0.8,
    shift: 0.5,
    spread: Math.hypot(0.5, 0.2),
    ...change,
  };
}

/** Any law over five texts, as logs; sharp ones included. */
const laws = fc.array(fc.double({ min: -30, max: 0, noNaN: true }), { minLength: 5, maxLength: 5 }).map((logs) => {
  const sum = logs.reduce((s, l) => s + Math.exp(l), 0);
  return Float64Array.from(logs, (l) => l - Math.log(sum));
});

Deno.test("laws are normalised, and the observational one is what Bayes' rule says", () => {
  const input = small(), world = outcomeWorld(input);
  for (const logs of [world.logAssignment, world.logStart, world.logObserved]) near(total(exp(logs)), 1, 1e-12, "law");
  const prior = exp(input.logAssignment).map((p, _, all) => p / total(all));
  const given = [-1, 1].map((type) => {
    const tilted = prior.map((p, x) => p * Math.exp(input.choice * type * input.exposure[x]));
    return tilted.map((p) => p / total(tilted));
  });
  for (let x = 0; x < 5; x++) {
    near(world.logAssignment[x], Math.log(prior[x]), 1e-12, "assignment");
    near(Math.exp(world.logObserved[x]), (given[0][x] + given[1][x]) / 2, 1e-12, "observed");
    near(world.expectedType[x], (given[1][x] - given[0][x]) / (given[1][x] + given[0][x]), 1e-12, "type");
  }
});

Deno.test("texts that hardly anyone reads still have readers of a type", () => {
  // Probabilities near e^{−800} are 0 in float64: their logs and ratios are not.
  const world = outcomeWorld(small({ logAssignment: Float64Array.of(0, 0, -800, 0, 0), choice: 3 }));
  assert.ok(world.logObserved.every(Number.isFinite) && world.logObserved[2] < -700);
  assert.ok(world.expectedType.every((c) => c >= -1 && c <= 1));
});

Deno.test("without choice, observing is randomising; without shift or choice nothing is confounded", () => {
  const world = outcomeWorld(small({ choice: 0 }));
  world.logObserved.forEach((l, x) => near(l, world.logAssignment[x], 1e-12, "law"));
  assert.deepEqual(world.expectedType, new Float64Array(5));
  const synthetic = syntheticWorld({ texts: 40, confounding: 0, overlap: 1 }, Rng.seed(2));
  assert.deepEqual([synthetic.choice, synthetic.shift], [0, 0]);
  synthetic.logObserved.forEach((l, x) => near(l, synthetic.logAssignment[x], 1e-12, "law"));
});

Deno.test("value and KL by hand, for laws with impossible texts too", () => {
  const world = outcomeWorld(small());
  const logF = Float64Array.of(Math.log(0.25), -Infinity, Math.log(0.75), -Infinity, -Infinity);
  near(world.value(logF), 0.25 * 0.2 + 0.75 * 0.4, 1e-15, "value");
  const start = exp(world.logStart);
  near(world.kl(logF), 0.25 * Math.log(0.25 / start[0]) + 0.75 * Math.log(0.75 / start[2]), 1e-14, "KL");
});

Deno.test("KL is 0 at f0 and positive elsewhere", () => {
  const world = outcomeWorld(small());
  assert.equal(world.kl(world.logStart), 0);
  fc.assert(
    fc.property(laws, (logF) => {
      // KL >= ‖f − f0‖₁²/2 (Pinsker), up to rounding of sums of five terms.
      const apart = exp(logF).reduce((sum, f, x) => sum + Math.abs(f - Math.exp(world.logStart[x])), 0);
      assert.ok(world.kl(logF) >= apart ** 2 / 2 - 1e-14);
    }),
    { seed: 1 },
  );
});

Deno.test("the optimum beats every other law, and its value has the closed form", () => {
  const world = outcomeWorld(small());
  for (const lambda of [1e-3, 0.05, 0.3, 2, 1e4]) {
    const best = world.optimum(lambda);
    near(total(exp(best)), 1, 1e-12, "law");
    const objective = (logF: Float64Array) => world.value(logF) - lambda * world.kl(logF);
    // λ log Σ f0 exp(g/λ), with the largest g taken out.
    const top = 0.9, start = exp(world.logStart);
    const closed = top + lambda * Math.log(dot(start, world.outcome.map((g) => Math.exp((g - top) / lambda))));
    near(objective(best), closed, 1e-12 * Math.max(1, lambda), `λ = ${lambda}`);
    fc.assert(
      // For any law the shortfall is exactly λ KL(f ‖ f*).
      fc.property(laws, (logF) => {
        const away = exp(logF).reduce((sum, f, x) => sum + f * (logF[x] - best[x]), 0);
        near(closed - objective(logF), lambda * away, 1e-11 * Math.max(1, lambda), `λ = ${lambda}`);
        assert.ok(objective(logF) <= closed + 1e-11 * Math.max(1, lambda));
      }),
      { seed: 2, numRuns: 50 },
    );
    const rng = Rng.seed(3);
    for (let i = 0; i < 50; i++) { // small steps away: nothing nearby is better
      const moved = best.map((l) => l + 0.01 * rng.normal()), sum = Math.log(total(exp(moved)));
      assert.ok(objective(moved.map((l) => l - sum)) <= closed + 1e-12 * Math.max(1, lambda));
    }
  }
});

const DRAWS = 60_000;

Deno.test("randomised data: the naive mean is E[g] under P^R, texts follow P^R, types wash out of every text", () => {
  const world = outcomeWorld(small()), { text, outcome } = world.randomised(DRAWS, Rng.seed(4));
  const law = exp(world.logAssignment), expected = dot(law, world.outcome);
  // Var Y = Var g(X) + the spread of an outcome given its text.
  const spread = dot(law, world.outcome.map((g) => (g - expected) ** 2)) + world.spread ** 2;
  near(mean(outcome), expected, 4 * Math.sqrt(spread / DRAWS), "mean");
  near(variance(outcome), spread, 4 * spread * Math.sqrt(2 / DRAWS), "variance"); // lighter tails than a normal's
  for (let x = 0; x < 5; x++) {
    const of = outcome.filter((_, i) => text[i] === x);
    near(of.length / DRAWS, law[x], 4 * Math.sqrt(law[x] * (1 - law[x]) / DRAWS), `share of ${x}`);
    const se = world.spread / Math.sqrt(of.length);
    near(mean(of), world.outcome[x], 4 * se, `mean of ${x}`);
  }
});

Deno.test("observational data: conditional means are g + shift·E[type], texts follow the mixed law", () => {
  const world = outcomeWorld(small()), { text, outcome } = world.observational(DRAWS, Rng.seed(5));
  const law = exp(world.logObserved);
  let biased = 0;
  for (let x = 0; x < 5; x++) {
    const of = outcome.filter((_, i) => text[i] === x), c = world.expectedType[x];
    near(of.length / DRAWS, law[x], 4 * Math.sqrt(law[x] * (1 - law[x]) / DRAWS), `share of ${x}`);
    const spread = world.spread ** 2, se = Math.sqrt(spread / of.length);
    near(mean(of), world.outcome[x] + world.shift * c, 4 * se, `mean of ${x}`);
    near(variance(of), spread, 4 * spread * Math.sqrt(2 / of.length), `variance of ${x}`);
    if (Math.abs(mean(of) - world.outcome[x]) > 8 * se) biased++;
  }
  assert.ok(biased >= 3, "the world is confounded enough for this test to mean something");
});

Deno.test("without noise and types, an outcome is g of its text", () => {
  const world = outcomeWorld(small({ spread: 0, shift: 0 }));
  for (const log of [world.randomised(50, Rng.seed(1)), world.observational(50, Rng.seed(1))]) {
    assert.deepEqual(log.outcome, Float64Array.from(log.text, (x) => world.outcome[x]));
  }
});

/** Pearson correlation: under independence its standard error is 1/√n. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ma, mb] = [mean(a), mean(b)];
  return mean(Array.from(a, (v, i) => (v - ma) * (b[i] - mb))) / Math.sqrt(variance(a) * variance(b));
}

Deno.test("two logs from two streams share nothing: neither texts, nor types, nor noise", () => {
  const n = 4000,
    parts = {
      // Every text alike, so that an outcome is its reader's type, or its noise, alone.
      texts: small({ shift: 0, spread: 0 }),
      types: small({ outcome: new Float64Array(5), spread: 0.5 }),
      noise: small({ outcome: new Float64Array(5), shift: 0 }),
    };
  const rng = Rng.seed(6);
  for (const [name, input] of Object.entries(parts)) {
    const world = outcomeWorld(input);
    for (const kind of ["randomised", "observational"] as const) {
      const logs = [0, 1].map((i) => world[kind](n, rng.fork(`log ${i}`)));
      assert.notDeepEqual(logs[0].text, logs[1].text);
      const r = correlation(logs[0].outcome, logs[1].outcome);
      near(r, 0, 4 / Math.sqrt(n), `${name}, ${kind}`);
    }
    const [a, b] = [world.randomised(n, rng.fork("a")), world.observational(n, rng.fork("b"))];
    near(correlation(a.outcome, b.outcome), 0, 4 / Math.sqrt(n), `${name}, one of each`);
  }
  // Within one log, too: noise does not follow texts or types.
  const world = outcomeWorld(small({ shift: 0 }));
  const log = world.observational(n, Rng.seed(7));
  const noise = log.outcome.map((y, i) => y - world.outcome[log.text[i]]);
  near(correlation(noise, log.text), 0, 4 / Math.sqrt(n), "noise and texts");
  near(correlation(noise.subarray(1), noise.subarray(0, -1)), 0, 4 / Math.sqrt(n - 1), "noise in a row");
});

Deno.test("a randomised reader's type, text and noise are independent, from the first draw on", () => {
  // Streams that shared their uniforms would be alike at the start and drift apart: so one reader from each of many logs.
  const n = 3000, rng = Rng.seed(14), shift = 100; // far above the noise: the outcome's sign is the type
  const world = outcomeWorld(small({ shift, outcome: new Float64Array(5), spread: Math.hypot(shift, 1) }));
  const readers = Array.from({ length: n }, (_, i) => world.randomised(1, rng.fork(i)));
  const types = readers.map((log) => Math.sign(log.outcome[0]));
  const noise = readers.map((log, i) => log.outcome[0] - shift * types[i]);
  const texts = readers.map((log) => log.text[0]);
  near(mean(types), 0, 4 / Math.sqrt(n), "types are even");
  near(variance(noise), 1, 4 * Math.sqrt(2 / n), "noise");
  for (
    const [name, a, b] of [["type, noise", types, noise], ["type, text", types, texts], ["text, noise", texts, noise]]
  ) {
    near(correlation(a as number[], b as number[]), 0, 4 / Math.sqrt(n), name as string);
  }
});

Deno.test("the same stream gives the same log and the same world, whatever ran before", () => {
  const make = () => {
    const rng = Rng.seed(8), world = syntheticWorld({ texts: 30, confounding: 0.7, overlap: 1 }, rng.fork("world"));
    const { features, outcome, exposure, logAssignment, logStart } = world;
    return { features, outcome, exposure, logAssignment, logStart, log: world.observational(20, rng.fork("log")) };
  };
  const first = make();
  syntheticWorld({ texts: 9, confounding: 1, overlap: 0 }, Rng.seed(1)).randomised(5, Rng.seed(2));
  assert.deepEqual(make(), first);
  const world = outcomeWorld(small()), rng = Rng.seed(9), log = world.randomised(10, rng);
  rng.normal();
  assert.deepEqual(world.randomised(10, rng), log);
});

Deno.test("knobs leave the rest of a synthetic world alone", () => {
  const of = (confounding: number, overlap: number) =>
    syntheticWorld({ texts: 30, confounding, overlap }, Rng.seed(10).fork("world"));
  const [plain, confounded, far] = [of(0, 1), of(1, 1), of(0, 2)];
  for (const name of ["features", "outcome", "exposure", "logAssignment"] as const) {
    assert.deepEqual(confounded[name], plain[name], name);
  }
  assert.deepEqual([confounded.choice, confounded.shift], [1, FULL_SHIFT]);
  assert.deepEqual(far.outcome, plain.outcome);
  const clean = syntheticWorld(
    { texts: 30, confounding: 1, overlap: 1, moves: "reading" },
    Rng.seed(10).fork("world"),
  );
  assert.deepEqual([clean.choice, clean.shift], [1, 0]);
  assert.deepEqual(clean.expectedType, confounded.expectedType);
  // log P^R is overlap times a standardised score: its spread is the knob.
  near(Math.sqrt(variance(plain.logAssignment)), 1, 1e-12, "overlap 1");
  near(Math.sqrt(variance(far.logAssignment)), 2, 1e-12, "overlap 2");
  assert.ok(of(0, 0).logAssignment.every((l) => Math.abs(l + Math.log(30)) < 1e-12));
});

Deno.test("the confounding knob moves no variance: given the text in every log, and overall in a randomised one", () => {
  const kinds = ["randomised", "observational"] as const;
  for (const moves of ["both", "reading", "outcome"] as const) {
    for (const confounding of [0, 0.25, 0.5, 1]) {
      const world = syntheticWorld({ texts: 40, confounding, overlap: 1, moves }, Rng.seed(15));
      const law = exp(world.logAssignment), centre = dot(law, world.outcome);
      for (const kind of kinds) {
        // Var(Y | x) = Σ_c P(c | x)(g + s·c)² − E[Y | x]² + what is left for the noise, which is checked against draws below.
        for (const v of world.outcomeVariance(kind)) {
          near(v, FULL_SPREAD ** 2, 1e-15, `${moves} ${confounding} ${kind}`);
        }
      }
      const overall = dot(law, world.outcome.map((g) => (g - centre) ** 2)) +
        dot(law, world.outcomeVariance("randomised"));
      const at0 = syntheticWorld({ texts: 40, confounding: 0, overlap: 1, moves }, Rng.seed(15));
      const between = dot(law, at0.outcome.map((g) => (g - centre) ** 2));
      near(overall, between + 0.5 ** 2 + 0.2 ** 2, 1e-14, `${moves} ${confounding} overall`);
    }
  }
});

Deno.test("drawn outcomes have the enumerated variance in every log, whatever the type moves and however far", () => {
  for (const moves of ["both", "reading", "outcome"] as const) {
    for (const confounding of [0, 1]) {
      const world = syntheticWorld({ texts: 20, confounding, overlap: 1, moves }, Rng.seed(16));
      for (const kind of ["randomised", "observational"] as const) {
        const { text, outcome } = world[kind](DRAWS / 4, Rng.seed(17));
        const seen = kind === "observational" ? world.expectedType : new Float64Array(20);
        const rest = outcome.map((y, i) => y - world.outcome[text[i]] - world.shift * seen[text[i]]);
        near(mean(rest), 0, 4 * FULL_SPREAD / Math.sqrt(rest.length), "centred");
        // No tail is heavier than a normal's: Var(e²) <= 2σ⁴.
        const bound = 4 * FULL_SPREAD ** 2 * Math.sqrt(2 / rest.length);
        near(variance(rest), FULL_SPREAD ** 2, bound, `${moves} ${confounding} ${kind}`);
      }
    }
  }
});

Deno.test("a type that moves outcomes alone confounds nothing: what is read does not tell it", () => {
  const noise = syntheticWorld({ texts: 30, confounding: 1, overlap: 1, moves: "outcome" }, Rng.seed(10));
  assert.ok(noise.expectedType.every((c) => c === 0));
  assert.equal(noise.shift, FULL_SHIFT);
  // Its randomised log is that of the confounded world, to the bit: what is subtracted is noise alone.
  const both = syntheticWorld({ texts: 30, confounding: 1, overlap: 1 }, Rng.seed(10));
  assert.deepEqual(noise.randomised(200, Rng.seed(1)), both.randomised(200, Rng.seed(1)));
});

Deno.test("the texts a type chooses: half of each make what is observed, and the log's types follow them", () => {
  const world = outcomeWorld(small()), [minus, plus] = world.logChosen.map(exp);
  for (let x = 0; x < 5; x++) {
    near((minus[x] + plus[x]) / 2, Math.exp(world.logObserved[x]), 1e-15, `law of ${x}`);
    near((plus[x] - minus[x]) / (plus[x] + minus[x]), world.expectedType[x], 1e-14, `type of ${x}`);
  }
  const { text, type } = world.observational(DRAWS, Rng.seed(18));
  for (let x = 0; x < 5; x++) {
    const of = type.filter((_, i) => text[i] === x), c = world.expectedType[x];
    near(mean(of), c, 4 * Math.sqrt((1 - c * c) / of.length), `types of ${x}`);
  }
});

Deno.test("a synthetic world is what it says: attributes, exposure, spread of the outcome", () => {
  const texts = 400, world = syntheticWorld({ texts, confounding: 1, overlap: 1 }, Rng.seed(11));
  const count = EXPOSURE_COEFFICIENTS.length;
  assert.equal(world.features.length, texts * count);
  assert.ok(world.features.every((a) => a === 1 || a === -1));
  near(mean(world.features), 0, 4 / Math.sqrt(texts * count), "attributes are centred");
  const exposure = standardise(
    Float64Array.from(
      { length: texts },
      (_, x) => EXPOSURE_COEFFICIENTS.reduce((sum, c, k) => sum + c * world.features[x * count + k], 0),
    ),
  );
  exposure.forEach((e, x) => near(world.exposure[x], e, 1e-12, "exposure"));
  // 0.5 plus parts of spread 0.18 and 0.1, nearly uncorrelated: 0.206 and a covariance of 2·0.18·0.1·4/√400 at most.
  near(mean(world.outcome), 0.5, 1e-12, "centre");
  near(variance(world.outcome), 0.18 ** 2 + 0.1 ** 2, 2 * 0.18 * 0.1 * 4 / Math.sqrt(texts), "spread");
  assert.ok(world.logStart.every((l) => Math.abs(l + Math.log(texts)) < 1e-12), "f0 is uniform");
});

Deno.test("confounded predictions: moved by ±shift, with the mean and variance of the observational type", () => {
  const world = outcomeWorld(small()), prediction = Float64Array.of(1, 2, 3, 4, 5), shift = 0.4;
  const rng = Rng.seed(12), n = 4000;
  const found = Array.from({ length: n }, (_, i) => world.confoundPredictions(prediction, shift, rng.fork(i)));
  for (let x = 0; x < 5; x++) {
    const moves = found.map((p) => p[x] - prediction[x]), c = world.expectedType[x];
    assert.ok(moves.every((m) => Math.abs(Math.abs(m) - shift) < 1e-12));
    const spread = shift ** 2 * (1 - c * c);
    near(mean(moves), shift * c, 4 * Math.sqrt(spread / n), `mean of ${x}`);
    // Var((m − μ)²) of a two-point law: s⁴·4c²(1 − c²), plus the square of the mean's error.
    const bound = 4 * shift ** 2 * Math.sqrt(4 * c * c * (1 - c * c) / n) + 16 * spread / n;
    near(variance(moves), spread, bound, `variance of ${x}`);
  }
  near(correlation(found.map((p) => p[0]), found.map((p) => p[3])), 0, 4 / Math.sqrt(n), "texts are independent");
  assert.deepEqual(world.confoundPredictions(prediction, 0, rng), prediction);
});

Deno.test("standardise: mean 0 and spread 1; a constant becomes zeros", () => {
  const z = standardise(Rng.seed(13).normals(50).map((v) => 7 + 3 * v));
  near(mean(z), 0, 1e-14, "mean");
  near(variance(z), 1, 1e-14, "variance");
  assert.deepEqual(standardise(Float64Array.of(4, 4, 4)), new Float64Array(3));
});

Deno.test("mistakes are named", () => {
  const fails = (call: () => unknown, name: string, message: string) => assert.throws(call, { name, message });
  const make = (change: Partial<OutcomeWorldInput>) => () => outcomeWorld(small(change));
  for (const name of ["exposure", "logAssignment", "logStart"]) {
    fails(make({ [name]: new Float64Array(4) }), "TypeError", `${name}: expected 5 entries like outcome, got 4`);
  }
  for (const name of ["features", "modelFeatures"]) {
    const message = `${name}: expected a multiple of 5 entries like outcome, got 7`;
    fails(make({ [name]: new Float64Array(7) }), "TypeError", message);
  }
  for (const name of ["outcome", "exposure", "logAssignment", "logStart"]) {
    const values = Float64Array.of(0, 0, NaN, 0, 0);
    fails(make({ [name]: values }), "RangeError", `${name}[2] is NaN: expected a finite number`);
  }
  fails(make({ outcome: new Float64Array(0) }), "RangeError", "outcome is empty: a world needs at least one text");
  fails(make({ choice: NaN }), "RangeError", "choice must be a finite number, got NaN");
  fails(make({ shift: Infinity }), "RangeError", "shift must be a finite number, got Infinity");
  for (const spread of [-1, 0.49, NaN, Infinity]) {
    fails(make({ spread }), "RangeError", `spread must be finite and at least |shift| = 0.5, got ${spread}`);
  }

  const world = outcomeWorld(small()), rng = Rng.seed(1);
  for (const n of [0, -1, 1.5, NaN]) {
    fails(() => world.randomised(n, rng), "RangeError", `n must be a positive integer, got ${n}`);
    fails(() => world.observational(n, rng), "RangeError", `n must be a positive integer, got ${n}`);
  }
  const short = "expected one entry for each of 5 texts, got 3";
  fails(() => world.value([0, 0, 0]), "TypeError", `logF: ${short}`);
  fails(() => world.kl([0, 0, 0]), "TypeError", `logF: ${short}`);
  fails(() => world.confoundPredictions(new Float64Array(3), 1, rng), "TypeError", `prediction: ${short}`);
  for (const weight of [0, -1, NaN]) {
    fails(() => world.optimum(weight), "RangeError", `klWeight must be > 0, got ${weight}`);
  }
  const synthetic = { texts: 5, confounding: 1, overlap: 1 };
  const knob = (change: object, message: string) =>
    fails(() => syntheticWorld({ ...synthetic, ...change }, rng), "RangeError", message);
  knob({ texts: 1 }, "texts must be an integer >= 2, got 1");
  knob({ texts: 2.5 }, "texts must be an integer >= 2, got 2.5");
  for (const confounding of [-0.1, 1.1, NaN, Infinity]) {
    knob({ confounding }, `confounding must be between 0 and 1, got ${confounding}`);
  }
  knob({ overlap: -1 }, "overlap must be >= 0, got -1");
});
