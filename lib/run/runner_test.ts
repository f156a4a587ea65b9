import assert from "node:assert/strict";
import { skippedIf } from "../optional/skipping.ts";
import { startBackend, tf } from "../tensor/backend.ts";
import { testedBackends } from "../tensor/backends_test_helpers.ts";
import { gpuAdapter } from "../tensor/webgpu/adapter.ts";
import { DivergenceError } from "../user_error.ts";
import type { Question } from "./experiment.ts";
import { experimentFlags, planRun } from "./plan.ts";
import { createRunner } from "./runner.ts";
import { experimentOf, questionOf, type Values } from "./demo_test_helpers.ts";
import { rowsOf } from "./rows_test_helpers.ts";
import { blockOf, unitsOf } from "./units.ts";

async function unitsAndRunner(question: Question<Values>, ...args: string[]) {
  const experiment = experimentOf(question);
  const plan = await planRun(experiment, experimentFlags(experiment, args), undefined);
  return { units: unitsOf(plan), runner: createRunner(experiment, plan), plan };
}

Deno.test("arms and conditions share streams, seeds and names do not; blocks change nothing", async () => {
  const run = async (block: number | undefined, ...args: string[]) => {
    const { units, runner } = await unitsAndRunner(questionOf({ block }), "--seeds", "4", ...args);
    const rows = [];
    for (const unit of units) rows.push(...rowsOf([blockOf(unit, await runner.run(unit))]));
    return rows;
  };
  const whole = await run(undefined);
  assert.deepEqual(whole.slice(0, 2).map(({ arm, seed, metric }) => [arm, seed, metric]), [
    ["cpo", 0, "score"],
    ["cpo", 0, "seed"],
  ]);
  const scores = whole.filter(({ metric }) => metric === "score");
  for (const { seed, value } of scores) assert.equal(value, scores.find((other) => other.seed === seed)!.value);
  assert.equal(new Set(scores.map(({ value }) => value)).size, 4);
  const sorted = (rows: typeof whole) => rows.map((row) => JSON.stringify(row)).sort();
  assert.deepEqual(sorted(await run(3)), sorted(whole));
  assert.notDeepEqual(await run(undefined, "--seed", "2"), whole);
});

Deno.test("what a question prepares is loaded once, from a stream that no unit shares", async () => {
  let loads = 0;
  const question = questionOf({
    prepare: ({ rng }) => Promise.resolve({ load: ++loads, draw: rng.uniform() }),
    run: ({ prepared, seeds }) => ({ draw: seeds.map(() => (prepared as { draw: number }).draw) }),
  });
  const { units, runner } = await unitsAndRunner(question, "--seeds", "2");
  const draws = new Set<number>();
  for (const unit of units) (await runner.run(unit)).values.forEach((draw) => draws.add(draw));
  assert.equal(loads, 1);
  assert.equal(draws.size, 1);
});

Deno.test("a unit tells the options it rests on: its own and those of what it was prepared with", async () => {
  const question = questionOf({
    prepare: ({ options }) => Promise.resolve(options.bootstraps),
    run: ({ options, arm, seeds }) => ({ score: seeds.map(() => arm === "cpo" ? options.texts : 0) }),
  });
  const { units, runner } = await unitsAndRunner(question, "--seeds", "2");
  const [cpo, drCpo] = units;
  assert.deepEqual((await runner.run(drCpo)).reads, ["seed", "bootstraps"]);
  assert.deepEqual((await runner.run(cpo)).reads, ["seed", "bootstraps", "texts"]);
  // What an earlier unit looked at may live on in what was prepared.
  assert.deepEqual((await runner.run(drCpo)).reads, ["seed", "bootstraps", "texts"]);
});

Deno.test("a metric that is not finite, or too short, names question, arm, condition, metric and seed", async () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    const { units, runner } = await unitsAndRunner(
      questionOf({ run: ({ seeds }) => ({ ess: seeds.map((s) => s === 2 ? value : 1) }) }),
    );
    await assert.rejects(runner.run(units[3]), {
      name: "UserError",
      message: `value dr-cpo strength=1 seeds 0-19: metric ess is ${value} at seed 2`,
    });
  }
  const { units, runner } = await unitsAndRunner(questionOf({ run: () => ({ ess: [1, 2] }) }));
  await assert.rejects(runner.run(units[0]), {
    name: "TypeError",
    message: "value cpo strength=0 seeds 0-19: metric ess has 2 values for 20 seeds",
  });
});

Deno.test("what mathematics throws under changed options is a line that names unit and options; our mistakes are not", async () => {
  const thrown = async (error: Error, ...args: string[]) => {
    const question = questionOf({
      run: () => {
        throw error;
      },
    });
    const { units, runner } = await unitsAndRunner(question, ...args);
    return await runner.run(units[0]).then(() => undefined, (found: Error) => found);
  };
  const range = new RangeError("weight 3 overflows"), mistake = new TypeError("a mistake");
  const diverged = DivergenceError.of({ what: "loss", value: NaN, arm: "cpo", seed: 4, step: 2 });
  const told = await thrown(range, "--seeds", "5", "--strengths", "7");
  assert.ok(told instanceof DivergenceError);
  assert.equal(
    told.message,
    "value cpo strength=7 seeds 0-4: weight 3 overflows; it runs with --seeds 5 --strengths 7",
  );
  assert.equal(told.cause, range);
  assert.equal(await thrown(range), range, "under the preset's own options it is our mistake");
  assert.equal(await thrown(mistake, "--seeds", "5"), mistake);
  assert.equal(
    (await thrown(diverged))?.message,
    "value cpo strength=0 seeds 0-19: training stopped: loss is NaN (arm cpo, seed 4, step 2)",
  );
});

Deno.test({
  ...skippedIf(
    !testedBackends.includes("webgpu"),
    "a unit whose GPU failed gives no rows, however it ended",
    "GPU",
  ),
  fn: async () => {
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
    assert.equal((await runner.run(units[0])).metrics[0], "score");
  },
});
