/** What training does where the answer is known. */
import assert from "node:assert/strict";
import type { MatrixLoss } from "../../lib/exact/loss_forms.ts";
import { exactConstitutionContrast, exactResponseContrast } from "../../lib/losses/exact_sami.ts";
import { constitutionPolicy } from "../../lib/exact/constitution_policy.ts";
import { Rng } from "../../lib/random.ts";
import { measureConstitutions, principleWorld } from "../../lib/worlds/principles.ts";
import { baseSequences, nextTokens } from "../../lib/worlds/sequences.ts";
import { CONSTITUTIONS, sequenceGradient } from "./sequence_training.ts";
import { methods, train, type Training } from "./training.ts";
import { unshared } from "./generalisation.ts";
import { antithesisOf } from "./world.ts";

const SETTINGS = { queries: 4, principles: 2, responses: 8, junk: 2, link: 0.5, junkLink: 1 };
const world = principleWorld(SETTINGS, Rng.seed(1));
const training: Training = {
  pool: world.pool,
  start: world.start,
  steps: [5, 6],
  batch: 64,
  rate: 0.1,
  klWeight: 0.1,
  beta: 1,
  queries: [0, 1, 2, 3],
  constitutions: [0, 1, 2, 3],
  scores: world.alignment,
  run: { arm: "sami", seed: 3 },
};

Deno.test("on its own samples a policy has nothing to gain from the constitution side, in expectation", () => {
  // By enumeration over the responses of two constitutions; the log-loss is proper.
  const policy = constitutionPolicy(world.pool, world.start), A = world.pool.responses, out = new Float64Array(5);
  const expected = (loss: MatrixLoss) => {
    const slopes = [new Float64Array(A), new Float64Array(A)];
    const [p, q] = [policy.row(0, 0), policy.row(0, 1)];
    for (let y = 0; y < A; y++) {
      for (let z = 0; z < A; z++) {
        loss(Float64Array.of(p[y], p[z], q[y], q[z]), out);
        const chance = Math.exp(p[y] + q[z]);
        slopes[0][y] += chance * out[1];
        slopes[0][z] += chance * out[2];
        slopes[1][y] += chance * out[3];
        slopes[1][z] += chance * out[4];
      }
    }
    return Math.max(...slopes.flatMap((of) => Array.from(of, Math.abs)));
  };
  assert.ok(expected(exactConstitutionContrast({})) < 1e-15);
  assert.ok(expected(exactResponseContrast({})) > 1e-3);
});

Deno.test("the same stream gives the same weights; the base policy is left alone", () => {
  const before = world.start.slice();
  for (const method of Object.values(methods)) {
    const [first, second] = [0, 1].map(() => train(method, training, Rng.seed(2)));
    assert.deepEqual(first, second);
    assert.equal(first.length, 3);
    assert.notDeepEqual(first[1], first[0]);
  }
  assert.deepEqual(world.start, before);
});

Deno.test("starting again and going on part ways at the second iteration; iterations do not depend on later ones", () => {
  const again = train(methods.sami, training, Rng.seed(3)), on = train(methods["sami-continue"], training, Rng.seed(3));
  assert.deepEqual(again[1], on[1]);
  assert.notDeepEqual(again[2], on[2]);
  assert.deepEqual(train(methods.sami, { ...training, steps: [5] }, Rng.seed(3)), again.slice(0, 2));
});

Deno.test("a heavy KL term keeps the policy where it is", () => {
  const base = constitutionPolicy(world.pool, world.start).all();
  const klAfter = (klWeight: number) => {
    const theta = train(methods["sami-kl"], { ...training, steps: [400], klWeight }, Rng.seed(4)).at(-1)!;
    return measureConstitutions(world, constitutionPolicy(world.pool, theta).all(), base).kl;
  };
  assert.ok(klAfter(3) < 0.2 * klAfter(0), `${klAfter(3)} and ${klAfter(0)}`);
});

Deno.test("DPO with labels follows the true score, whatever the base policy knows", () => {
  const unlinked = principleWorld({ ...SETTINGS, link: 0 }, Rng.seed(5));
  const at = { ...training, pool: unlinked.pool, start: unlinked.start, scores: unlinked.alignment, steps: [60] };
  const base = constitutionPolicy(unlinked.pool, unlinked.start).all();
  const theta = train(methods.dpo, at, Rng.seed(6)).at(-1)!;
  const { alignment } = measureConstitutions(unlinked, constitutionPolicy(unlinked.pool, theta).all(), base);
  assert.ok(alignment > measureConstitutions(unlinked, base, base).alignment + 0.3);
});

