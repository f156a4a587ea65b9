import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { failure } from "../datasets/data_test_helpers.ts";
import { above, between, NothingToTest } from "../statistics/claims.ts";
import { buildReport, loadRun, OLDER } from "./draw.ts";
import type { Question } from "./experiment.ts";
import { several } from "./needs.ts";
import { experimentFlags, planRun } from "./plan.ts";
import type { ResultRow } from "./rows.ts";
import { blocksOf, rowsOf } from "./rows_test_helpers.ts";
import { describeRun } from "./run_config.ts";
import { openRunStore, storePath } from "./run_store.ts";
import { createRunner } from "./runner.ts";
import { blockOf, type Unit, type UnitResult, unitsOf } from "./units.ts";
import { MissingRows } from "./view.ts";
import { claimOf, experimentOf, inFolder, questionOf, type Values } from "./demo_test_helpers.ts";

const table = { id: "scores", caption: "Scores.", columns: [], rows: [] };
const drawn = { claims: [claimOf()], tables: () => [table], notes: () => ["A note."], block: 2 };

/** What a run with these flags leaves: configuration, units with their numbers, rows. */
async function ran(questions: Question<Values>[], ...args: string[]) {
  const experiment = experimentOf(...questions);
  const plan = await planRun(
    experiment,
    experimentFlags(experiment, args.includes("--seeds") ? args : ["--seeds", "10", ...args]),
    undefined,
  );
  const runner = createRunner(experiment, plan);
  const results: [Unit, UnitResult][] = [];
  for (const unit of unitsOf(plan)) results.push([unit, await runner.run(unit)]);
  const rows = results.flatMap(([unit, result]) => rowsOf([blockOf(unit, result)]));
  const config = await describeRun(experiment, import.meta.resolve("./testdata/toy.ts"), args, plan, "none");
  return { experiment, config, results, rows, blocks: blocksOf(rows) };
}

const unfinished = "this question is not finished: the same command again continues";

Deno.test("a finished question has claims with evidence and verdict, tables and notes", async () => {
  const { experiment, config, rows } = await ran([questionOf(drawn)]);
  const { claims: [claim], sections: [section], ...report } = buildReport(experiment, config, blocksOf(rows));
  // Scores lie in [1, 2): ten of them have a mean of 1.5 and an interval of +-0.38 at the widest (five at each end).
  assert.equal(claim.verdict, "holds");
  assert.equal(claim.evidence?.n, 10);
  assert.equal(claim.rule, "> 0");
  assert.equal(claim.question, "value");
  assert.deepEqual(section.tables, [table]);
  assert.deepEqual(section.notes, ["A note."]);
  assert.equal(report.title, "Demo");
  assert.equal(report.config.identity, config.identity);
  assert.ok(!("notices" in report.config));
});

Deno.test("rows of an earlier version that lack a number leave out what reads it, and say so", async () => {
  const newer = claimOf({
    id: "newer",
    evidence: (view) => view.mean("dr-cpo", { name: "a metric of today" }, { strength: 0 }),
  });
  const tables = () => assert.fail(new MissingRows("no such rows"));
  const { experiment, config, rows } = await ran([questionOf({ ...drawn, claims: [claimOf(), newer], tables })]);
  const { claims, sections: [section] } = buildReport(experiment, config, blocksOf(rows));
  assert.deepEqual(claims.map(({ verdict, note }) => [verdict, note]), [["holds", undefined], ["not run", OLDER]]);
  assert.deepEqual([section.tables, section.notes], [[], ["A note.", `Not everything is shown: ${OLDER}.`]]);
});

Deno.test("an option that came after a run is what its preset says today, and those of the run stay", async () => {
  const read: unknown[] = [];
  const notes = (_: unknown, options: Values) => [`${read.push(options.strengths)} reading`];
  const given = await ran([questionOf({ ...drawn, notes })], "--strengths", "0.5");
  buildReport(given.experiment, given.config, given.blocks);
  const { experiment, config, blocks } = await ran([questionOf({ ...drawn, notes })]);
  const { strengths: _, ...options } = config.options as Record<string, unknown>;
  buildReport(experiment, { ...config, options } as typeof config, blocks);
  assert.deepEqual(read, [[0.5], experiment.options.strengths.values.quick]);
});

Deno.test("a claim that the options leave untested says what it needs and is not evaluated", async () => {
  const evidence = () => assert.fail("there is nothing to test");
  const claims = [claimOf({ needs: several("strengths"), evidence })];
  const alone = await ran([questionOf({ ...drawn, claims })], "--strengths", "0.5");
  const { claims: [claim], sections: [section] } = buildReport(alone.experiment, alone.config, alone.blocks);
  assert.deepEqual([claim.verdict, claim.note], ["not run", "this needs two values of --strengths or more"]);
  assert.deepEqual(section.tables, [table], "the rest of the question is drawn");
  const both = await ran([questionOf({ ...drawn, claims: [claimOf({ needs: several("strengths") })] })]);
  assert.equal(buildReport(both.experiment, both.config, both.blocks).claims[0].verdict, "holds");
});

