import assert from "node:assert/strict";
import fc from "fast-check";
import { skippedIf } from "../optional/skipping.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { testedBackends } from "../tensor/backends_test_helpers.ts";
import { gpuAdapter } from "../tensor/webgpu/adapter.ts";
import type { Question } from "./experiment.ts";
import { createRunner, execute, type Unit, type UnitRunner, unitsOf } from "./execute.ts";
import { experimentFlags, planRun } from "./plan.ts";
import type { Progress } from "./progress.ts";
import { openResults, readResults, resultPaths } from "./results_file.ts";
import { experimentOf, inFolder, questionOf, type Values } from "./testing.ts";

const silent: Progress = { start: () => {}, finish: () => {}, say: () => {}, end: () => {} };
const forever = () => false;

async function unitsAndRunner(question: Question<Values>, ...args: string[]) {
  const experiment = experimentOf(question);
  const plan = await planRun(experiment, experimentFlags(experiment, args), undefined);
  return { units: unitsOf(plan), runner: createRunner(experiment, plan), plan };
}

Deno.test("units: conditions, then arms, then blocks of seeds, each with a name of its own", async () => {
  const { units } = await unitsAndRunner(questionOf({ block: 2 }), "--seeds", "5");
  assert.deepEqual(units.slice(0, 4).map((unit) => unit.name), [
    "value cpo strength=0 seeds 0-1",
    "value cpo strength=0 seeds 2-3",
    "value cpo strength=0 seeds 4-4",
    "value dr-cpo strength=0 seeds 0-1",
  ]);
  assert.equal(units.length, 2 * 2 * 3);
  assert.equal(new Set(units.map((unit) => unit.name)).size, units.length);
});

Deno.test("rows: seed by seed; arms and conditions share streams, seeds and names do not; blocks change nothing", async () => {
  const run = async (block: number | undefined, ...args: string[]) => {
    const { units, runner } = await unitsAndRunner(questionOf({ block }), "--seeds", "4", ...args);
    let text = "";
    for (const unit of units) text += await runner.run(unit);
    return text;
  };
  const whole = await run(undefined);
  const cells = whole.trimEnd().split("\n").map((line) => line.split(","));
  assert.deepEqual(cells[0].slice(0, 7), ["demo", "synthetic", "value", "cpo", "0", "0", "score"]);
  assert.deepEqual(cells[1].slice(0, 8), ["demo", "synthetic", "value", "cpo", "0", "0", "seed", "0"]);
  const scores = cells.filter((row) => row[6] === "score");
  for (const row of scores) assert.equal(row[7], scores.find((other) => other[4] === row[4])![7]);
  assert.equal(new Set(scores.map((row) => row[7])).size, 4);
  const sorted = (text: string) => text.split("\n").toSorted();
  assert.deepEqual(sorted(await run(3)), sorted(whole));
  assert.notEqual(await run(undefined, "--seed", "2"), whole);
});

Deno.test("what a question prepares is loaded once, from a stream that no unit shares", async () => {
  let loads = 0;
  const question = questionOf({
    prepare: ({ rng }) => Promise.resolve({ load: ++loads, draw: rng.uniform() }),
    run: ({ prepared, seeds }) => ({ draw: seeds.map(() => (prepared as { draw: number }).draw) }),
  });
  const { units, runner } = await unitsAndRunner(question, "--seeds", "2");
  const texts = [];
  for (const unit of units) texts.push(await runner.run(unit));
  assert.equal(loads, 1);
  assert.equal(
    new Set(texts.flatMap((text) => text.trimEnd().split("\n").map((line) => line.split(",").at(-1)))).size,
    1,
  );
});

Deno.test("a metric that is not finite, or too short, names question, arm, condition, metric and seed", async () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    const { units, runner } = await unitsAndRunner(
      questionOf({ run: ({ seeds }) => ({ ess: seeds.map((s) => s === 2 ? value : 1) }) }),
    );
    await assert.rejects(runner.run(units[3]), {
      name: "Error",
      message: `value dr-cpo strength=1 seeds 0-19: metric ess is ${value} at seed 2; rows before it are saved`,
    });
  }
  const { units, runner } = await unitsAndRunner(questionOf({ run: () => ({ ess: [1, 2] }) }));
  await assert.rejects(runner.run(units[0]), {
    name: "TypeError",
    message: "value cpo strength=0 seeds 0-19: metric ess has 2 values for 20 seeds",
  });
});

