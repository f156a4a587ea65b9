import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import { labelInformation, postFolds } from "./text_model.ts";
import { measureSummary, wordRarity } from "./texts.ts";

Deno.test("measures of a summary, by hand", () => {
  const posts = ["a cat sat on a mat", "a dog"], rarity = wordRarity(posts);
  assert.equal(rarity.get("a"), 0); // in every post
  const constitution = new Set(["be", "brief", "cat"]);
  const measured = measureSummary("A cat sat on a brief cat sat on", posts[0], { rarity, constitution });
  // Of cat, sat, on and mat, equally rare, all but mat.
  assert.ok(Math.abs(measured.coverage - 3 / 4) < 1e-15);
  assert.equal(measured.words, 9);
  // Runs: a cat sat*, cat sat on*, sat on a*, on a brief, a brief cat, brief cat sat, cat sat on* (seen before).
  assert.equal(measured.copied, 4 / 7);
  assert.equal(measured.repeated, 1 / 7);
  assert.equal(measured.echoed, 1 / 9); // "brief": the post has "cat"
  const empty = measureSummary("", "", { rarity, constitution });
  assert.deepEqual(empty, { words: 0, coverage: 0, copied: 0, repeated: 0, echoed: 0 });
});

Deno.test("the text model finds what there is, and nothing where there is nothing", () => {
  const n = 600, rng = Rng.seed(1), labels = Array.from({ length: n }, (_, i) => i % 2);
  const folds = postFolds(n, rng.fork("folds")), weights = new Float64Array(n).fill(1);
  const noise = rng.normals(n * 3);
  const found = (shift: number) => {
    const features = noise.map((z, i) => i % 3 === 0 ? z + shift * (2 * labels[Math.floor(i / 3)] - 1) : z);
    return labelInformation({ features, labels, weights, folds });
  };
  // Four weights fitted to 480 texts cost about 4/(2·480) nats; its spread over draws is of the same size.
  assert.ok(Math.abs(found(0).information) < 0.02);
  assert.ok(found(0).information < 0.01);
  // Normals 2 apart at unit variance: I = ln 2 − E log(1 + exp(−2(1 + z))), 0.337 nats by quadrature; sd over 600 about 0.03.
  let exact = Math.LN2;
  for (let z = -8; z < 8; z += 1e-3) {
    exact -= 1e-3 * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * Math.log1p(Math.exp(-2 * (1 + z)));
  }
  assert.ok(Math.abs(found(1).information - exact) < 0.1, `${found(1).information}, expected ${exact}`);
  assert.ok(found(1).accuracy > 0.75);
});

Deno.test("texts that weigh nothing are not there", () => {
  const n = 100, rng = Rng.seed(2), features = rng.normals(n * 2), folds = postFolds(n, rng.fork("folds"));
  const labels = Array.from({ length: n }, (_, i) => i % 2);
  const half = Float64Array.from({ length: n }, (_, i) => i < 50 ? 1 : 0);
  const changed = features.map((v, i) => i < 100 ? v : 1e6);
  assert.deepEqual(
    labelInformation({ features: changed, labels, weights: half, folds }),
    labelInformation({ features, labels, weights: half, folds }),
  );
});
