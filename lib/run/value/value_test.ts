/** Values of policies from files: what they are, and what is said where a log does not give them. */
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "hyparquet-writer";
import { Rng } from "../../random.ts";
import { drawSite } from "../site.ts";
import { valueOptions } from "./options.ts";
import type { ValueRecord } from "./record.ts";
import { value, valued } from "./value.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

type Columns = Readonly<Record<string, readonly (string | number)[]>>;
let files = 0;

/** Writes a table as CSV. */
async function csv(columns: Columns): Promise<string> {
  const path = `${folder}/${++files}.csv`, names = Object.keys(columns), rows = columns[names[0]].map((_, i) => i);
  await Deno.writeTextFile(path, [names, ...rows.map((i) => names.map((name) => columns[name][i]))].join("\n"));
  return path;
}

/** Values by the flags, which may name columns y, a, p and g. */
async function valuedBy(log: string | Columns, flags: string): Promise<ValueRecord> {
  const path = typeof log === "string" ? log : await csv(log);
  return await valued(valueOptions(["--log", path, ...flags.split(" ")])!, "deno task value");
}

const LOG = "--reward y --action a --propensity p";

function lineOf({ rows }: ValueRecord, estimator: string, policy = "target") {
  return rows.find((row) => row.estimator === estimator && row.policy === policy)!;
}

function near(got: number | null, want: number | null, tolerance = 1e-12): void {
  if (want === null) return assert.equal(got, null);
  assert.ok(got !== null && Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want)), `${got} for ${want}`);
}

/** Readers whose rounds share much of their outcomes. */
function readers(): Columns {
  const rng = Rng.seed(5),
    law = [0.5, 0.3, 0.2],
    columns = { y: [], a: [], p: [], g: [], x: [] } as Record<string, number[]>;
  for (let g = 0; g < 20; g++) {
    const own = rng.normal();
    for (let t = 0; t < 6; t++) {
      const a = rng.categorical(law, 1)[0], x = rng.normal();
      for (const [name, cell] of Object.entries({ y: own + a + x, a, p: law[a], g, x })) columns[name].push(cell);
    }
  }
  return columns;
}

/** Weights, and sums of squares within readers, written out. */
function byHand({ y, a, p, g }: Columns, target: readonly number[]) {
  const weight = y.map((_, i) => target[Number(a[i])] / Number(p[i])), n = y.length, own = new Map<unknown, number>();
  const sum = (of: (i: number) => number) => y.reduce<number>((total, _, i) => total + of(i), 0);
  const estimate = sum((i) => weight[i] * Number(y[i])) / sum((i) => weight[i]);
  y.forEach((r, i) => own.set(g[i], (own.get(g[i]) ?? 0) + weight[i] * (Number(r) - estimate)));
  const squares = [...own.values()].reduce((total, value) => total + value * value, 0);
  const error = Math.sqrt(squares * own.size / (own.size - 1)) / sum((i) => weight[i]);
  return { estimate, error, meanWeight: sum((i) => weight[i]) / n };
}

Deno.test("a log of readers: errors are over readers, from CSV and from Parquet alike", async () => {
  const log = readers(),
    want = byHand(log, [0.2, 0.2, 0.6]),
    flags = `${LOG} --group g --target 0.2,0.2,0.6 --against 0.4,0.3,0.3`;
  const columnData = Object.entries(log).map(([name, data]) => ({
    name,
    data: data as number[],
    type: "DOUBLE" as const,
  }));
  const parquet = `${folder}/log.parquet`;
  await Deno.writeFile(parquet, new Uint8Array(parquetWriteBuffer({ columnData })));
  const [one, other] = [await valuedBy(log, flags), await valuedBy(parquet, flags)];
  assert.deepEqual(other.rows, one.rows);
  const line = lineOf(one, "snipw");
  near(line.estimate, want.estimate);
  near(line.standard_error, want.error);
  near(line.mean_weight, want.meanWeight);
  assert.deepEqual([line.groups, line.interval, line.identified], [20, "student", true]);
  // 2.0930 is Student's quantile with 19 degrees of freedom.
  near(line.upper, want.estimate + 2.09302405 * want.error, 1e-8);
  near(lineOf(one, "snipw", "difference").estimate, want.estimate - byHand(log, [0.4, 0.3, 0.3]).estimate);
});

