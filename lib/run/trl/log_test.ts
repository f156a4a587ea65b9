/** What is read of the log of a training by transformers, and what is refused. */
import assert from "node:assert/strict";
import { curveOf } from "./curve.ts";
import { notesOf } from "./notes.ts";
import { withText } from "./text_file_test_helpers.ts";
import { readTrainerState } from "./trainer_state.ts";

const HERE = new URL("testdata/", import.meta.url).pathname;
const line = (step: number, more: object = {}) => ({ step, loss: 0.6, grad_norm: 2, learning_rate: 1e-4, ...more });
const rewards = (chosen: number, rejected: number, accuracy: number, before = "") => ({
  [`${before}rewards/chosen`]: chosen,
  [`${before}rewards/rejected`]: rejected,
  [`${before}rewards/accuracies`]: accuracy,
});
const look = (step: number, more: object = {}) => ({ step, eval_loss: 0.5, ...more });

/** A state with these lines, as text that may have Python's names of numbers. */
const stateOf = (lines: readonly object[], more: object = {}) =>
  JSON.stringify({ global_step: 20, max_steps: 20, log_history: lines, ...more }).replaceAll(
    /"(NaN|-?Infinity)"/g,
    "$1",
  );

const read = (text: string, reading: { beta?: number; evaluation?: string; reference?: boolean } = {}) =>
  withText(
    "trainer_state.json",
    text,
    async (path) => curveOf(await readTrainerState(path), { reference: true, beta: 0.5, where: "state", ...reading }),
  );

Deno.test("a line of several steps stands in their middle, its gradient and rate with it", async () => {
  const { curve, stepsOfLine } = await read(stateOf([line(1), line(4, { learning_rate: 3e-4 }), line(8)]));
  assert.deepEqual(curve.map(({ step }) => step), [0, 2, 5.5]);
  assert.deepEqual([stepsOfLine, curve[1].learningRate], [4, 3e-4]);
});

Deno.test("rewards over β are log-ratios; where all are exactly 0 every pair is a tie", async () => {
  const { curve, ties } = await read(
    stateOf([line(1, rewards(0, 0, 0)), line(2, rewards(1, -0.5, 0.25)), line(3, rewards(0, 0, 1))]),
  );
  assert.deepEqual(curve.map((p) => [p.chosenRatio, p.rejectedRatio, p.accuracy]), [[0, 0, 0.5], [2, -1, 0.25], [
    0,
    0,
    1,
  ]]);
  assert.equal(ties, 1);
});

Deno.test("what the log lacks, or what says nothing, is named as absent", async () => {
  const lines = [line(1, { ...rewards(-3, -4, 1), "logps/chosen": -30, grad_norm: undefined })];
  const { absent, curve } = await read(stateOf(lines), { reference: false });
  assert.deepEqual(absent, ["rejected", "chosenRatio", "rejectedRatio", "gradientNorm"]);
  assert.equal(curve[0].chosen, -30);
  const unknown = { where: "state" };
  const state = await readTrainerState(`${HERE}trainer_state.json`);
  assert.deepEqual(curveOf(state, { ...unknown, reference: true }).absent, ["chosenRatio", "rejectedRatio"]);
  assert.deepEqual(curveOf(state, { ...unknown, reference: true, beta: 0.2 }).absent, []);
});

Deno.test("of several evaluations of a step the first is taken, of several sets the one that is named", async () => {
  const twice = await read(stateOf([look(4), look(4, { eval_loss: 9 }), look(8)]));
  assert.deepEqual([twice.curve.map(({ loss }) => loss), twice.again], [[0.5, 0.5], [4]]);
  const named = (name: string, loss: number) => ({ step: 4, [`eval_${name}_loss`]: loss, eval_nll_loss: 7 });
  const sets = stateOf([named("a", 1), named("b", 2)]);
  assert.deepEqual((await read(sets, { evaluation: "b" })).curve.map(({ loss }) => loss), [2]);
  assert.deepEqual((await read(stateOf([named("a", 1)]))).curve.map(({ loss }) => loss), [1]);
  const message = "state: has evaluations of a, b, and a curve is of one; name it with --eval";
  await assert.rejects(read(sets), { name: "UserError", message });
  await assert.rejects(read(sets, { evaluation: "c" }), {
    message: "--eval c: state has no such evaluation set; it has a, b",
  });
});

Deno.test("lines of an evaluation follow from its time and rate where rounding leaves no doubt", async () => {
  const timed = (
    eval_runtime: number,
    eval_samples_per_second: number,
  ) => [look(4, { eval_runtime, eval_samples_per_second })];
  assert.equal((await read(stateOf(timed(7.8092, 1.152)))).heldOut, 9);
  assert.equal((await read(stateOf(timed(1200, 0.833)))).heldOut, undefined);
});

