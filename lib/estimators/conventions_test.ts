/** docs/estimators.md: each convention of another library was tried, and each number of ours is what ours says. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { bootstrap, bootstrapSummary, meanInterval } from "../statistics/intervals.ts";
import { mean } from "../statistics/summary.ts";
import { roundsFromActionDistribution } from "./action_log.ts";
import { bootstrapInterval, differenceOfValues, dr, drOptimisticShrinkage, ipw, outcomeOnly, snipw } from "./mod.ts";
import { clopperPearson } from "./stream/rare_outcomes.ts";
import found from "./testdata/conventions.json" with { type: "json" };

const { log, versions } = found;
const claims: Record<string, { holds: boolean; numbers: unknown }> = found.claims;
const text = await Deno.readTextFile(new URL("../../docs/estimators.md", import.meta.url));
const script = await Deno.readTextFile(new URL("../../bench/peers/estimator_conventions.py", import.meta.url));

/** Cells of the rows of all tables whose last cell names a claim. */
const rows = text.split("\n").filter((line) => /^\|.*\| `[\w-]+` +\|$/.test(line))
  .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));

/** All numbers within a value of JSON. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

/** Rounds of the log under a policy that takes action 1 with these probabilities. */
function rounds(target: readonly number[], { reward = log.reward, groups = false, copies = 1 } = {}) {
  const often = <T>(column: readonly T[]) => column.flatMap((value) => Array.from({ length: copies }, () => value));
  return roundsFromActionDistribution({
    reward: often(reward),
    action: often(log.action),
    pscore: often(log.p.map((p, i) => log.action[i] === 1 ? p : 1 - p)),
    actionDistribution: often(target.map((t) => [[1 - t], [t]])),
    estimatedRewards: often(log.q0.map((q, i) => [[q], [log.q1[i]]])),
    ...(groups ? { groups: often(log.reader) } : {}),
  });
}

/** The effect of action 1, by the difference of two policies. */
function effect(groups: boolean) {
  const [one, none] = [1, 0].map((t) => dr(rounds(log.reward.map(() => t), { groups })));
  return differenceOfValues(one, none, groups ? { groups: log.reader } : {});
}

const target = rounds(log.t), ones = rounds(log.t, { reward: log.reward.map(() => 1) });
const fiveOfTen = Float64Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1), bca = { resamples: 4000 };
const ends = ({ lower, upper }: { readonly lower: number; readonly upper: number }) => [lower, upper];
const ties = ends(bootstrapSummary(mean, fiveOfTen, { rng: Rng.seed(1), ...bca }));
const least = (of: Uint32Array) => Math.min(...of);
const [rowEffect, readerEffect] = [effect(false), effect(true)];

/** What ours says of the data of each claim. */
const ours: Record<string, number[]> = {
  "obp-dros-without-lambda-is-the-direct-method": [0, 10, Infinity].map((lambda) =>
    drOptimisticShrinkage(target, { lambda }).value
  ),
  "obp-switch-and-clipping-without-lambda-do-nothing": [dr(target).value],
  "obp-snipw-interval-keeps-the-denominator": ends(snipw(ones)),
  "obp-intervals-draw-rounds": [1, 16].flatMap((copies) => {
    const grouped = { ...rounds(log.t, { copies }), groups: log.reward.flatMap((_, i) => Array(copies).fill(i)) };
    return ends(bootstrapInterval(grouped, ipw, { rng: Rng.seed(1), resamples: 4000 }));
  }),
  "obp-has-no-width-without-events": clopperPearson(0, log.reward.length, 0.95),
  "scipy-bca-counts-half-of-the-ties": ties,
  "arch-bca-counts-no-ties": ties,
  "bca-where-nothing-varies": ends(bootstrapSummary(mean, new Float64Array(10).fill(1), { rng: Rng.seed(1), ...bca })),
  "arch-bca-refuses-a-least-value": ends(bootstrap(10, least, { rng: Rng.seed(1), ...bca })),
  "doubleml-divides-by-n": [rowEffect.value, rowEffect.standardError],
  "doubleml-error-over-repetitions-is-of-upper-ends": [rowEffect.value, rowEffect.standardError],
  "doubleml-clusters-have-no-correction-and-the-normal-law": [readerEffect.standardError, ...ends(readerEffect)],
  "statsmodels-clusters-have-the-correction-and-the-normal-law": [readerEffect.standardError, ...ends(readerEffect)],
  "econml-groups-leave-the-error": [rowEffect.value, rowEffect.standardError, readerEffect.standardError],
  "statsmodels-proportion-of-none-has-no-width": clopperPearson(0, 500, 0.95),
  "scipy-proportion-of-none-is-exact": clopperPearson(0, 500, 0.95),
};