Deno.test("most of the policy on an action that was never logged: not identified, whatever the effective sample size", async () => {
  const n = 40,
    log = {
      y: Array.from({ length: n }, (_, i) => i % 3),
      a: Array.from({ length: n }, (_, i) => i % 2),
      p: Array(n).fill(0.5),
    };
  const record = await valuedBy(log, `${LOG} --target 0.1,0.1,0.8`), line = lineOf(record, "ipw");
  near(line.mean_weight, 0.2);
  assert.deepEqual([line.identified, line.unsupported_mass, line.mean_weight_error], [false, 0.8, 0]);
  near(line.effective_sample_size, n);
  assert.ok(record.rows.every(({ identified }) => !identified));
  assert.match(record.warnings[0], /^80\.0% of the policy is on action 2, never logged/);
});

Deno.test("propensities in percent: refused above 1, told below, right with --percent", async () => {
  const n = 300,
    arms = 100,
    y = Array.from({ length: n }, (_, i) => i % 3 === 0 ? 1 : 0),
    a = Array.from({ length: n }, (_, i) => i % arms);
  const log = { y, a, p: Array(n).fill(1) }, record = await valuedBy(log, `${LOG} --target uniform`);
  near(lineOf(record, "ipw").mean_weight, 0.01);
  assert.equal(lineOf(record, "snipw").identified, false);
  assert.match(record.warnings.join(), /in percent\? Divide them by 100/);
  const right = lineOf(await valuedBy(log, `${LOG} --target uniform --percent`), "ipw");
  near(right.estimate, 1 / 3);
  assert.deepEqual([right.identified, right.interval], [true, "clopper-pearson"]);
  await assert.rejects(
    valuedBy({ ...log, p: Array(n).fill(50) }, `${LOG} --target uniform`),
    /row 1 \(line 2\), column "p": is 50, and a propensity is at most 1; in percent\? Give --percent/,
  );
});

Deno.test("propensities of all actions are those of the logged ones, and must be a law", async () => {
  const n = 60,
    y = Array.from({ length: n }, (_, i) => i % 5),
    a = Array.from({ length: n }, (_, i) => i % 3 === 0 ? 0 : 1);
  const p0 = Array.from({ length: n }, (_, i) => i % 2 === 0 ? 0.25 : 0.5), p1 = p0.map((p) => 1 - p);
  const log = { y, a, p: a.map((code, i) => code === 0 ? p0[i] : p1[i]), p0, p1 };
  const each = LOG.replace("propensity p", "propensity p0,p1");
  const [own, all] = await Promise.all([LOG, each].map((flags) => valuedBy(log, `${flags} --target 0.3,0.7`)));
  assert.deepEqual(all.rows, own.rows);
  await assert.rejects(valuedBy({ ...log, p1: p0 }, `${each} --target 0.3,0.7`), /row 1 .* sum to 0.5 and not to 1/);
  await assert.rejects(
    valuedBy(log, `${each},p --target 0.3,0.7`),
    /--propensity: has 3 columns, and there are 2 actions/,
  );
});

Deno.test("codes from 1 with three actions declared: it is said, and an error where the last is not there", async () => {
  const n = 60, y = Array.from({ length: n }, (_, i) => i % 5), p = Array(n).fill(0.5);
  const record = await valuedBy({ y, a: y.map((_, i) => 1 + i % 2), p }, `${LOG} --target 0.4,0.4,0.2`);
  assert.match(record.notes.join(), /action 0 was never taken; codes seem to begin with 1/);
  assert.equal(lineOf(record, "snipw").identified, false);
  await assert.rejects(
    valuedBy({ y, a: y.map((_, i) => 1 + i % 3), p }, `${LOG} --target 0.4,0.4,0.2`),
    /row 3 \(line 4\), column "a": action "3" where there are 0, 1, 2; where codes are counted from 1, name them: --actions 1,2,3/,
  );
  const named = await valuedBy({ y, a: y.map((_, i) => 1 + i % 3), p }, `${LOG} --target 0.4,0.4,0.2 --actions 1,2,3`);
  assert.deepEqual(named.actions.map(({ logged }) => logged), [20, 20, 20]);
});

Deno.test("no click in a log that has nothing else: the exact interval", async () => {
  const { rows } = await valuedBy({ y: Array(400).fill(0) }, "--reward y");
  assert.deepEqual(rows.map(({ estimator, lower, interval }) => [estimator, lower, interval]), [[
    "naive",
    0,
    "clopper-pearson",
  ]]);
  near(rows[0].upper, 1 - 0.025 ** (1 / 400));
});