Deno.test("too few replicates give no verdict, and the claim says so before its own note", async () => {
  const { experiment, config, rows } = await ran(
    [questionOf({ ...drawn, claims: [claimOf({ note: "Mind this." })] })],
    "--seeds",
    "2",
  );
  const { claims: [claim] } = buildReport(experiment, config, blocksOf(rows));
  assert.equal(claim.verdict, "inconclusive");
  assert.equal(claim.note, "2 replicates are too few for a verdict: it takes 10 or more. Mind this.");
});

Deno.test("verdicts are adjusted for the number of claims that were tested, and only for those", async () => {
  const near = () => ({ estimate: 2, lower: 0.01, upper: 3.99, n: 40 });
  const claims = [claimOf({ evidence: near }), claimOf({ id: "left-out", arms: ["absent"] })];
  const alone = await ran([questionOf({ ...drawn, claims })]);
  const [tested, not] = buildReport(alone.experiment, alone.config, alone.blocks).claims;
  assert.deepEqual([tested.verdict, tested.holm?.verdict, not.holm], ["holds", "holds", undefined]);
  const two = [...claims, claimOf({ id: "second", evidence: near })];
  const beside = await ran([questionOf({ ...drawn, claims: two })]);
  const [first] = buildReport(beside.experiment, beside.config, beside.blocks).claims;
  assert.deepEqual([first.verdict, first.holm?.verdict], ["holds", "inconclusive"]);
});

Deno.test("an interval that only its correction moves to the bound says so", async () => {
  const guard = { lower: -0.5, upper: 2, why: "corrected for skewness" };
  const evidence = () => ({ estimate: 1, lower: 0.1, upper: 1.9, n: 9, guard });
  const { experiment, config, rows } = await ran([questionOf({ ...drawn, claims: [claimOf({ evidence })] })]);
  const { claims: [claim] } = buildReport(experiment, config, blocksOf(rows));
  assert.deepEqual([claim.verdict, claim.note], [
    "inconclusive",
    "No verdict: corrected for skewness it is 1.0 [−0.5, 2.0]. " +
    // 2.5 / 2 / 1.96 times 2.8016.
    "The least distance from 0 that this run would show with a power of 80% is 1.79.",
  ]);
});

Deno.test("an inconclusive verdict says the least effect that the run would have shown; others do not", async () => {
  const of = async (lower: number, upper: number, rule = above(0)) => {
    // t(39) = 2.0227: a half-width of 2.0227 is a standard error of 1.
    const evidence = () => ({ estimate: (lower + upper) / 2, lower, upper, n: 40, df: 39 });
    const { experiment, config, rows } = await ran([questionOf({ ...drawn, claims: [claimOf({ evidence, rule })] })]);
    const { claims: [claim] } = buildReport(experiment, config, blocksOf(rows));
    return [claim.verdict, claim.note];
  };
  const least = (bounds: string) =>
    `The least distance from ${bounds} that this run would show with a power of 80% is 2.8.`;
  assert.deepEqual(await of(-2.0227, 2.0227), ["inconclusive", least("0")]);
  assert.deepEqual(await of(-2.0227, 2.0227, between(-0.5, 0.5)), ["inconclusive", least("−0.5 or 0.5")]);
  assert.deepEqual(await of(0.1, 4.1454), ["holds", undefined]);
  assert.deepEqual(await of(-4.1454, -0.1), ["fails", undefined]);
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
  const { claims: [claim], sections: [section] } = buildReport(empty.experiment, empty.config, empty.blocks);
  assert.deepEqual([claim.verdict, claim.note, claim.evidence], ["not run", why, undefined]);
  assert.deepEqual(section.tables, [table], "the rest of the question is drawn");
  const wrong = await ran([questionOf({ ...drawn, claims: [throwing(new RangeError(why))] })]);
  assert.throws(() => buildReport(wrong.experiment, wrong.config, wrong.blocks), RangeError);
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
    const { claims, sections } = buildReport(experiment, config, blocksOf(rows.filter((row) => !absent(row))));
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
  const { claims, sections } = buildReport(some.experiment, some.config, some.blocks);
  assert.deepEqual(claims.map(({ id, verdict, note }) => ({ id, verdict, note })), [
    { id: "positive", verdict: "not run", note: "arm dr-cpo was not run" },
    { id: "elsewhere", verdict: "not run", note: "this question was not run" },
  ]);
  assert.deepEqual(sections.map((section) => section.id), ["value"]);
  const all = await ran([questionOf(drawn), other]);
  assert.equal(buildReport(all.experiment, all.config, all.blocks).claims[1].note, "A remark.");
});

