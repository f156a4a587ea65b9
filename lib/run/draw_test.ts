import assert from "node:assert/strict";
import { failure } from "../datasets/testing.ts";
import { NothingToTest } from "../statistics/claims.ts";
import { buildReport, loadReport } from "./draw.ts";
import type { Question } from "./experiment.ts";
import { createRunner, unitsOf } from "./execute.ts";
import { several } from "./needs.ts";
import { experimentFlags, planRun } from "./plan.ts";
import { openResults, resultPaths } from "./results_file.ts";
import { conditionColumns, csvHeader, type ResultRow, rowsFromCsv } from "./rows.ts";
import { describeRun, type RunConfig } from "./run_config.ts";
import { claimOf, experimentOf, inFolder, questionOf, type Values } from "./testing.ts";

const table = { id: "scores", caption: "Scores.", columns: [], rows: [] };
const drawn = { claims: [claimOf()], tables: () => [table], notes: () => ["A note."], block: 2 };

/** What a run with these flags leaves: configuration, rows, and the CSV text of each block. */
async function ran(questions: Question<Values>[], ...args: string[]) {
  const experiment = experimentOf(...questions);
  const plan = await planRun(experiment, experimentFlags(experiment, ["--seeds", "4", ...args]), undefined);
  const runner = createRunner(experiment, plan);
  const header = csvHeader(conditionColumns(experiment.questions, plan.options));
  const blocks: [string, string][] = [];
  for (const unit of unitsOf(plan)) blocks.push([unit.name, await runner.run(unit)]);
  const rows = rowsFromCsv(header + blocks.map(([, text]) => text).join(""), "results.csv");
  const config = await describeRun(experiment.name, args, plan, "none");
  return { experiment, config, header, blocks, rows };
}

const unfinished = "this question is not finished: the same command again continues";

Deno.test("a finished question has claims with evidence and verdict, tables and notes", async () => {
  const { experiment, config, rows } = await ran([questionOf(drawn)]);
  const { claims: [claim], sections: [section], ...report } = buildReport(experiment, config, rows);
  // Scores lie in [1, 2): four of them have a mean of 1.5 and an interval of +-0.92 at the widest (two at each end).
  assert.equal(claim.verdict, "holds");
  assert.equal(claim.evidence?.n, 4);
  assert.equal(claim.rule, "> 0");
  assert.equal(claim.question, "value");
  assert.deepEqual(section.tables, [table]);
  assert.deepEqual(section.notes, ["A note."]);
  assert.equal(report.title, "Demo");
  assert.equal(report.config.identity, config.identity);
  assert.ok(!("notices" in report.config));
});

Deno.test("a claim that the options leave untested says what it needs and is not evaluated", async () => {
  const evidence = () => assert.fail("there is nothing to test");
  const claims = [claimOf({ needs: several("strengths"), evidence })];
  const alone = await ran([questionOf({ ...drawn, claims })], "--strengths", "0.5");
  const { claims: [claim], sections: [section] } = buildReport(alone.experiment, alone.config, alone.rows);
  assert.deepEqual([claim.verdict, claim.note], ["not run", "this needs two values of --strengths or more"]);
  assert.deepEqual(section.tables, [table], "the rest of the question is drawn");
  const both = await ran([questionOf({ ...drawn, claims: [claimOf({ needs: several("strengths") })] })]);
  assert.equal(buildReport(both.experiment, both.config, both.rows).claims[0].verdict, "holds");
});

Deno.test("a claim whose rows leave nothing to test says so; any other fault is one", async () => {
  const why = "there was no gain to keep a share of";
  const throwing = (error: Error) =>
    claimOf({
      evidence: () => {
        throw error;
      },
    });
  const empty = await ran([questionOf({ ...drawn, claims: [throwing(new NothingToTest(why))] })]);
  const { claims: [claim], sections: [section] } = buildReport(empty.experiment, empty.config, empty.rows);
  assert.deepEqual([claim.verdict, claim.note, claim.evidence], ["not run", why, undefined]);
  assert.deepEqual(section.tables, [table], "the rest of the question is drawn");
  const wrong = await ran([questionOf({ ...drawn, claims: [throwing(new RangeError(why))] })]);
  assert.throws(() => buildReport(wrong.experiment, wrong.config, wrong.rows), RangeError);
});

