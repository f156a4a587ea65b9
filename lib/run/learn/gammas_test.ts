/** Worst cases of what is told of methods, against the library's bounds and against trying all labels. */
import assert from "node:assert/strict";
import { bradleyTerryBounds, winRateBounds } from "../../estimators/mod.ts";
import { pairsData } from "../../learn/data.ts";
import type { Compared } from "../../learn/cross_validate.ts";
import { Rng } from "../../random.ts";
import { judge } from "../../statistics/claims.ts";
import { parseClaims } from "./claims.ts";
import { gammaFacts, HIDDEN, measuredAt, shifted, turningOf, winsAgainst } from "./gammas.ts";
import { measuresOf } from "./measures.ts";

const N = 120, GAMMAS = [1, 1.2, 2, 6], MEASURES = measuresOf("pairs", false);

/** Pairs of 30 prompts, and two methods that are right as given. */
function compared(rights: readonly (readonly number[])[], weights?: readonly number[]) {
  const data = pairsData(Array.from({ length: N }, (_, i) => ({
    ...{
      prompt: `p${i % 30}`,
      chosen: `good ${i} ${"more ".repeat(i % 3)}`,
      rejected: `bad ${i} ${"so ".repeat(i % 2)}`,
    },
    ...(weights && { weight: weights[i] }),
  })));
  const found: Compared = {
    fold: Uint32Array.from({ length: N }, (_, i) => i % 30 % 5),
    results: rights.map((right, m) => ({
      ...{ id: ["dpo", "kto"][m], betas: [0.1], short: 0 },
      rows: right.map((accuracy) => ({ accuracy })),
    })),
  };
  return { data, found };
}

const draws = (chance: number, seed: number): number[] => {
  const rng = Rng.seed(seed);
  return Array.from({ length: N }, () => rng.bernoulli(chance) ? 1 : 0);
};

Deno.test("bounds are those of winRateBounds and bradleyTerryBounds, and at Γ = 1 nothing is moved", () => {
  const first = draws(0.7, 1), second = draws(0.6, 2), { data, found } = compared([first, second]);
  const { rows, noLength } = gammaFacts(data, found, MEASURES, GAMMAS);
  assert.equal(noLength, undefined);
  assert.deepEqual([...new Set(rows.map(({ of }) => of))], ["dpo", "kto", "dpo against kto", "length"]);
  const differ = first.map((right, i) => right - second[i]).filter((d) => d !== 0).map((d) => (1 + d) / 2);
  for (const hidden of HIDDEN) {
    for (const [of, preference] of [["dpo", first], ["kto", second], ["dpo against kto", differ]] as const) {
      winRateBounds({ preference }, GAMMAS, hidden).forEach(({ gamma, lower, upper }) => {
        const row = rows.find((row) => row.of === of && row.hidden === hidden && row.gamma === gamma)!;
        assert.ok(Math.abs(row.least - lower.value) < 1e-12 && Math.abs(row.most - upper.value) < 1e-12);
        assert.ok(row.least_lower <= row.least && row.least <= row.least_upper && row.least_lower >= 0);
      });
    }
    // Words of a text: two, and as many more; a standard deviation of differences both ways is a unit.
    const longer = Array.from({ length: N }, (_, i) => i % 3 - i % 2);
    const spread = Math.sqrt(2 * longer.reduce((sum, d) => sum + d * d, 0) / (2 * N - 1));
    const differences = Float64Array.from(longer, (d) => d / spread);
    const bounds = bradleyTerryBounds(
      { differences, preference: longer.map(() => 1), groups: data.groups },
      0,
      GAMMAS,
      hidden,
    );
    bounds.forEach(({ gamma, upper }) => {
      const row = rows.find((row) => row.of === "length" && row.hidden === hidden && row.gamma === gamma)!;
      assert.ok(Math.abs(row.most - upper.value) < 1e-9 && Math.abs(row.most_upper - upper.upper) < 1e-9);
    });
  }
});

