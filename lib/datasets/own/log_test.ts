/** Logs with what people's logs have. Kinds of files: reports of users; numbers our own. */
import assert from "node:assert/strict";
import { type LogColumns, type LogSpec, readLogColumns } from "./log.ts";
import { strictNumber } from "./numbers.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

async function read(rows: readonly string[], spec: Partial<LogSpec> = {}): Promise<LogColumns> {
  await Deno.writeTextFile(`${folder}/log.csv`, [...rows, ""].join("\n"));
  return await readLogColumns(`${folder}/log.csv`, { reward: "y", action: "a", ...spec });
}

const refused = (rows: readonly string[], spec: Partial<LogSpec>, message: RegExp) =>
  assert.rejects(read(rows, spec), { name: "UserError", message });

Deno.test("numbers are read strictly", () => {
  const read: [string | number, number][] = [["1e-300", 1e-300], [" -2.5e+3 ", -2500], [".5", 0.5], ["007", 7], [
    "0e-999",
    0,
  ], [3, 3]];
  for (const [cell, value] of read) assert.equal(strictNumber(cell), value);
  const wrong = {
    comma: ["1,5", "1.234,5", "1,234", "1,234.5", "-0,5"],
    "hexadecimal": ["0x10", "0XfF"],
    "0 in float64": ["1E-400", "0.001e-330"],
    infinite: ["1e999", "Infinity", "-inf"],
    percent: ["5%", "5.5 %"],
    "no number": ["abc", "1_000", "1 2", "--1", "0b1", "0o7", "1e", "", "١"],
  };
  for (const [word, cells] of Object.entries(wrong)) {
    for (const cell of cells) assert.ok(String(strictNumber(cell)).includes(word), `${cell}: ${strictNumber(cell)}`);
  }
  for (const cell of [Infinity, NaN, true, null, [1]]) assert.equal(typeof strictNumber(cell), "string");
});

Deno.test("rows without a reward, an action or a group are left out and counted, and rows keep their numbers", async () => {
  const log = await read(["a,y,g", "0,1,r", "1,NA,r", ",2,r", "1,3,", "1,TRUE,s"], { group: "g" });
  assert.deepEqual([[...log.reward], [...log.action], [...log.rows]], [[1, 1], [0, 1], [1, 5]]);
  assert.deepEqual([log.group!.names, [...log.group!.of]], [["r", "s"], [0, 1]]);
  assert.deepEqual(log.problems, [
    { kind: "missing y", count: 1, first: "row 2 (line 3)", fate: "left out" },
    { kind: "missing a", count: 1, first: "row 3 (line 4)", fate: "left out" },
    { kind: "missing g", count: 1, first: "row 4 (line 5)", fate: "left out" },
  ]);
  await refused(["a,y", "0,NA", "1,"], {}, /log.csv: no row to use of 2 \(missing y in 2\)/);
  await refused(["a,y"], {}, /no row to use of 0/);
});

Deno.test("actions are codes or names, in one order whatever row comes first", async () => {
  const names = async (rows: string[], actions?: LogSpec["actions"]) => {
    const log = await read(["a,y", ...rows.map((name) => `${name},1`)], { actions });
    return [log.actions, [...log.action], log.warnings.length];
  };
  assert.deepEqual(await names(["b10", "b9", "None"]), [["b9", "b10", "None"], [1, 0, 2], 0]);
  assert.deepEqual(await names(["2.0", "0", "1"]), [["0", "1", "2"], [2, 0, 1], 0]);
  assert.deepEqual(await names(["2", "1"], ["1", "2"]), [["1", "2"], [1, 0], 0]);
  assert.deepEqual(await names(["98765432", "5"]), [["5", "98765432"], [1, 0], 0]);
});

Deno.test("actions that were never taken are said, and codes from 1", async () => {
  const { warnings } = await read(["a,y", "1,1", "2,0"], { actions: 4 });
  assert.deepEqual(warnings, [
    "actions 0, 3 were never taken; codes seem to begin with 1: if so, name the actions in their order",
  ]);
  assert.deepEqual((await read(["a,y", "0,1", "1,0"], { actions: 3 })).warnings, ["action 2 was never taken"]);
  await refused(
    ["a,y", "1,1", "2,1", "3,0"],
    { actions: 3 },
    /row 3 \(line 4\), column "a": action "3" where there are 0, 1, 2; codes seem to begin with 1/,
  );
  await refused(["a,y", "left,1", "rihgt,1"], { actions: ["left", "right"] }, /action "rihgt" .* did you mean "right"/);
});

Deno.test("propensities that cannot be are refused, each with its place and what it may be", async () => {
  for (
    const [cell, message] of [["-0.1", /is -0.1, and a propensity is not negative/], ["0", /is 0, and what was done/], [
      "25",
      /at most 1; in percent\?/,
    ]] as const
  ) await refused(["a,y,p", "0,1,0.5", `1,1,${cell}`], { propensity: "p" }, message);
  const rows = (p: string, q: string) => ["a,y,p,q", "0,1,0.5,0.5", `1,1,${p},${q}`], each = { propensity: ["p", "q"] };
  await refused(
    rows("0.5", "0.4"),
    each,
    /row 2 \(line 3\), column "q": propensities of the row sum to 0.9 and not to 1/,
  );
  await refused(rows("70", "30"), each, /sum to 100: they are in percent/);
  await refused(rows("-0.5", "1.5"), each, /column "p": is -0.5/);
  await refused(rows("1", "0"), each, /row 2: the logged action has propensity 0/);
  await refused(["a,y,p,q", "2,1,0.5,0.5"], each, /action "2" where there are 0, 1/);
  const log = await read(rows("0.333", "0.666"), each);
  assert.deepEqual([...log.propensity!], [0.5, 0.666]);
  assert.deepEqual(
    (await read(rows("70", "30").with(1, "0,1,50,50"), { ...each, percent: true })).propensities!.map(([, p]) => p),
    [0.7, 0.3],
  );
});

Deno.test("propensities in percent below 1 show in the mean of their inverses", async () => {
  const rows = ["a,y,p", ...Array.from({ length: 600 }, (_, i) => `${i % 150},${i % 2},${(2 / 3).toFixed(4)}`)];
  assert.match(
    (await read(rows, { propensity: "p" })).warnings.join(),
    /150 actions were logged, .* is 1.5; in percent\?/,
  );
  const log = await read(rows, { propensity: "p", percent: true });
  assert.deepEqual(log.warnings, []);
  assert.equal(log.propensity![0], 0.6667 / 100);
});

Deno.test("covariates are numbers or levels, as they begin", async () => {
  const { covariates } = await read(["a,y,u,v", "0,1,2,z", "1,0,-1,a", "0,0,0,z"], { covariates: ["v", "u"] });
  assert.deepEqual(covariates, [
    { name: "v", levels: ["a", "z"], values: Float64Array.of(1, 0, 1) },
    { name: "u", values: Float64Array.of(2, -1, 0) },
  ]);
  await refused(
    ["a,y,u", "0,1,2", "1,0,x"],
    { covariates: ["u"] },
    /row 2 \(line 3\), column "u": is "x", no number/,
  );
  await refused(["a,y,u", '0,1,"2,5"', "1,0,3"], { covariates: ["u"] }, /has a comma/);
});

Deno.test("a wrong column is named, with the one that was meant", async () => {
  await refused(["arm,y", "0,1"], { action: "amr" }, /no column "amr", did you mean "arm"\? There are arm, y/);
  await refused(["a,y", "0,good"], {}, /row 1 \(line 2\), column "y": is "good", no number/);
});
