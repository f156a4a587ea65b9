/** The world of constitutions: exact information against closed forms, both contrasts by brute force, and its knobs. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { mutualInformation } from "../losses/mutual_information.ts";
import { constitutionPolicy } from "../exact/constitution_policy.ts";
import { Rng } from "../random.ts";
import { contrastTerms, measureConstitutions, principleWorld, winRate } from "./principles.ts";
import { logSoftmaxRows } from "../exact/log_space.ts";

const SETTINGS = { queries: 6, principles: 2, responses: 12, junk: 3, link: 0.3, junkLink: 1.5 };
const close = (a: number, b: number, bound: number, what: string) =>
  assert.ok(Math.abs(a - b) <= bound, `${what}: ${a} and ${b}`);
const laws = (rng: Rng, count: number, width: number, spread: number) => {
  const table = logSoftmaxRows(rng.normals(count * width).map((z) => spread * z), width);
  return Array.from({ length: count }, (_, c) => table.slice(c * width, (c + 1) * width));
};

Deno.test("a symmetric channel has the information of its closed form", () => {
  // C responses, the own one with 1 − e, each other with e/(C − 1): I = ln C − H(e) − e ln(C − 1).
  for (const [count, e] of [[2, 0.1], [4, 0.25], [8, 0.6]]) {
    const world = principleWorld({
      ...SETTINGS,
      queries: 1,
      principles: Math.log2(count),
      responses: count + 1,
      junk: 1,
    }, Rng.seed(1));
    const table = Float64Array.from({ length: count * (count + 1) }, (_, i) => {
      const c = Math.floor(i / (count + 1)), y = i % (count + 1);
      return y === count ? -Infinity : Math.log(y === c ? 1 - e : e / (count - 1));
    });
    const exact = Math.log(count) + (1 - e) * Math.log(1 - e) + e * Math.log(e / (count - 1));
    const base = constitutionPolicy(world.pool, world.start).all();
    // −Infinity times 0 would be no number: junk gets a floor.
    const { information } = measureConstitutions(world, table.map((v) => Math.max(v, -700)), base);
    close(information, exact, 1e-14, `C = ${count}`);
  }
});

Deno.test("the constitution contrast bounds the information, and with both constitutions in the batch equals it", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 2, max: 5 }), fc.integer({ min: 2, max: 6 }), (seed, count, width) => {
      const drawn = laws(Rng.seed(seed), count, width, 2), { constitution } = contrastTerms(drawn);
      const information = mutualInformation(drawn);
      // Chain rule: I(Y;C) less I(Y;pair), of which sums of at most 120 terms keep 14 digits.
      assert.ok(constitution <= information + 1e-13, `${constitution} over ${information}`);
      if (count === 2) close(constitution, information, 1e-13, "two constitutions");
    }),
    { numRuns: 200, seed: 1 },
  );
});

Deno.test("both terms are the expected InfoNCE of every pair of constitutions and responses", () => {
  const drawn = laws(Rng.seed(3), 3, 4, 1.5), p = drawn.map((law) => law.map(Math.exp));
  let constitution = 0, response = 0, pairs = 0;
  for (const k of [0, 1, 2]) {
    for (const l of [0, 1, 2].filter((c) => c !== k)) {
      pairs++;
      for (let y = 0; y < 4; y++) {
        for (let z = 0; z < 4; z++) {
          const chance = p[k][y] * p[l][z];
          constitution += chance * (Math.log(2) - Math.log1p(p[l][y] / p[k][y]));
          response += chance * (Math.log(2) - Math.log1p(p[k][z] / p[k][y]));
        }
      }
    }
  }
  const found = contrastTerms(drawn);
  close(found.constitution, constitution / pairs, 1e-14, "constitution");
  close(found.response, response / pairs, 1e-14, "response");
});

Deno.test("the response contrast lies on either side of the information", () => {
  const above = [[0.65, 0.05, 0.25, 0.05], [0.05, 0.65, 0.05, 0.25]].map((law) => law.map(Math.log));
  assert.ok(contrastTerms(above).response > mutualInformation(above) + 0.05);
  const alike = [[0.7, 0.3], [0.699, 0.301]].map((law) => law.map(Math.log));
  assert.ok(contrastTerms(alike).response < -1e-3);
});

Deno.test("win rates: by brute force, and the other policy wins the rest", () => {
  const world = principleWorld(SETTINGS, Rng.seed(4)), { pool, alignment } = world;
  const base = constitutionPolicy(pool, world.start).all();
  const other = constitutionPolicy(pool, Rng.seed(5).normals(world.start.length)).all();
  const A = pool.responses, over = [0, 2];
  let wins = 0;
  for (let x = 0; x < pool.queries; x++) {
    for (const c of over) {
      const at = (x * pool.constitutions + c) * A;
      for (let y = at; y < at + A; y++) {
        for (let z = at; z < at + A; z++) {
          const won = alignment[y] > alignment[z] ? 1 : alignment[y] === alignment[z] ? 0.5 : 0;
          wins += Math.exp(other[y] + base[z]) * won / (pool.queries * over.length);
        }
      }
    }
  }
  const found = winRate(pool, alignment, other, base, over);
  close(found, wins, 1e-14, "brute force");
  close(found + winRate(pool, alignment, base, other, over), 1, 1e-14, "the rest");
});

Deno.test("a knob moves nothing but what it is for", () => {
  const world = principleWorld(SETTINGS, Rng.seed(6)), unlinked = principleWorld({ ...SETTINGS, link: 0 }, Rng.seed(6));
  assert.deepEqual(unlinked.alignment, world.alignment);
  assert.deepEqual(unlinked.lengths, world.lengths);
  assert.deepEqual(unlinked.pool, world.pool);
  assert.notDeepEqual(unlinked.start, world.start);
  const none = principleWorld({ ...SETTINGS, link: 0, junkLink: 0 }, Rng.seed(6));
  const base = constitutionPolicy(none.pool, none.start).all();
  const { information, kl, junk } = measureConstitutions(none, base, base);
  close(information, 0, 1e-14, "without links constitutions make no difference");
  assert.equal(kl, 0);
  assert.ok(junk > 0 && junk < 0.1);
});

Deno.test("a link in the base policy is what it says: log-odds per standard deviation of alignment", () => {
  const world = principleWorld({ ...SETTINGS, junkLink: 0 }, Rng.seed(7)), { pool, alignment } = world;
  const base = constitutionPolicy(pool, world.start).all(), real = pool.responses - world.junk;
  for (let c = 0; c < pool.constitutions; c++) {
    const at = c * pool.responses;
    for (let y = 1; y < real; y++) {
      const odds = base[at + y] - base[at] - (pool.offsets[y] - pool.offsets[0]);
      close(odds, 0.3 * (alignment[at + y] - alignment[at]), 1e-14, `constitution ${c}, response ${y}`);
    }
  }
});

Deno.test("knobs out of range are named", () => {
  const fails = (changed: Partial<typeof SETTINGS>, message: string) =>
    assert.throws(() => principleWorld({ ...SETTINGS, ...changed }, Rng.seed(1)), { name: "RangeError", message });
  fails({ principles: 7 }, "principles must be a whole number from 1 to 6, got 7");
  fails({ junk: 11 }, "junk must be a whole number from 0 to 10, got 11");
  fails({ link: -1 }, "link must be a number >= 0, got -1");
  assert.throws(() => contrastTerms([[0]]), { message: "laws: expected two constitutions or more, got 1" });
});