Deno.test("rows that lack something are left out and counted, and the rest is as without them", async () => {
  const log = readers(),
    holes = { ...log, y: log.y.map((y, i) => i === 3 ? "NA" : y), a: log.a.map((a, i) => i === 8 ? "" : a) };
  const without = Object.fromEntries(
    Object.entries(log).map(([name, cells]) => [name, cells.filter((_, i) => i !== 3 && i !== 8)]),
  );
  const [one, other] = [
    await valuedBy(holes, `${LOG} --target uniform --group g`),
    await valuedBy(without, `${LOG} --target uniform --group g`),
  ];
  assert.deepEqual(one.rows, other.rows);
  assert.deepEqual(one.notes.slice(0, 2), [
    "missing y: 1 row left out, the first is row 4 (line 5)",
    "missing a: 1 row left out, the first is row 9 (line 10)",
  ]);
});

Deno.test("the same policy as numbers, columns, a file and a rule", async () => {
  const log = readers(), q = Object.fromEntries([0, 1, 2].map((k) => [`q${k}`, log.y.map(() => [0.25, 0.25, 0.5][k])]));
  const file = `${folder}/policy.json`;
  await Deno.writeTextFile(file, '{"2": 0.5, "0": 0.25, "1": 0.25}');
  const [one, ...others] = await Promise.all(
    ["--target 0.25,0.25,0.5", "--target-columns q0,q1,q2", `--target-file ${file}`].map((flag) =>
      valuedBy({ ...log, ...q }, `${LOG} ${flag}`)
    ),
  );
  for (const { rows } of others) {
    rows.forEach((row, k) => near(row.estimate, one.rows[k].estimate!));
    rows.forEach((row, k) => near(row.standard_error, one.rows[k].standard_error!));
  }
});

Deno.test("beside the policy that logged: all estimators of it are the plain mean", async () => {
  const log = readers(), record = await valuedBy(log, `${LOG} --target best-fitted --against logging --group g`);
  const plain = Number(lineOf(record, "naive").estimate);
  for (const id of ["ipw", "snipw", "dr", "sndr"]) near(lineOf(record, id, "against").estimate, plain);
  // Action 2 adds most to the reward, in every fold.
  assert.deepEqual(record.actions.map(({ target }) => target), [0, 0, 1]);
});

Deno.test("covariates take their part out of the outcome: DR is then surer than IPW", async () => {
  const record = await valuedBy(readers(), `${LOG} --target 0.2,0.2,0.6 --covariates x`);
  assert.ok(lineOf(record, "dr").standard_error! < 0.9 * lineOf(record, "ipw").standard_error!);
});

Deno.test("propensities that are not there are fitted: frequencies, or a law of the covariates", async () => {
  const rng = Rng.seed(2),
    n = 600,
    x = Array.from({ length: n }, () => rng.normal()),
    a = x.map((v) => rng.bernoulli(1 / (1 + Math.exp(-v))) ? 1 : 0);
  const y = x.map((v, i) => v + a[i]), log = { x, a, y };
  const plain = await valuedBy(log, "--reward y --action a --target 0.5,0.5");
  near(lineOf(plain, "ipw").mean_weight, 1);
  // Between the actions lies 1 of their own, and what they were chosen by.
  const both = "--reward y --action a --target 0,1 --against 1,0", confounded = await valuedBy(log, both);
  const adjusted = await valuedBy(log, `${both} --covariates x`),
    of = (record: ValueRecord) => lineOf(record, "dr", "difference");
  assert.ok(of(confounded).lower! > 1.4);
  assert.ok(of(adjusted).lower! < 1 && 1 < of(adjusted).upper!, `${of(adjusted).lower} to ${of(adjusted).upper}`);
});