Deno.test("a number that is not finite is refused by step and name; a gradient alone is left out and counted", async () => {
  const refused = (lines: readonly object[], message: RegExp) =>
    assert.rejects(read(stateOf(lines)), { name: "UserError", message });
  await refused(
    [line(3, { loss: "NaN" })],
    /^state: loss of step 3 is NaN: the training diverged; import the state of a/,
  );
  await refused(
    [line(3, rewards(1, 2, 1)), line(4, { "logps/chosen": "-Infinity" })],
    /: logps\/chosen of step 4 is -Inf/,
  );
  await refused([line(3), look(3, { eval_loss: "NaN" })], /: eval_loss of step 3 is NaN/);
  await refused(
    [line(3, { loss: 0, grad_norm: "NaN" })],
    /^state: the loss of step 3 is 0 beside a gradient of NaN: so/,
  );
  await refused([line(3, { loss: "0.5" })], /: loss of step 3 is "0\.5", and no number/);
  await refused([line(3, { loss: null })], /: loss of step 3 is missing/);
  const { curve, overflowed } = await read(stateOf([line(1, { grad_norm: "Infinity" }), line(2)]));
  assert.deepEqual([curve.map(({ gradientNorm }) => gradientNorm), overflowed], [[NaN, 2], [1]]);
});

Deno.test("what is no state of a trainer is one line that says what to name", async () => {
  const refused = (text: string, message: RegExp) => assert.rejects(read(text), { name: "UserError", message });
  await refused("loss,step\n", /trainer_state\.json: not JSON \(/);
  await refused("[]", /: not an object of JSON; it is another kind of file$/);
  await refused('{"results": []}', /: has no log_history; name the trainer_state\.json that a trainer of transformers/);
  await refused('{"log_history": {}}', /: has no log_history/);
  await refused('{"log_history": []}', /: has no global_step/);
  await refused(stateOf([{ loss: 1 }]), /: entry 0 of log_history has no step/);
  await refused(stateOf([{ step: 1, epoch: 1 }]), /: log_history has no loss; train with a logging_steps/);
  await refused(stateOf([line(2), line(2)]), /: a line of step 2 is out of order: it is no log of one training/);
  await refused(stateOf([line(21)]), /: a line of step 21 is out of order/);
  await refused(stateOf([line(1), { step: 1e30, eval_loss: 1 }]), /: a line of step 1e\+30 is out of order/);
  await refused(stateOf([{ step: 4, eval_loss: 1 }, { step: 2, eval_loss: 1 }]), /: a line of step 2 is out of order/);
  await assert.rejects(readTrainerState("no/such.json"), {
    message: "no/such.json: there is no such file; check the path",
  });
  await assert.rejects(readTrainerState(HERE), { message: `${HERE}: is a folder; name the trainer_state.json in it` });
});

Deno.test("notes say what was undone and what cannot be", async () => {
  const text = stateOf([
    ...[
      look(0, { eval_runtime: 3, eval_samples_per_second: 3, "eval_rewards/accuracies": 0.5 }),
      line(10, rewards(1, -1, 1)),
      look(10),
    ],
    line(20, { grad_norm: "NaN" }),
  ]);
  const about = async (args: Record<string, unknown>, trainer: "DPO" | "KTO" | "CPO" = "DPO", recomputed = false) => {
    const types = [args.loss_type].flat().filter((type) => typeof type === "string");
    const notes = notesOf({ trainer, types, args, reference: trainer !== "CPO", read: await read(text), recomputed });
    return notes.join("\n");
  };
  const args = { beta: 0.5, per_device_eval_batch_size: 4, loss_type: ["sigmoid"] };
  const usual = await about(args);
  assert.match(usual, /^Not in the log: log-probs of chosen responses, log-probs of rejected responses\.$/m);
  assert.match(
    usual,
    /^A line of the log is a mean of up to 10 steps, and stands in the middle of them; its gradient/m,
  );
  assert.match(usual, /^Log-ratios are TRL's rewards divided by β = 0\.5\.$/m);
  assert.match(
    usual,
    /are means of the means of 3 batches, the last of 1 of the 9 lines: .* not of 4\. Predictions undo it/,
  );
  assert.match(
    usual,
    /^The gradient was not finite in 1 of the logged steps, first in step 20: those lengths are left/m,
  );
  assert.doesNotMatch(await about({ ...args, per_device_eval_batch_size: 3 }), /batches/);
  assert.doesNotMatch(await about(args, "DPO", true), /batches/);
  assert.match(
    await about({ ...args, per_device_eval_batch_size: undefined }),
    /the last may be smaller\. Predictions/,
  );
  assert.match(
    await about({ ...args, loss_type: ["ipo"] }),
    /: sums over tokens, though the loss of ipo averages over them\./,
  );
  assert.match(await about({ ...args, f_divergence_type: "forward_kl" }), /: plain ones, though .* under forward_kl\./);
  assert.match(
    await about({ ...args, label_smoothing: 0.1 }),
    /^label_smoothing 0\.1 was given, and sigmoid does not read/m,
  );
  assert.doesNotMatch(await about({ ...args, label_smoothing: 0.1, loss_type: ["robust"] }), /label_smoothing/);
  assert.match(
    await about({ ...args, loss_type: ["sigmoid", "sft"], loss_weights: [1, 0.5] }),
    /^The loss is a sum, 1 sigmoid \+ 0\.5 sft; the formula above is of its first part\.$/m,
  );
  assert.match(await about({ ...args, loss_type: ["bco_pair"] }), /bco_pair has no shift/);
  assert.match(
    await about({ ...args, loss_type: "simpo", cpo_alpha: 1 }, "CPO"),
    /likelihood .* with cpo_alpha 1 for its/,
  );
});
