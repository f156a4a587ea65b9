import assert from "node:assert/strict";
import { levenshtein, tokenJaccard } from "../losses/revision.ts";
import { Rng } from "../random.ts";
import { renderResponse } from "./revision_texts.ts";
import { FEATURES, nuisanceDistance, pairSources, revisionWorld, sources } from "./revisions.ts";

const settings = { prompts: 60, drafts: 10, versions: 4 };
const world = revisionWorld(settings, Rng.seed(1));
const A = world.responses;
const featuresOf = (x: number, a: number) =>
  world.features.subarray((x * A + a) * FEATURES, (x * A + a + 1) * FEATURES);
const all = { first: 0, count: settings.prompts, noise: 0 };

Deno.test("laws sum to one; the weak source is worse than the policy, the strong one better", () => {
  const values = sources.map((source) => {
    const logProb = world.logProb[source];
    for (let x = 0; x < settings.prompts; x++) {
      const total = logProb.subarray(x * A, (x + 1) * A).reduce((sum, l) => sum + Math.exp(l), 0);
      assert.ok(Math.abs(total - 1) < 1e-12);
    }
    return logProb.reduce((sum, l, i) => sum + Math.exp(l) * world.reward[i], 0) / settings.prompts;
  });
  assert.ok(values[0] + 0.3 < values[1] && values[1] + 0.3 < values[2], values.join());
});

Deno.test("the log-ratio of two sources is linear in quality and style: a log-linear policy can become either", () => {
  const centres = { weak: [-1.5, 1.5, 0], strong: [1.2, 0, 1.5] };
  for (const source of ["weak", "strong"] as const) {
    const rest = Array.from({ length: A }, (_, a) => {
      const linear = centres[source].reduce((sum, c, k) => sum + c * featuresOf(0, a)[k], 0);
      return world.logProb[source][a] - world.logProb.policy[a] - linear;
    });
    assert.ok(rest.every((value) => Math.abs(value - rest[0]) < 1e-9));
  }
});

Deno.test("reward: quality less a penalty on style beyond 1, whatever the nuisance features", () => {
  for (const a of [0, 7, 23]) {
    const f = featuresOf(3, a), style = f[1] ** 2 + f[2] ** 2;
    assert.ok(Math.abs(world.reward[3 * A + a] - (f[0] - 0.15 * Math.max(style - 1, 0))) < 1e-12);
  }
});

Deno.test("a revision is better and, of all that are clearly better, the nearest", () => {
  for (let a = 0; a < A; a++) {
    const revised = world.revise(5, a);
    const better = Array.from({ length: A }, (_, b) => b).filter((b) =>
      featuresOf(5, b)[0] >= featuresOf(5, a)[0] + 0.4 && world.reward[5 * A + b] > world.reward[5 * A + a]
    );
    assert.equal(revised === undefined, better.length === 0);
    if (revised === undefined) continue;
    const distance = (b: number) => nuisanceDistance(featuresOf(5, a), featuresOf(5, b));
    assert.ok(better.includes(revised) && better.every((b) => distance(revised) <= distance(b)));
  }
});

Deno.test("noise exchanges winner and loser of the same pairs, about as often as it says", () => {
  for (const from of pairSources) {
    const clean = world.pairs(from, all, Rng.seed(2)), noisy = world.pairs(from, { ...all, noise: 0.3 }, Rng.seed(2));
    const turned = world.pairs(from, { ...all, noise: 1 }, Rng.seed(2));
    assert.deepEqual([turned.chosen, turned.rejected], [clean.rejected, clean.chosen]);
    let flips = 0;
    clean.chosen.forEach((w, i) => {
      const kept = noisy.chosen[i] === w && noisy.rejected[i] === clean.rejected[i];
      assert.ok(kept || (noisy.chosen[i] === clean.rejected[i] && noisy.rejected[i] === w));
      flips += Number(!kept);
    });
    // Binomial with n = 60, p = 0.3: mean 18, sd 3.5; within four of them.
    assert.ok(Math.abs(flips - 18) < 14.2, `${from}: ${flips}`);
    assert.ok(clean.chosen.every((w, i) => w !== clean.rejected[i]));
  }
});