Deno.test("while rows are missing nothing is claimed or drawn: no arm, condition or block of seeds may be absent", async () => {
  const { experiment, config, rows } = await ran([questionOf(drawn)]);
  const without: [string, (row: ResultRow) => boolean][] = [
    ["an arm", (row) => row.arm === "cpo"],
    ["a condition", (row) => row.condition.strength === 1],
    ["the last block of seeds", (row) => row.arm === "cpo" && row.condition.strength === 1 && row.seed >= 2],
    ["one seed", (row) => row.arm === "dr-cpo" && row.condition.strength === 0 && row.seed === 3],
    ["everything", () => true],
  ];
  for (const [what, absent] of without) {
    const { claims, sections } = buildReport(experiment, config, rows.filter((row) => !absent(row)));
    assert.deepEqual(claims.map((c) => [c.verdict, c.note, c.evidence]), [["not run", unfinished, undefined]], what);
    assert.deepEqual(sections[0].tables, [], what);
    assert.deepEqual(sections[0].notes, ["This question is not finished: the same command again continues."], what);
  }
});

Deno.test("claims that were left out say why", async () => {
  const other = questionOf({
    id: "other",
    part: "benchmark",
    claims: [claimOf({ id: "elsewhere", note: "A remark." })],
  });
  const some = await ran([questionOf(drawn), other], "--only", "synthetic", "--arms", "cpo");
  const { claims, sections } = buildReport(some.experiment, some.config, some.rows);
  assert.deepEqual(claims.map(({ id, verdict, note }) => ({ id, verdict, note })), [
    { id: "positive", verdict: "not run", note: "arm dr-cpo was not run" },
    { id: "elsewhere", verdict: "not run", note: "this question was not run" },
  ]);
  assert.deepEqual(sections.map((section) => section.id), ["value"]);
  const all = await ran([questionOf(drawn), other]);
  assert.equal(buildReport(all.experiment, all.config, all.rows).claims[1].note, "A remark.");
});

/** Writes a run's folder, with only the first blocks of its rows. */
async function save(
  folder: string,
  run: Awaited<ReturnType<typeof ran>>,
  count = run.blocks.length,
  config: Partial<RunConfig> = {},
) {
  const results = await openResults(folder, run.header, run.config.identity, true);
  for (const [name, text] of run.blocks.slice(0, count)) await results.append(name, text);
  results.close();
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify({ ...run.config, ...config }));
}

Deno.test("a report is loaded from a folder; half a block at the end of a killed run is no part of it", () =>
  inFolder(async (folder) => {
    const run = await ran([questionOf(drawn)]);
    await save(folder, run);
    assert.equal((await loadReport(run.experiment, folder)).claims[0].verdict, "holds");
    await save(folder, run, run.blocks.length - 1);
    // Cut inside the last number: the line would still read as a row, with another value.
    await Deno.writeTextFile(resultPaths(folder).csv, run.blocks.at(-1)![1].slice(0, -3), { append: true });
    assert.equal((await loadReport(run.experiment, folder)).claims[0].note, unfinished);
  }));

Deno.test("what is missing from a folder, or does not belong together, is one line that says what to do", () =>
  inFolder(async (folder) => {
    const run = await ran([questionOf(drawn)]);
    const settings = `${folder}/config.json`, { csv } = resultPaths(folder);
    const load = () => failure(loadReport(run.experiment, folder));
    assert.equal(await load(), `${settings}: not there yet; run deno task demo first`);
    await Deno.writeTextFile(settings, "{}");
    assert.equal(await load(), `${csv}: not there yet; run deno task demo first`);
    await save(folder, run);
    await Deno.writeTextFile(settings, '{"identity": ');
    assert.equal(await load(), `${settings}: not JSON; run deno task demo to write it again`);
    await save(folder, run, 1, { identity: "another" });
    assert.equal(await load(), `${settings} is of another run than ${csv}; run deno task demo again`);
  }));