/** Units that are names alone. */
const fakeUnits = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `u${i}` }) as Unit);

/** Runners that take as many turns of the event loop as they are told, and what they saw. */
function fakeRunners(count: number, turns: (unit: number) => number, fails: (unit: number) => boolean = () => false) {
  const log = { running: 0, most: 0, started: [] as number[] };
  const runner: UnitRunner = {
    async run({ name }) {
      const unit = Number(name.slice(1));
      log.started.push(unit);
      log.most = Math.max(log.most, ++log.running);
      for (let i = 0; i < turns(unit); i++) await new Promise((resolve) => setTimeout(resolve));
      log.running--;
      if (fails(unit)) throw new Error(`unit ${unit} failed`);
      return `row ${unit}\n`;
    },
  };
  return { log, runners: Array.from({ length: count }, () => runner) };
}

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `row ${from + i}\n`).join("");

Deno.test("any number of runners, finishing in any order, write in plan order, and none waits for another", async () => {
  const speeds = fc.array(fc.nat(4), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(speeds, fc.integer({ min: 1, max: 4 }), (turns, count) =>
      inFolder(async (folder) => {
        const results = await openResults(folder, "", "identity", false);
        const { log, runners } = fakeRunners(count, (unit) => turns[unit]);
        assert.deepEqual(await execute(fakeUnits(turns.length), runners, results, silent, forever), { complete: true });
        results.close();
        assert.equal((await readResults(folder)).text, rows(0, turns.length));
        assert.deepEqual(log.started, turns.map((_, i) => i), "each once, in order");
        await assert.rejects(Deno.stat(resultPaths(folder).aside), Deno.errors.NotFound);
      })),
    { numRuns: 30 },
  );
});

Deno.test("units that are ready before their turn survive a stop, and are not run again", () =>
  inFolder(async (folder) => {
    const first = await openResults(folder, "", "identity", false);
    const slow = fakeRunners(2, (unit) => unit === 0 ? 200 : 0, (unit) => unit === 0);
    const stopped = () => slow.log.started.length >= 6;
    await assert.rejects(execute(fakeUnits(8), slow.runners, first, silent, stopped), { message: "unit 0 failed" });
    first.close();
    assert.deepEqual(slow.log.started, [0, 1, 2, 3, 4, 5]);
    assert.equal((await readResults(folder)).text, "", "nothing may stand in the place of unit 0");

    const second = await openResults(folder, "", "identity", false);
    const finished: boolean[] = [];
    const counting = { ...silent, finish: (skipped: boolean) => finished.push(skipped) };
    const rest = fakeRunners(2, () => 0);
    assert.deepEqual(await execute(fakeUnits(8), rest.runners, second, counting, forever), { complete: true });
    second.close();
    assert.deepEqual(rest.log.started, [0, 6, 7]);
    assert.equal(finished.filter((skipped) => skipped).length, 5);
    assert.equal((await readResults(folder)).text, rows(0, 8));
  }));

Deno.test("units that share work go to one runner; none is idle for it, and the rows are the same", async () => {
  const keys = fc.array(fc.constantFrom("a", "b", "c", undefined), { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 3 }), (shares, count) =>
      inFolder(async (folder) => {
        const units = fakeUnits(shares.length).map((unit, i) => ({ ...unit, shares: shares[i] }));
        const begun: { key: string | undefined; runner: number; left: (string | undefined)[] }[] = [];
        const left = new Set(units);
        const runners = Array.from({ length: count }, (_, runner): UnitRunner => ({
          async run(unit) {
            left.delete(unit as typeof units[number]);
            begun.push({ key: unit.shares, runner, left: [...left].map((other) => other.shares) });
            await new Promise((resolve) => setTimeout(resolve));
            return `row ${Number(unit.name.slice(1))}\n`;
          },
        }));
        const results = await openResults(folder, "", "identity", false);
        assert.deepEqual(await execute(units, runners, results, silent, forever), { complete: true });
        results.close();
        assert.equal((await readResults(folder)).text, rows(0, shares.length));
        const owner = new Map<string, number>();
        for (const { key, runner, left } of begun) {
          const other = key !== undefined && owner.has(key) && owner.get(key) !== runner;
          const mine = (key: string | undefined) => key === undefined || (owner.get(key) ?? runner) === runner;
          if (other) assert.ok(!left.some(mine), "takes over only when nothing else is left");
          if (key !== undefined) owner.set(key, runner);
        }
      })),
    { numRuns: 40 },
  );
});

