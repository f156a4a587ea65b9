import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../user_error.ts";
import { execute } from "./execute.ts";
import type { Progress } from "./progress.ts";
import type { UnitRunner } from "./runner.ts";
import type { Unit, UnitResult } from "./units.ts";

const silent: Progress = { start: () => {}, finish: () => {}, say: () => {}, end: () => {} };
const forever = () => false;

/** Units that are names alone. */
const fakeUnits = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `u${i}`, question: { id: `q${i % 2}` } }) as unknown as Unit);
const numberOf = ({ name }: Unit) => Number(name.slice(1));

/** Runners that take as many turns of the event loop as they are told, and what they saw. */
function fakeRunners(
  count: number,
  turns: (unit: number) => number,
  fails: (unit: number) => Error | undefined = () => undefined,
) {
  const log = { running: 0, most: 0, started: [] as number[] };
  const runner: UnitRunner = {
    async run(unit) {
      const i = numberOf(unit);
      log.started.push(i);
      log.most = Math.max(log.most, ++log.running);
      for (let turn = 0; turn < turns(i); turn++) await new Promise((resolve) => setTimeout(resolve));
      log.running--;
      const error = fails(i);
      if (error) throw error;
      return { metrics: ["i"], values: Float64Array.of(i), reads: [], seconds: 0 };
    },
  };
  return { log, runners: Array.from({ length: count }, () => runner) };
}

/** Keeps what is saved, and sees that each result belongs to its unit. */
function saver() {
  const saved: number[] = [];
  const save = (unit: Unit, { values }: UnitResult) => {
    assert.equal(values[0], numberOf(unit));
    saved.push(numberOf(unit));
  };
  return { saved, save, sorted: () => saved.toSorted((a, b) => a - b) };
}
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

const speeds = fc.array(fc.nat(4), { minLength: 1, maxLength: 12 });

Deno.test("any number of runners, finishing in any order: each unit starts once, in order, and is saved when ready", async () => {
  await fc.assert(
    fc.asyncProperty(speeds, fc.integer({ min: 1, max: 4 }), async (turns, count) => {
      const { log, runners } = fakeRunners(count, (unit) => turns[unit]), { save, sorted } = saver();
      assert.deepEqual(await execute(fakeUnits(turns.length), runners, save, silent, forever), []);
      assert.deepEqual(log.started, upTo(turns.length));
      assert.deepEqual(sorted(), upTo(turns.length));
    }),
    { numRuns: 30 },
  );
});

Deno.test("units that share work go to one runner; none is idle for it", async () => {
  const keys = fc.array(fc.constantFrom("a", "b", "c", undefined), { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(keys, fc.integer({ min: 1, max: 3 }), async (shares, count) => {
      const units = fakeUnits(shares.length).map((unit, i) => ({ ...unit, shares: shares[i] }));
      const begun: { key: string | undefined; runner: number; left: (string | undefined)[] }[] = [];
      const left = new Set(units);
      const runners = Array.from({ length: count }, (_, runner): UnitRunner => ({
        async run(unit) {
          left.delete(unit as typeof units[number]);
          begun.push({ key: unit.shares, runner, left: [...left].map((other) => other.shares) });
          await new Promise((resolve) => setTimeout(resolve));
          return { metrics: ["i"], values: Float64Array.of(numberOf(unit)), reads: [], seconds: 0 };
        },
      }));
      const { save, sorted } = saver();
      assert.deepEqual(await execute(units, runners, save, silent, forever), []);
      assert.deepEqual(sorted(), upTo(shares.length));
      const owner = new Map<string, number>();
      for (const { key, runner, left } of begun) {
        const other = key !== undefined && owner.has(key) && owner.get(key) !== runner;
        const mine = (key: string | undefined) => key === undefined || (owner.get(key) ?? runner) === runner;
        if (other) assert.ok(!left.some(mine), "takes over only when nothing else is left");
        if (key !== undefined) owner.set(key, runner);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("runners work at the same time", async () => {
  const { log, runners } = fakeRunners(3, () => 2);
  await execute(fakeUnits(9), runners, () => {}, silent, forever);
  assert.equal(log.most, 3);
});

Deno.test("a mistake of the program stops the run, saves what is in flight, and is what is thrown", async () => {
  await fc.assert(
    fc.asyncProperty(speeds, fc.integer({ min: 1, max: 3 }), fc.nat(8), async (turns, count, at) => {
      const bad = at % turns.length, mistake = new TypeError("a mistake");
      const { log, runners } = fakeRunners(count, (unit) => turns[unit], (unit) => unit === bad ? mistake : undefined);
      const { save, sorted } = saver();
      await assert.rejects(execute(fakeUnits(turns.length), runners, save, silent, forever), mistake);
      assert.equal(log.running, 0, "nothing is in flight when the store is closed");
      assert.deepEqual(sorted(), log.started.filter((unit) => unit !== bad).toSorted((a, b) => a - b));
    }),
    { numRuns: 30 },
  );
});

Deno.test("a unit that cannot be computed with these options stops no other, and is told with its question", async () => {
  for (const count of [1, 3]) {
    const fails = (unit: number) => unit % 3 === 1 ? new UserError(`unit ${unit} diverged`) : undefined;
    const { log, runners } = fakeRunners(count, () => 0, fails), { save, sorted } = saver();
    let finished = 0;
    const counting = { ...silent, finish: () => void finished++ };
    const failures = await execute(fakeUnits(8), runners, save, counting, forever);
    assert.deepEqual(failures, [1, 4, 7].map((i) => ({ question: `q${i % 2}`, message: `unit ${i} diverged` })));
    assert.deepEqual(sorted(), [0, 2, 3, 5, 6]);
    assert.equal(log.started.length, 8);
    assert.equal(finished, 8);
  }
});

Deno.test("what the store refuses ends the run", async () => {
  const full = new UserError("results.sqlite: database or disk is full");
  const save = (unit: Unit) => {
    if (numberOf(unit) === 2) throw full;
  };
  const { log, runners } = fakeRunners(1, () => 0);
  await assert.rejects(execute(fakeUnits(8), runners, save, silent, forever), full);
  assert.deepEqual(log.started, [0, 1, 2]);
});

Deno.test("a stop is obeyed between units and loses none that has begun", async () => {
  const { log, runners } = fakeRunners(2, () => 1), { save, sorted } = saver();
  await execute(fakeUnits(8), runners, save, silent, () => log.started.length >= 3);
  assert.ok(log.started.length >= 3 && log.started.length < 8);
  assert.deepEqual(sorted(), log.started);
});
