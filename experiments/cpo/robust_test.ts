/** The robust arm against games that are small enough to be solved otherwise. */
import assert from "node:assert/strict";
import { solve } from "yalps";
import { Rng } from "../../lib/random.ts";
import { outcomeWorld, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import { linear, meanOf, plus, type Rows, worstCase } from "./exact.ts";
import { learners, robustTo } from "./learners.ts";
import { sampleFrom } from "./learning.ts";
import { policyAt, train } from "./training.ts";
import { oddsFactor } from "./records.ts";
import { worldOff } from "./wrong_record.ts";

const LAWS = { logStart: Float64Array.of(0.5, 0.3, 0.2).map(Math.log), texts: 3 };
const ROWS: Rows = {
  text: Uint32Array.of(0, 0, 1, 1, 1, 2, 2),
  logLaw: Float64Array.of(0.4, 0.4, 0.35, 0.35, 0.35, 0.25, 0.25).map(Math.log),
  advantage: Float64Array.of(0.9, -0.2, 0.5, 1.4, -0.7, 0.1, 0.8),
};
const N = ROWS.text.length, ODDS = ROWS.logLaw.map((l) => Math.exp(-l) - 1), F0 = LAWS.logStart.map(Math.exp);

/** What is taken from a law. */
const taken = (f: readonly number[], gamma: number) =>
  worstCase(ROWS, LAWS.logStart, gamma)(Float64Array.from(f), Float64Array.from(f, Math.log), new Float64Array(3), 0);

/** The least of Σ u_i odds_i (V_i − 1) z_i / n over V in [1/Γ, Γ] whose sums stay, among gains and among losses: a linear program. */
function program(f: readonly number[], gamma: number): number {
  const u = Array.from(ROWS.text, (x) => f[x] - F0[x]);
  const solution = solve({
    direction: "minimize",
    objective: "moved",
    constraints: {
      ...Object.fromEntries(u.map((_, i) => [`at${i}`, { max: gamma - 1 / gamma }])),
      ...balances(u, gamma),
    },
    variables: Object.fromEntries(u.map((m, i) => [`v${i}`, {
      moved: m * ODDS[i] * ROWS.advantage[i] / N,
      [`at${i}`]: 1,
      [m > 0 ? "gains" : "losses"]: Math.abs(m) * ODDS[i],
    }])),
  }, { precision: 1e-12 });
  assert.equal(solution.status, "optimal");
  // Variables are V − 1/Γ, so that they start at 0.
  return solution.result + u.reduce((sum, m, i) => sum + m * ODDS[i] * (1 / gamma - 1) * ROWS.advantage[i] / N, 0);
}

function balances(u: readonly number[], gamma: number) {
  const of = (sign: number) =>
    u.reduce((sum, m, i) => Math.sign(m) === sign ? sum + Math.abs(m) * ODDS[i] * (1 - 1 / gamma) : sum, 0);
  return { gains: { equal: of(1) }, losses: { equal: of(-1) } };
}

Deno.test("a law that gains alike on all logged texts loses what the linear program says, any other no less", () => {
  for (const gamma of [1.5, 3]) {
    // Beyond f0 by the same share everywhere: no law, and the one contrast whose thresholds are those at f0.
    const more = [...F0].map((p) => 1.4 * p);
    assert.ok(Math.abs(taken(more, gamma) - program(more, gamma)) < 1e-10);
    const rng = Rng.seed(3);
    for (let k = 0; k < 50; k++) {
      const raw = [rng.uniform(), rng.uniform(), rng.uniform()], total = raw.reduce((a, b) => a + b, 0);
      const f = raw.map((p) => p / total);
      assert.ok(taken(f, gamma) <= program(f, gamma) + 1e-10, `${f}`);
    }
  }
});

Deno.test("the learned policy is the one of the largest worst case, by trying all laws and all ends of all weights", () => {
  const world = outcomeWorld({
    features: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    modelFeatures: Float64Array.of(0, 0, 0),
    ...{ outcome: new Float64Array(3), exposure: new Float64Array(3), logAssignment: new Float64Array(3) },
    ...{ logStart: LAWS.logStart, choice: 0, shift: 0, spread: 1 },
  });
  const penalty = 0.3, plain = meanOf(ROWS, 3);
  for (const gamma of [1.2, 1.6, 3]) {
    const level = 1 / (1 + gamma),
      order = [...ROWS.advantage.keys()].sort((i, j) => ROWS.advantage[i] - ROWS.advantage[j]);
    const mass = (i: number) => F0[ROWS.text[i]] * ODDS[i];
    /** Weighted quantile of outcomes under the log's own rounds at f0. */
    const quantile = (share: number, rounds: readonly number[]) => {
      const total = rounds.reduce((sum, i) => sum + mass(i), 0);
      let sum = 0;
      return ROWS.advantage[rounds.find((i) => (sum += mass(i)) >= share * total - 1e-15)!];
    };
    const thresholds = { gain: quantile(level, order), loss: quantile(1 - level, order) };
    const game = (f: readonly number[]) => {
      let least = Infinity;
      for (let ends = 0; ends < 2 ** N; ends++) {
        let value = f.reduce((sum, p, x) => sum + p * plain[x] - penalty * p * Math.log(p / F0[x]), 0);
        for (let i = 0; i < N; i++) {
          const more = f[ROWS.text[i]] - F0[ROWS.text[i]], v = (ends >> i) & 1 ? gamma : 1 / gamma;
          value += more * ODDS[i] * (v - 1) * (ROWS.advantage[i] - (more > 0 ? thresholds.gain : thresholds.loss)) / N;
        }
        least = Math.min(least, value);
      }
      return least;
    };
    // A grid of 60 steps, and one of a tenth of its step around its best.
    const search = (centre: readonly [number, number], step: number, reach: number) => {
      let best = centre, most = -Infinity;
      for (let a = -reach; a <= reach; a++) {
        for (let b = -reach; b <= reach; b++) {
          const p = centre[0] + a * step, q = centre[1] + b * step;
          if (p <= 0 || q <= 0 || p + q >= 1) continue;
          const value = game([p, q, 1 - p - q]);
          if (value > most) [best, most] = [[p, q], value];
        }
      }
      return { best, most };
    };
    const coarse = search([0.5, 0.3], 0.025, 38), { most } = search(coarse.best, 0.0025, 10);
    const estimate = plus(linear(plain), worstCase(ROWS, LAWS.logStart, gamma));
    const [theta] = train({ kind: "trained", estimate }, world, { penalty, rate: 0.002, steps: [4000] });
    const value = game([...policyAt(world, theta)].map(Math.exp));
    // The game is flat at its top: half a step of the fine grid loses less than this, and Adam's steps at a kink too.
    assert.ok(Math.abs(value - most) < 1e-3, `Γ = ${gamma}: ${value} for ${most}`);
  }
});

Deno.test("Γ = 1 learns DR-CPO's policy to the bit, and more Γ never promises more", () => {
  const world = syntheticWorld({ texts: 30, confounding: 1, overlap: 0.5 }, Rng.seed(1));
  const sample = sampleFrom(world, { n: 200, generated: 300 }, () => new Float64Array(30), Rng.seed(2));
  const settings = { penalty: 0.3, rate: 0.05, steps: [80] };
  const learned = (learning: ReturnType<typeof robustTo>) => train(learning(sample, Rng.seed(3)), world, settings)[0];
  assert.deepEqual(learned(robustTo(1)), learned(learners["dr-cpo-cross-fitted"]));
  assert.notDeepEqual(learned(robustTo(1.1)), learned(robustTo(1)));
  assert.throws(() => robustTo(0.9)(sample, Rng.seed(3)), /gamma must be finite and at least 1/);
  const gammas = [1, 1.2, 1.6, 2.5, 5], rng = Rng.seed(4);
  for (let k = 0; k < 20; k++) {
    const logF = policyAt(world, rng.normals(learned(robustTo(1)).length));
    const promised = gammas.map((gamma) => {
      const learner = robustTo(gamma)(sample, Rng.seed(3));
      assert.ok(learner.kind === "trained");
      return learner.estimate(logF.map(Math.exp), logF, new Float64Array(30), 0);
    });
    promised.slice(1).forEach((value, i) => assert.ok(value <= promised[i] + 1e-12, `${promised}`));
  }
});

Deno.test("a world's odds are off by the factor that is asked for, of nothing but selection", () => {
  for (const factor of [1, 1.5, 4]) {
    const world = worldOff(factor, 50, Rng.seed(5)), same = worldOff(1, 50, Rng.seed(5));
    assert.ok(Math.abs(oddsFactor(world) - factor) < 1e-9, `${oddsFactor(world)}`);
    assert.deepEqual([world.outcome, world.logAssignment, world.shift], [same.outcome, same.logAssignment, same.shift]);
  }
});