Deno.test("runners work at the same time", async () => {
  await inFolder(async (folder) => {
    const results = await openResults(folder, "", "identity", false);
    const { log, runners } = fakeRunners(3, () => 2);
    await execute(fakeUnits(9), runners, results, silent, forever);
    results.close();
    assert.equal(log.most, 3);
  });
});

Deno.test("a failing unit stops the run, keeps every unit before it, and is what is thrown", async () => {
  const speeds = fc.array(fc.nat(4), { minLength: 1, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(
      speeds,
      fc.integer({ min: 1, max: 3 }),
      fc.nat(8),
      (turns, count, at) =>
        inFolder(async (folder) => {
          const bad = at % turns.length;
          const results = await openResults(folder, "", "identity", false);
          const { log, runners } = fakeRunners(count, (unit) => turns[unit], (unit) => unit === bad);
          const run = execute(fakeUnits(turns.length), runners, results, silent, forever);
          await assert.rejects(run, { message: `unit ${bad} failed` });
          results.close();
          assert.equal(log.running, 0, "nothing is in flight when the files are closed");
          assert.equal((await readResults(folder)).text, rows(0, bad));
          const again = await openResults(folder, "", "identity", false);
          await execute(fakeUnits(turns.length), fakeRunners(count, () => 0).runners, again, silent, forever);
          again.close();
          assert.equal((await readResults(folder)).text, rows(0, turns.length));
        }),
    ),
    { numRuns: 30 },
  );
});

Deno.test("a stop is obeyed between units and loses none that has begun; saved units are skipped and counted", async () => {
  await inFolder(async (folder) => {
    const first = await openResults(folder, "", "identity", false);
    const { log, runners } = fakeRunners(2, () => 1);
    assert.deepEqual(await execute(fakeUnits(8), runners, first, silent, () => log.started.length >= 3), {
      complete: false,
    });
    first.close();
    assert.equal((await readResults(folder)).text, rows(0, log.started.length));

    const second = await openResults(folder, "", "identity", false);
    const finished: boolean[] = [];
    const counting = { ...silent, finish: (skipped: boolean) => finished.push(skipped) };
    const rest = fakeRunners(2, () => 0);
    assert.deepEqual(await execute(fakeUnits(8), rest.runners, second, counting, forever), { complete: true });
    second.close();
    assert.deepEqual(rest.log.started, [0, 1, 2, 3, 4, 5, 6, 7].slice(log.started.length));
    assert.deepEqual(finished, [0, 1, 2, 3, 4, 5, 6, 7].map((i) => i < log.started.length));
    assert.equal((await readResults(folder)).text, rows(0, 8));
  });
});

const onGpu = skippedIf(
  !testedBackends.includes("webgpu"),
  "a unit whose GPU failed gives no rows, however it ended",
  "GPU",
);
Deno.test(onGpu.name, { ignore: onGpu.ignore }, async () => {
  const beyond = Math.floor((await gpuAdapter())!.limits.maxBufferSize / 4) + 1024;
  await startBackend("webgpu");
  const failing = (end: () => void) =>
    questionOf({
      run: ({ seeds }) => {
        tf.tidy(() => tf.fill([beyond], 1));
        end();
        return { score: seeds.map(() => 1) };
      },
    });
  const quietly = () => {};
  const loudly = () => {
    throw new Error("loss is NaN");
  };
  for (const end of [quietly, loudly]) {
    const { units, runner } = await unitsAndRunner(failing(end), "--seeds", "2");
    await assert.rejects(() => runner.run(units[0]), {
      name: "UserError",
      message: /^--backend webgpu: the GPU failed, and no number that it gave is used: it [^\n]+$/,
    });
  }
  const { units, runner } = await unitsAndRunner(questionOf(), "--seeds", "2");
  assert.match(await runner.run(units[0]), /^demo,/);
});
