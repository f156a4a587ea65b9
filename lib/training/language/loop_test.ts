import assert from "node:assert/strict";
import { startBackend, tf } from "../../tensor/backend.ts";
import type { Example } from "./examples.ts";
import { type LoopOptions, type Progressed, runLoop } from "./loop.ts";
import { objectiveOf } from "./objectives.ts";
import { batchAt } from "./order.ts";
import { rateAt } from "./schedule.ts";
import { loadState, saveState } from "./saved_state.ts";
import { tinyPairs, tinySetting } from "./tiny_test_helpers.ts";
import { trainedWeights, type Trainer, trainerOf } from "./trainer.ts";

const OPTIONS: LoopOptions = {
  ...{ seed: 3, batch: 4, evaluateEvery: 2, saveEvery: 3 },
  schedule: { kind: "cosine", peak: 0.01, warmup: 2, steps: 7 },
};

/** A trainer of the tiny model with its weights. */
function started(examples: readonly Example[], objective = objectiveOf("dpo", { loss: { beta: 0.5 } })) {
  const setting = tinySetting({ objective }, examples), weights = trainedWeights(setting.model, () => true);
  const trainer = trainerOf(setting, weights, { weightDecay: 0.1, clipNorm: 1, seed: 3 });
  const free = () => {
    trainer.dispose();
    setting.model.dispose();
  };
  return { trainer, weights, free, numbers: () => weights.map(({ variable }) => variable.dataSync().slice()) };
}

const silent = { point: () => {}, best: () => {}, save: () => {} };

Deno.test("a training that is stopped at any save ends with the bytes of one that ran through", async () => {
  await startBackend("wasm");
  const folder = await Deno.makeTempDir();
  try {
    const examples = tinyPairs(9), data = { train: examples.slice(0, 6), heldOut: examples.slice(6) };
    const through = started(examples);
    const whole = await runLoop(through.trainer, data, OPTIONS, silent);
    assert.deepEqual([whole.steps, whole.stopped], [7, false]);
    assert.deepEqual(whole.curve.filter(({ on }) => on === "held-out").map(({ step }) => step), [0, 2, 4, 6, 7]);
    assert.deepEqual(whole.curve.filter(({ on }) => on === "train").map(({ learningRate }) => learningRate), [
      ...Array.from({ length: 7 }, (_, step) => rateAt(OPTIONS.schedule, step)),
    ]);

    class Stopped extends Error {}
    for (const at of [3, 6]) {
      const first = started(examples);
      const save = async (progress: Progressed) => {
        await saveState(folder, { of: "this test" }, first.trainer, first.weights, progress);
        if (first.trainer.steps === at) throw new Stopped();
      };
      await assert.rejects(runLoop(first.trainer, data, OPTIONS, { ...silent, save }), Stopped);
      first.free();
      const second = started(examples);
      const from = loadState(folder, { of: "this test" }, second.trainer, second.weights);
      assert.equal(second.trainer.steps, at);
      const rest = await runLoop(second.trainer, data, OPTIONS, silent, from);
      assert.deepEqual(rest, whole);
      assert.deepEqual(second.numbers(), through.numbers());
      second.free();
    }
    assert.equal([...Deno.readDirSync(folder)].length, 2); // one state alone is kept

    const third = started(examples),
      load = (settings: Record<string, unknown>) => () => loadState(folder, settings, third.trainer, third.weights);
    assert.throws(load({ of: "another", more: 1 }), {
      name: "UserError",
      message:
        `${folder}: holds a training with other settings (of was "this test" and is "another", more was not given and is 1); ` +
        "take --fresh or another --out",
    });
    const path = `${folder}/state-6.safetensors`, bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.with(-1, bytes.at(-1)! ^ 1));
    assert.throws(load({ of: "this test" }), {
      name: "UserError",
      message: /state-6\.safetensors: damaged or missing/,
    });
    await Deno.writeTextFile(`${folder}/state.json`, "{");
    assert.throws(load({}), { name: "UserError", message: /state\.json: damaged; take --fresh/ });
    await Deno.remove(`${folder}/state.json`);
    assert.equal(load({})(), undefined);
    [through, third].forEach(({ free }) => free());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A trainer whose held-out losses are given. */
function scripted(losses: number[]): Trainer {
  const result = { chosen: 0, rejected: 0, chosenRatio: 0, rejectedRatio: 0, accuracy: 0.5 };
  let steps = 0;
  return {
    get steps() {
      return steps;
    },
    step: () => (steps++, { ...result, loss: 1, gradientNorm: 1 }),
    evaluate: () => ({ ...result, loss: losses.shift()! }),
    state: () => assert.fail(),
    restore: () => assert.fail(),
    dispose: () => {},
  };
}

Deno.test('the rule "patience" stops after so many looks without a lower loss, and tells of each lowest', async () => {
  const [example] = tinyPairs(1),
    data = { train: [example], heldOut: [example] },
    schedule = { ...OPTIONS.schedule, steps: 50 };
  const options = { ...OPTIONS, schedule, evaluateEvery: 1, saveEvery: 100, patience: 2 };
  const trainer = scripted([0.7, 0.6, 0.65, 0.5, 0.5, 0.55, 0.1]), best: number[] = [];
  let saves = 0;
  const ended = await runLoop(trainer, data, options, {
    ...silent,
    ...{ best: () => void best.push(trainer.steps), save: () => void saves++ },
  });
  assert.deepEqual(best, [0, 1, 3]);
  assert.deepEqual([ended.steps, ended.stopped, ended.watch, saves], [5, true, { best: 0.5, step: 3, since: 2 }, 1]);
});

Deno.test("numbers that leave the finite ones end a training with the state before that step saved", async () => {
  await startBackend("wasm");
  const examples = tinyPairs(4), { trainer, weights, free, numbers } = started(examples);
  const saved: number[] = [];
  const data = { train: examples, heldOut: [] },
    schedule = { kind: "constant", peak: 0.01, warmup: 0, steps: 9 } as const;
  let before: unknown;
  const point = ({ step }: { step: number }) => {
    if (step !== 2) return;
    tf.tidy(() => weights[3].variable.assign(tf.fill(weights[3].variable.shape, NaN)));
    before = numbers();
  };
  await assert.rejects(
    runLoop(trainer, data, { ...OPTIONS, schedule }, {
      ...silent,
      point,
      save: ({ curve }) => void saved.push(trainer.steps, curve.length),
    }),
    { name: "UserError", message: /^training stopped: policyChosen\[0\] is NaN: .*, seed 3, step 3\)$/ },
  );
  assert.deepEqual(saved, [3, 3, 3, 3]); // by the plan, and again by the error
  assert.deepEqual(numbers(), before);
  free();
});

Deno.test("every epoch has each line once, in an order of its own", () => {
  const [first, second] = [0, 1].map((epoch) => [0, 1, 2].flatMap((i) => batchAt(5, 3 * epoch + i, 4, 12)));
  const all = Array.from({ length: 12 }, (_, i) => i), sorted = (of: number[]) => of.toSorted((a, b) => a - b);
  assert.deepEqual(sorted(first), all);
  assert.deepEqual(sorted(second), all);
  assert.notDeepEqual(first, second);
  // A batch may take the end of one epoch and the beginning of the next.
  assert.deepEqual([...batchAt(5, 0, 5, 12), ...batchAt(5, 1, 5, 12), ...batchAt(5, 2, 5, 12)], [
    ...first,
    ...second.slice(0, 3),
  ]);
});
