/** Settings for TRL of trainings of a language model: all that differs is set, or said. */
import assert from "node:assert/strict";
import { trainOptions } from "../train_options.ts";
import { trlSettings } from "./export.ts";
import { askedOf, commonSettings } from "./training.ts";

const told = (...flags: string[]) => trainOptions(["--model", "m", "--pairs", "p.jsonl", ...flags])!;
const common = (...flags: string[]) => commonSettings(told(...flags), { layers: 3 });

Deno.test("optimiser, rate, batch and length are TRL's arguments, a warm-up of a constant rate under its own name", () => {
  const flags = ["--batch", "6", "--micro", "2", "--learning-rate", "2e-5", "--weight-decay", "0.1", "--clip", "0"];
  assert.deepEqual(common(...flags, "--seed", "7", "--max-length", "64", "--schedule", "cosine").training, {
    ...{ learning_rate: 2e-5, lr_scheduler_type: "cosine", warmup_steps: 0, weight_decay: 0.1, max_grad_norm: 0 },
    ...{ per_device_train_batch_size: 6, seed: 7, max_length: 64 },
  });
  const scheduler = (...flags: string[]) => common("--schedule", "constant", ...flags).training.lr_scheduler_type;
  assert.deepEqual([scheduler(), scheduler("--warmup", "3")], ["constant", "constant_with_warmup"]);
});

Deno.test("an adapter is peft's; weights and an adapter that is there have none", () => {
  assert.deepEqual(common("--rank", "4", "--lora-alpha", "8", "--layers", "2", "--targets", "all-linear").peft, {
    ...{ r: 4, lora_alpha: 8, use_rslora: false, lora_dropout: 0, layers_to_transform: [1, 2] },
    target_modules: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
  });
  assert.equal(common("--targets", "all-linear", "--rs-lora").peft?.target_modules, "all-linear");
  assert.equal(common("--train", "weights").peft, undefined);
  assert.equal(common("--adapter", "a").peft, undefined);
});

Deno.test("what no argument says is said in a note, and nothing else is", () => {
  const usual = common("--train", "weights", "--start", "tokenizer").notes;
  const added = (...flags: string[]) => common(...flags).notes.filter((note) => !usual.includes(note));
  assert.equal(usual.length, 2);
  const notes: readonly [flags: string[], ...notes: RegExp[]][] = [
    [["--train", "weights", "--no-end"], /^Here completions get no end token/],
    [["--train", "weights", "--truncation", "keep_end"], /loses its beginning; in TRL its end/],
    [["--train", "weights", "--held-share", "0.25"], /^Here a share of 0.25 of the prompts is held out/],
    [["--train", "weights", "--layers", "2"], /^Here only the last 2 layers move/],
    [["--train", "weights", "--start", "never"], /^Here texts begin by --start never/],
    [[], /^The adapter begins with other random numbers/],
    [["--train", "weights", "--layers", "2", "--products", "bfloat16"], /^Here only the last 2/, /in bfloat16\.$/],
    [["--adapter", "a"], /^The adapter is that of a; the reference is the model without it/],
  ];
  for (const [flags, ...expected] of notes) {
    const found = added(...flags);
    assert.equal(found.length, expected.length, found.join("\n"));
    expected.forEach((note, i) => assert.match(found[i], note));
  }
  // CPO's start token needs no word where ours is there as well.
  assert.ok(!common("--start", "always").notes.some((note) => note.startsWith("CPOTrainer")));
});

Deno.test("a loss is asked for with its steps, unless TRL has nothing that does the same with its lines", () => {
  const asked = (loss: string, weighted = false, ...flags: string[]) => {
    const { loss: name, objective } = told("--loss", loss, ...flags);
    return askedOf(name, objective, 9, weighted);
  };
  const { methods: { simpo } } = trlSettings(
    { simpo: asked("simpo", false, "--gamma", "1", "--likelihood", "0.5") },
    { usual: "p.jsonl" },
    common("--max-length", "64"),
  );
  assert.deepEqual([simpo.trainer, simpo.lines], ["CPOTrainer", "p.jsonl"]);
  const { max_steps, cpo_alpha, max_length } = simpo.args as Record<string, unknown>;
  assert.deepEqual([max_steps, cpo_alpha, max_length], [9, 0.5, 64]);
  // The note on a length that is not given goes where one is.
  assert.ok(!(simpo.notes as string[]).some((note) => note.startsWith("max_length")));
  assert.match(String(asked("dpo", true)), /have weights/);
  assert.match(String(asked("dpo", false, "--likelihood", "1", "--likelihood-prompt")), /does not count the prompt/);
  assert.notEqual(typeof asked("orpo", false, "--lambda", "0.2", "--likelihood-prompt"), "string");
  const { methods } = trlSettings({ dr: asked("dr-cpo") }, { usual: "p.jsonl" });
  assert.deepEqual(methods.dr, { loss: "dr-cpo", none: "TRL 1.16.0 has no such loss" });
});