Deno.test("every convention of the page was tried and holds, and every one that was tried is told", () => {
  const told = rows.map((cells) => cells.at(-1)!.replaceAll("`", ""));
  for (const name of told) assert.equal(claims[name]?.holds, true, name);
  assert.deepEqual([...told].sort(), Object.keys(claims).sort());
  assert.deepEqual(Object.keys(ours).sort(), Object.keys(claims).sort());
});

Deno.test("numbers of the page are theirs and ours", () => {
  for (const cells of rows) {
    const name = cells.at(-1)!.replaceAll("`", "");
    for (const [cell, values] of [[cells[1], numbersIn(claims[name].numbers)], [cells[2], ours[name]]] as const) {
      // Of whole numbers only ends of intervals are results, and exact.
      for (const [number] of cell.matchAll(/−?\d+\.\d+|(?<=\[)\d+(?=,)|(?<=\[[^\]]*, )\d+(?=\])/g)) {
        const digits = number.split(".")[1]?.length;
        const told = (value: number) => digits === undefined ? String(value) : value.toFixed(digits).replace("-", "−");
        assert.ok(values.some((value) => told(value) === number), `${number} of ${name}`);
      }
    }
  }
});

Deno.test("what agrees with another library is its number", () => {
  const near = (value: number, want: number, name: string) =>
    assert.ok(Math.abs(value - want) <= 1e-12 * Math.max(1, Math.abs(want)), `${name}: ${value} for ${want}`);
  const { claims } = found, [direct, shrunk, plain] = ours["obp-dros-without-lambda-is-the-direct-method"];
  const dros = claims["obp-dros-without-lambda-is-the-direct-method"].numbers;
  assert.equal(direct, outcomeOnly(target).value);
  near(direct, dros.DRos, "DRos");
  near(shrunk, dros["DRos with 10"], "DRos with 10");
  near(plain, dros.DR, "DR");
  near(rowEffect.standardError, claims["doubleml-divides-by-n"].numbers["dividing by n - 1"], "error");
  near(rowEffect.standardError, claims["econml-groups-leave-the-error"].numbers.error, "EconML's error");
  const clusters = claims["statsmodels-clusters-have-the-correction-and-the-normal-law"].numbers;
  near(readerEffect.standardError, clusters.error, "error over readers");
  ends(readerEffect).forEach((end, k) => near(end, clusters["with use_t"][k], "Student's interval"));
  // The same interval of what each round says, as numbers that belong together.
  const each = dr(rounds(log.reward.map(() => 1))).influence, other = dr(rounds(log.reward.map(() => 0))).influence;
  const of = meanInterval(each.map((v, i) => v - other[i]), { groups: log.reader });
  near(of.upper, readerEffect.upper - readerEffect.value, "meanInterval");
  const bootstrapped = bootstrapInterval(ones, snipw, { rng: Rng.seed(1), resamples: 200 });
  assert.deepEqual(ends(bootstrapped), ours["obp-snipw-interval-keeps-the-denominator"]);
  const none = rounds(log.t, { reward: log.reward.map(() => 0) });
  assert.deepEqual(ends(ipw(none)), claims["obp-has-no-width-without-events"].numbers.interval);
  ties.forEach((end, k) => near(end, claims["scipy-bca-counts-half-of-the-ties"].numbers.interval[k], "BCa"));
  near(
    ours["scipy-proportion-of-none-is-exact"][1],
    claims["scipy-proportion-of-none-is-exact"].numbers.interval[1],
    "0 of 500",
  );
});

Deno.test("versions of the page and of the script are those that were tried", () => {
  const names: Record<string, string> = { doubleml: "DoubleML", econml: "EconML", obp: "OBP" };
  for (const [name, version] of Object.entries(versions)) {
    assert.ok(text.includes(`${name}==${version}`), name);
    assert.ok(script.includes(`${names[name] ?? name} ${version}`), name);
  }
});