Deno.test("judged winners are truly better; a pair does not depend on which prompts it is drawn with", () => {
  for (const from of ["clair", "on-policy", "off-policy"] as const) {
    const { chosen, rejected } = world.pairs(from, all, Rng.seed(3));
    chosen.forEach((w, x) => assert.ok(world.reward[x * A + w] >= world.reward[x * A + rejected[x]]));
    const some = world.pairs(from, { first: 10, count: 5, noise: 0 }, Rng.seed(3));
    assert.deepEqual(some.chosen, chosen.slice(10, 15));
  }
});

Deno.test("off-policy responses are nine in ten of the weak source, the rest of the strong one", () => {
  const count = 3000, large = revisionWorld({ prompts: count, drafts: 10, versions: 4 }, Rng.seed(4));
  const quality = (source: "weak" | "strong") =>
    large.logProb[source].reduce((sum, l, i) => sum + Math.exp(l) * large.features[i * FEATURES], 0) / count;
  const { chosen, rejected } = large.pairs("off-policy", { first: 0, count, noise: 0 }, Rng.seed(5));
  const of = (a: number, x: number) => large.features[(x * large.responses + a) * FEATURES];
  const seen = chosen.reduce((sum, w, x) => sum + of(w, x) + of(rejected[x], x), 0) / (2 * count);
  // Quality has standard deviation below 1: five standard errors of 6000 draws, and a little for drawing without
  // replacement. Half or twice the strong share would be 0.08 or more away.
  const expected = 0.9 * quality("weak") + 0.1 * quality("strong");
  assert.ok(Math.abs(seen - expected) < 0.07, `${seen} against ${expected}`);
  assert.ok(0.05 * (quality("strong") - quality("weak")) > 0.07);
});

Deno.test("revised texts keep most words; texts differ exactly where features do", () => {
  const contrast = (from: "clair" | "on-policy") => {
    const { chosen, rejected } = world.pairs(from, all, Rng.seed(6));
    const texts = Array.from(chosen, (w, x) => [world.text(x, w), world.text(x, rejected[x])]);
    const over = (of: (a: string, b: string) => number) => texts.reduce((s, [a, b]) => s + of(a, b), 0) / texts.length;
    return { jaccard: over((a, b) => tokenJaccard(a.split(" "), b.split(" "))), levenshtein: over(levenshtein) };
  };
  const clair = contrast("clair"), judge = contrast("on-policy");
  assert.ok(clair.jaccard > judge.jaccard + 0.1 && clair.levenshtein < judge.levenshtein - 5);
  const text = renderResponse(["topic"], Float64Array.of(0.1, 2));
  assert.equal(renderResponse(["topic"], Float64Array.of(0.1, 2)), text);
  // ⌊0.1 + s/4⌋ is 0 for all s; at 0.3 the last of four words changes, at 1.1 all do.
  const changed = (value: number) =>
    renderResponse(["topic"], Float64Array.of(value, 2)).split(" ").filter((w, i) => w !== text.split(" ")[i]).length;
  assert.deepEqual([changed(0.3), changed(1.1)], [1, 4]);
  assert.equal(new Set(text.split(" ")).size, 9);
});

Deno.test("arguments out of range", () => {
  assert.throws(() => revisionWorld({ ...settings, drafts: 1 }, Rng.seed(1)), {
    name: "RangeError",
    message: "drafts must be a whole number >= 2, got 1",
  });
  assert.throws(() => world.pairs("clair", { ...all, noise: 2 }, Rng.seed(1)), {
    message: "noise must be in [0, 1], got 2",
  });
  assert.throws(() => world.pairs("clair", { ...all, first: 1 }, Rng.seed(1)), {
    message: "first + count must be at most 60 prompts, got 1 + 60",
  });
});
