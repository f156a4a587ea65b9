import assert from "node:assert/strict";
import { objectiveOf } from "../training/language/objectives.ts";
import { trainableLosses } from "./train_losses.ts";
import { TRAIN_HELP, trainOptions } from "./train_options.ts";

const NEEDED = ["--model", "m", "--pairs", "p"];
const read = (...flags: string[]) => trainOptions([...NEEDED, ...flags])!;

Deno.test("defaults are an adapter of rank 8 and DPO with β = 0.1", () => {
  const { loss, objective, whole, targets, numbers, schedule, rules, out } = read();
  assert.deepEqual([loss, objective, whole, targets, numbers.rank, schedule, out], [
    ...["dpo", { loss: { beta: 0.1 } }, false, ["q_proj", "v_proj"], 8, "linear", "reports/train"],
  ]);
  assert.deepEqual(rules, { start: "tokenizer", end: true, maxLength: 512, truncation: "keep_start" });
});

Deno.test("options of losses are read by the table; likelihoods as the papers have them", () => {
  assert.deepEqual(read("--loss", "f-dpo", "--divergence", "alpha:0.5").objective.loss, {
    ...{ beta: 0.1, divergence: { kind: "alpha", alpha: 0.5 } },
  });
  assert.deepEqual(read("--loss", "orpo", "--lambda", "0.2").objective, {
    ...{ loss: { lambda: 0.2 }, likelihood: { weight: 1, prompt: false } },
  });
  assert.deepEqual(read("--loss", "contrastive-po", "--likelihood", "0", "--link", "hinge").objective, {
    loss: { beta: 0.1, link: "hinge" },
  });
  assert.deepEqual(read("--likelihood", "0.5", "--likelihood-prompt").objective.likelihood, {
    weight: 0.5,
    prompt: true,
  });
  assert.deepEqual(read("--loss", "kto", "--undesirable-weight", "2").objective.loss, {
    beta: 0.1,
    undesirableWeight: 2,
  });
});

Deno.test("options that objectives have beside their losses, and ways to weigh texts", () => {
  const options = (...flags: string[]) => read("--loss", ...flags).objective.loss;
  assert.deepEqual(options("causal-cpo"), { ratio: { kind: "plain" }, klWeight: 0 });
  assert.deepEqual(options("dr-cpo", "--ratio", "stabilised:0.8:1.2", "--kl-weight", "0.1"), {
    ...{ ratio: { kind: "stabilised", low: 0.8, high: 1.2 }, klWeight: 0.1 },
  });
  assert.deepEqual(options("davidson", "--nu", "1"), { nu: 1, beta: 0.1 });
  assert.deepEqual(options("stackelberg-probability", "--floor", "0.02", "--radius", "0.05"), {
    ...{ beta: 0.1, floor: 0.02, radius: 0.05 },
  });
});

Deno.test("help is asked for with --help, and has every loss and flag", () => {
  assert.equal(trainOptions(["--help"]), undefined);
  const listed = TRAIN_HELP.split("each behind the lines that it reads")[1].split("\n\n")[0].split(/[\s,]+/);
  for (const { name } of trainableLosses) assert.equal(listed.filter((word) => word === name).length, 1, name);
  for (const flag of ["--held-out FILE", "--patience INT", "--recompute", "--lora-alpha NUM"]) {
    assert.ok(TRAIN_HELP.includes(flag), flag);
  }
});

Deno.test("every mistake is one line that names the flag", () => {
  const refused: readonly (readonly [flags: string[], message: string | RegExp])[] = [
    [["--loss", "dpp"], /^--loss: unknown loss "dpp", did you mean .*\? Known are /],
    [["--epochs", "0"], "--epochs 0: nothing would be learned; take more than 0"],
    [["--loss", "bradley-terry"], /^loss bradley-terry reads rewards of a reward model, .*; .* it is dpo$/],
    [["--loss", "causal-cpo", "--ratio", "clipped"], /^--ratio clipped: choose one of plain, self-normalised, stabil/],
    [
      ["--loss", "causal-cpo", "--radius", "1"],
      "--radius has no effect with loss causal-cpo; it has --ratio, --baseline, --kl-weight",
    ],
    [["--loss", "simpo"], "loss simpo needs --gamma: >= 0; γ, the margin aimed at, after β"],
    [["--gamma", "1"], "--gamma has no effect with loss dpo; it has --beta, --label-smoothing"],
    [["--loss", "sft", "--beta", "1"], "--beta has no effect with loss sft; it has no options"],
    [["--batch", "0"], '--batch: expected an integer from 1 to 100000, got "0"'],
    [["--train", "all"], "--train all: choose one of adapter, weights"],
    [["--products", "quantised"], "--products quantised: choose float32 or bfloat16"],
    [
      ["--products", "bfloat16", "--train", "weights"],
      "--products bfloat16 has no effect with --train weights, unless --layers leaves some as they are",
    ],
    [["--products", "half"], "--products half: choose float32 or bfloat16"],
    [["--train", "weights", "--rank", "4"], "--rank has no effect with --train weights"],
    [["--train", "weights", "--rs-lora"], "--rs-lora has no effect with --train weights"],
    [["--train", "weights", "--adapter", "a"], "--adapter has no effect with --train weights"],
    [["--adapter", "a", "--rank", "4"], "--rank has no effect with --adapter, which has its own"],
    [["--adapter", "a", "--rs-lora"], "--rs-lora has no effect with --adapter, which has its own scale"],
    [["--likelihood-prompt"], "--likelihood-prompt has no effect without --likelihood"],
    [["--held-out", "f", "--held-share", "0.1"], "--held-out and --held-share exclude each other; give one of them"],
    [["--patience", "2"], "--patience has no effect where nothing is held out; give --held-out or --held-share"],
    [["--steps", "2", "--epochs", "1"], "--steps and --epochs exclude each other; give one of them"],
    [["--likelihood", "x"], /^--likelihood: expected a number from 0 to/],
    [["--out", ""], "--out needs a FOLDER, and got an empty path"],
    [["--held-out", ""], "--held-out needs a FILE, and got an empty path"],
    [["--modle", "x"], "unknown flag --modle, did you mean --model? See --help"],
  ];
  for (const [flags, message] of refused) assert.throws(() => read(...flags), { name: "UserError", message });
  assert.throws(() => trainOptions(["--pairs", "p"]), { message: "--model FOLDER|FILE is needed; see --help" });
});

Deno.test("losses that can be named are those that an objective is made of", () => {
  for (const { name } of trainableLosses) assert.equal(objectiveOf(name, { loss: {} }).name, name);
  assert.equal(trainableLosses.length, 45);
});