Deno.test("a question that could not be computed says why, and the others are drawn", async () => {
  const other = questionOf({ id: "other", claims: [claimOf({ id: "elsewhere" })], tables: () => [table] });
  const { experiment, config, rows } = await ran([questionOf(drawn), other]);
  const failures = [{ question: "value", message: "loss of dpo is NaN at step 3; lower --rate" }];
  const lost = rows.filter((row) => row.question !== "value" || row.arm !== "cpo");
  const { claims, sections } = buildReport(experiment, { ...config, failures }, blocksOf(lost));
  const why = "part of it could not be computed: loss of dpo is NaN at step 3; lower --rate";
  assert.deepEqual(claims.map(({ verdict, note }) => [verdict, note]), [["not run", why], ["holds", undefined]]);
  assert.deepEqual(sections[0].notes, [`P${why.slice(1)}.`]);
  assert.deepEqual(sections[1].tables, [table]);
});

/** Saves a run in a folder, with only the first of its units. */
function save(folder: string, { config, results }: Awaited<ReturnType<typeof ran>>, count = results.length) {
  const store = openRunStore(folder);
  store.begin(config);
  for (const [unit, result] of results.slice(0, count)) {
    store.save(unit, config.questions[unit.question.id].basis, config.options, result, 1);
  }
  store.close();
}

Deno.test("a report is loaded from a folder; while units are missing nothing is claimed", () =>
  inFolder(async (folder) => {
    const run = await ran([questionOf(drawn)]);
    save(folder, run, run.results.length - 1);
    assert.equal((await loadRun(run.experiment, folder)).report.claims[0].note, unfinished);
    save(folder, run);
    const loaded = await loadRun(run.experiment, folder);
    assert.equal(loaded.report.claims[0].verdict, "holds");
    assert.deepEqual(rowsOf(loaded.blocks), run.rows);
  }));

Deno.test("of several runs in a folder the last is drawn, with its own rows alone", () =>
  inFolder(async (folder) => {
    const question = questionOf(drawn);
    const four = await ran([question]), other = await ran([question], "--seed", "2");
    save(folder, four);
    save(folder, other);
    assert.deepEqual(rowsOf((await loadRun(other.experiment, folder)).blocks), other.rows);
    save(folder, four);
    assert.deepEqual(rowsOf((await loadRun(four.experiment, folder)).blocks), four.rows);
  }));

Deno.test("what is missing from a folder, or is not as it was written, is one line that says what to do", () =>
  inFolder(async (folder) => {
    const run = await ran([questionOf(drawn)]), path = storePath(folder);
    const load = () => failure(loadRun(run.experiment, folder));
    assert.equal(await load(), `${path}: not there yet; run deno task demo first`);
    openRunStore(folder).close();
    assert.equal(await load(), `${path}: no run was begun there; run deno task demo first`);
    save(folder, run);
    const db = new DatabaseSync(path);
    db.exec("UPDATE unit SET metrics = replace(metrics, 'score', 'scored') WHERE id = 3");
    const { name } = run.results[2][0];
    assert.equal(await load(), `${path}: "${name}" is not as it was written; run deno task demo to compute it again`);
    db.exec("UPDATE unit SET metrics = replace(metrics, 'scored', 'score') WHERE id = 3");
    const edits = [
      `UPDATE run SET config = replace(config, '"preset":"quick"', '"preset":"paper"')`,
      "UPDATE run SET seconds = -5",
      "UPDATE run SET config = '{'",
      "UPDATE run SET config = 'null'",
      "UPDATE run SET sha256 = ''",
    ];
    for (const edit of edits) {
      save(folder, run);
      db.exec(edit);
      assert.equal(await load(), `${path}: the last run is not as it was written; run its command again`, edit);
    }
    // A run that says it is complete, and is not: rows were taken out, or what ties them to it was changed.
    const complete = { ...run, config: { ...run.config, complete: true } };
    const gone = [
      ["DELETE FROM unit WHERE arm = 'cpo'", run.results.length / 2],
      ["DELETE FROM unit", run.results.length],
      ["UPDATE basis SET parts = '{'", run.results.length],
      ["UPDATE unit SET last_seed = last_seed + 1", run.results.length],
    ] as const;
    for (const [edit, count] of gone) {
      db.exec("PRAGMA foreign_keys = OFF; DELETE FROM unit; DELETE FROM basis; DELETE FROM run");
      save(folder, complete);
      db.exec(edit);
      const first = run.results[0][0].name;
      const why = `${count} units are gone, such as "${first}"; run deno task demo to compute them again`;
      assert.equal(await load(), `${path}: ${why}`, edit);
    }
    db.close();
    save(folder, await ran([questionOf(drawn)], "--seed", "3"));
    const other = { ...run.experiment, name: "sgpo" };
    assert.equal(await failure(loadRun(other, folder)), `${path}: holds a run of demo, not of sgpo`);
    await Deno.writeTextFile(path, "not a database, but long enough to be taken for the header of one ".repeat(20));
    assert.equal(
      await load(),
      `${path}: damaged (file is not a database); --fresh puts it aside and starts over`,
    );
  }));