Deno.test("the gradient over sequences is that of finite differences of the loss, for every score", () => {
  const settings = { vocabulary: 2, longest: 3, constitutions: CONSTITUTIONS }, size = 3;
  const logits = baseSequences({ ...settings, link: 0.5, endLogit: 0.2 }, Rng.seed(7));
  const examples = [
    { pair: [0, 3], responses: [[0, 1], [1]] },
    { pair: [2, 1], responses: [[1, 1, 0], [0, 0]] },
  ] as const;
  for (const score of [true, false].flatMap((averaged) => [true, false].map((end) => ({ averaged, end })))) {
    const loss = (at: Float64Array) => {
      const next = nextTokens(at, 2);
      const logp = (tokens: readonly number[], c: number) => {
        let sum = 0, before = 2;
        for (const token of tokens) {
          sum += next[(c * size + before) * size + token];
          before = token;
        }
        if (score.end && tokens.length < 3) sum += next[(c * size + before) * size + 2];
        return score.averaged ? sum / tokens.length : sum;
      };
      return examples.reduce((total, { pair, responses }) => {
        const [a, b, c, d] = pair.flatMap((k) => responses.map((tokens) => logp(tokens, k)));
        const side = (own: number, other: number) => Math.log1p(Math.exp(other - own));
        return total + (side(a, b) + side(d, c) + side(a, c) + side(d, b)) / 4 / examples.length;
      }, 0);
    };
    const gradient = sequenceGradient(settings, score, logits, examples), h = 1e-5;
    logits.forEach((_, i) => {
      const [up, down] = [h, -h].map((step) => loss(logits.map((v, j) => j === i ? v + step : v)));
      // As for any smooth function of size 1: h² and rounding / h.
      assert.ok(Math.abs((up - down) / (2 * h) - gradient[i]) < 1e-9, `${JSON.stringify(score)} at ${i}`);
    });
  }
});

Deno.test("greedy responses are the likeliest ones, and what is drawn changes nothing but the examples", () => {
  // One query and two constitutions: every example is the same, so that the stream does not matter.
  const one = { ...training, queries: [0], constitutions: [0, 1], steps: [4] };
  const [first, second] = [1, 2].map((seed) => train(methods.sami, one, Rng.seed(seed)).at(-1)!);
  first.forEach((v, i) => assert.ok(Math.abs(v - second[i]) < 1e-12));
  const [drawn, again] = [1, 2].map((seed) => train(methods["sami-drawn"], one, Rng.seed(seed)).at(-1)!);
  assert.ok(drawn.some((v, i) => Math.abs(v - again[i]) > 1e-3));
});

Deno.test("the antithesis of a constitution turns every principle round", () => {
  const { embeddings, constitutions } = world.pool, width = embeddings.length / constitutions;
  for (let c = 0; c < constitutions; c++) {
    const other = antithesisOf(world)(c);
    for (let p = 1; p < width; p++) assert.equal(embeddings[other * width + p], -embeddings[c * width + p]);
  }
});

Deno.test("with nothing shared, training leaves the laws of other constitutions alone", () => {
  const { pool, start } = unshared(world.pool, world.start);
  const base = constitutionPolicy(world.pool, world.start).all();
  constitutionPolicy(pool, start).all().forEach((v, i) => assert.ok(Math.abs(v - base[i]) < 1e-12));
  const theta = train(methods.sami, { ...training, pool, start, constitutions: [0, 1] }, Rng.seed(8)).at(-1)!;
  const after = constitutionPolicy(pool, theta);
  for (let x = 0; x < 4; x++) {
    for (const c of [0, 1, 2, 3]) {
      const then = base.subarray((x * 4 + c) * 8, (x * 4 + c + 1) * 8);
      const moved = Math.max(...after.row(x, c).map((v, y) => Math.abs(v - then[y])));
      assert.ok(c < 2 ? moved > 1e-3 : moved < 1e-12, `${x} ${c}: ${moved}`);
    }
  }
});

Deno.test("weights that run away stop training at that step, with arm and seed", () => {
  const far = { ...training, rate: 1e308, steps: [4] };
  assert.throws(() => train({ ...methods["sami-kl"] }, far, Rng.seed(1)), {
    name: "UserError",
    message: /^training stopped: weight \d+ is -?[\d.]+e\+\d+ \(arm sami, seed 3, step 0\)$/,
  });
});