const few = { y: [1, 2, 3], a: [0, 1, 0], p: [0.5, 0.5, 0.5], g: [0, 1, 2] };
const enough = {
  y: [...Array(12).keys()],
  a: Array.from({ length: 12 }, (_, i) => i % 2),
  p: Array(12).fill(0.5),
  g: Array(12).fill("r"),
};
for (
  const [what, log, flags, message] of [
    ["three rows", few, `${LOG} --target 0.5,0.5`, /has 3 rows to use, and a value takes 10 or more/],
    ["no such column", few, "--reward z --action a --target 0.5,0.5", /no column "z"/],
    [
      "a column of no numbers",
      { ...enough, y: ["b", ...enough.y.slice(1)] },
      `${LOG} --target 0.5,0.5`,
      /row 1 \(line 2\), column "y": is "b", no number/,
    ],
    [
      "a negative propensity",
      { ...enough, p: [0.5, -0.5, ...enough.p.slice(2)] },
      `${LOG} --target 0.5,0.5`,
      /row 2 \(line 3\), column "p": is -0.5/,
    ],
    ["one group only", enough, `${LOG} --group g --target 0.5,0.5`, /column "g" has one group only/],
    [
      "probabilities for other actions",
      { ...enough, a: enough.a.map((a) => `arm${a}`) },
      `${LOG} --target 0.2,0.2,0.6`,
      /has 2 actions \(arm0, arm1\), and the policy has 3/,
    ],
    [
      "expected rewards for other actions",
      enough,
      `${LOG} --target 0.5,0.5 --outcome-columns y`,
      /--outcome-columns: has 1 columns, and there are 2 actions/,
    ],
    [
      "columns that are no distribution",
      enough,
      `${LOG} --target-columns p,y`,
      /row 1 \(line 2\), columns p,y: the probabilities sum to 0.5, not 1/,
    ],
  ] as const
) {
  Deno.test(`${what}: one line that says where`, async () => {
    await assert.rejects(valuedBy(log, flags), (error: Error) => {
      assert.equal(error.name, "UserError");
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("a policy file that is none, or of other actions, is one line", async () => {
  const path = `${folder}/other.json`, by = () => valuedBy(enough, `${LOG} --target-file ${path}`);
  for (
    const [text, message] of [
      ["{", /other\.json: not JSON/],
      ['{"0": 0.5, "0": 0.5, "1": 0.5}', /has "0" twice/],
      ["[1]", /not an object of JSON/],
      ['{"0": 0.5, "left": 0.5}', /action "left" is none of the log's; it has 0, 1/],
      ['{"0": "0.5"}', /action "0": "0.5" is no number/],
      ['{"0": 50, "1": 50}', /sum to 100: are they in percent\?/],
    ] as const
  ) {
    await Deno.writeTextFile(path, text);
    await assert.rejects(by, message);
  }
});

Deno.test("a bad log leaves no folder, a good one a page with its table, figures and both kinds of text files", async () => {
  const out = `${folder}/out`,
    flags = (log: string) => valueOptions(["--log", log, ...`${LOG} --target 0.5,0.5 --out ${out}`.split(" ")])!;
  await assert.rejects(async () => await value(flags(await csv(few)), "deno task value"));
  await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
  await value(flags(await csv(enough)), "deno task value");
  const head = (await Deno.readTextFile(`${out}/value.csv`)).split("\n")[0];
  assert.match(
    head,
    /^policy,estimator,estimate,lower,upper,interval,standard_error,rounds,groups,effective_sample_size,/,
  );
  await drawSite(folder);
  assert.match(
    await Deno.readTextFile(`${folder}/index.html`),
    /1 report on data of your own.*href="out\/index.html">Value of a policy: y</s,
  );
  for (const name of ["index.html", "figures/values.svg", "tables/values.tex", "tables/weights.csv"]) {
    await Deno.stat(`${out}/${name}`);
  }
});

Deno.test("bounds under hidden confounding: none at Γ = 1, wider with Γ, and the policy that logged is not moved", async () => {
  const log = readers(), flags = `${LOG} --group g --covariates x --target 0.2,0.2,0.6`;
  const record = await valuedBy(log, `${flags} --against logging --gamma 2,1`),
    dr = lineOf(record, "dr"),
    { rows, turning, covariates } = record.gamma!;
  const [one, two] = rows.filter(({ of }) => of === "target");
  for (const key of ["least", "most"] as const) near(one[key], dr.estimate!);
  near(one.least_lower, dr.lower!, 1e-9);
  assert.ok(two.least < one.least && two.most > one.most && turning.of === "ranking");
  near(
    rows.find(({ of, gamma }) => of === "difference" && gamma === 1)!.most,
    lineOf(record, "dr", "difference").estimate!,
    1e-9,
  );
  assert.deepEqual(covariates.map(({ name }) => name), ["x"]);
  await assert.rejects(valuedBy(log, `${flags} --gamma 1,0.5`), /--gamma 1,0.5: each is a factor of at least 1/);
  const unknown = await valuedBy({ ...log, a: log.a.map((a) => Number(a) % 2) }, `${flags} --gamma 2`);
  assert.equal(unknown.gamma, undefined);
  assert.match(unknown.notes[0], /no bounds under hidden confounding/);
});