Deno.test("at the Γ of a turning the worst case is half, and its interval ends at half at the other", () => {
  const right = draws(0.75, 3), { data, found } = compared([right, right.map((v) => 1 - v)]);
  const { turnings } = gammaFacts(data, found, MEASURES, [1]);
  for (const { hidden, rate, gamma, interval } of turnings) {
    const side = rate.estimate > 0.5 ? "lower" : "upper", half = (value: number) => Math.abs(value - 0.5) < 1e-12;
    assert.ok(half(shifted(rate, gamma, side, hidden).estimate));
    const { guard, lower, upper } = shifted(rate, interval, side, hidden);
    assert.ok(interval > 1 && interval < gamma);
    assert.ok(half(side === "lower" ? Math.min(lower, guard!.lower) : Math.max(upper, guard!.upper)));
  }
  const sure = turningOf("dpo", { estimate: 1, lower: 0.9, upper: 1, n: 30 }, "labels");
  assert.deepEqual([sure.gamma, Math.round(sure.interval)], [Infinity, 9]);
  assert.equal(turningOf("dpo", { estimate: 0.6, lower: 0.45, upper: 0.75, n: 30 }, "labels").interval, 1);
});

Deno.test("weights count, ties do not, and methods that agree on all pairs are not compared", () => {
  const right = draws(0.6, 4).map((v, i) => i < 10 ? NaN : v), weights = right.map((_, i) => 1 + i % 4);
  const { data, found } = compared([right, right], weights);
  const { rows, noLength } = gammaFacts(data, found, MEASURES, [1]);
  assert.equal(noLength, "pairs have weights");
  assert.deepEqual([...new Set(rows.map(({ of }) => of))], ["dpo", "kto"]);
  const total = (of: (v: number) => number) => right.reduce((sum, v, i) => sum + (i < 10 ? 0 : weights[i] * of(v)), 0);
  assert.ok(Math.abs(rows[0].least - total((v) => v) / total(() => 1)) < 1e-12);
  assert.equal(winsAgainst(data, found, found.results[0], found.results[1]), undefined);
});

Deno.test("a claim at a Γ is judged by its worst case, a difference by pairs that are judged differently", () => {
  const first = draws(0.8, 5), second = draws(0.55, 6), { data, found } = compared([first, second]);
  const known = { methods: ["dpo", "kto"], measures: ["accuracy", "kl"] };
  const verdictOf = (line: string) => {
    const [{ rule, at, less }] = parseClaims(line, "claims.txt", known);
    const side = rule.above === -Infinity ? "upper" : "lower", [dpo, kto] = found.results;
    return judge(measuredAt(data, found, MEASURES, at!, side, dpo, less === undefined ? undefined : kto)!, rule);
  };
  assert.equal(verdictOf("dpo in accuracy > 0.5 at labels 1.5"), "holds");
  assert.equal(verdictOf("dpo in accuracy > 0.5 at labels 20"), "fails");
  assert.equal(verdictOf("dpo in accuracy < 0.5 at exposure 1.1"), "fails");
  const plain = measuredAt(
    data,
    found,
    MEASURES,
    { hidden: "labels", gamma: 1 },
    "lower",
    ...found.results as [never, never],
  )!;
  const mean = first.reduce((sum, v, i) => sum + (v - second[i]) / N, 0);
  assert.ok(Math.abs(plain.estimate - mean) < 1e-12);
  assert.notEqual(verdictOf("dpo - kto in accuracy > 0 at labels 30"), "holds");
  for (
    const [line, told] of [
      ["dpo in kl > 0.5 at labels 1.5", /claims.txt:1: at a Γ one can claim/],
      ["dpo - kto in accuracy > 0.1 at labels 2", /at a Γ one can claim/],
      ["dpo in accuracy between 0.5 and 0.9 at labels 2", /at a Γ one can claim/],
      ["dpo in accuracy > 0.5 at labels 0.9", /Γ is at least 1, where nothing is hidden, got 0.9/],
    ] as const
  ) assert.throws(() => parseClaims(line, "claims.txt", known), told);
});
