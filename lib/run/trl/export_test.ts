/** Settings for TRL: under them TRL minimised what the table's losses are, and they are read back as what was asked. */
import assert from "node:assert/strict";
import { losses, lossNamed } from "../../losses/mod.ts";
import { startBackend, type Tensor, tf } from "../../tensor/backend.ts";
import { type AskedLoss, trlSettings, trlTraining } from "./export.ts";
import { heldOutOf } from "./held_out.ts";
import { lossesOfPairs } from "./loss_of.ts";
import { tableLoss, type TrlTrainer } from "./losses.ts";
import type { Prediction } from "./predictions.ts";

const jsonOf = async (name: string) =>
  JSON.parse(await Deno.readTextFile(new URL(`testdata/${name}`, import.meta.url)));
const asked: Readonly<Record<string, AskedLoss>> = await jsonOf("asked.json");
const { found } = await jsonOf("agree.json") as {
  readonly found: Readonly<
    Record<string, {
      readonly args: object;
      readonly eval_loss: number;
      readonly rows: readonly Readonly<Record<string, number>>[];
    }>
  >;
};

/** The table's loss of TRL's log-probs, a mean over rows, with the likelihood beside it. */
function ours({ name, options, likelihood = 0 }: AskedLoss, rows: typeof found[string]["rows"]): number {
  const { loss, inputs } = lossNamed(name), column = (key: string) => tf.tensor1d(rows.map((row) => Number(row[key])));
  const at: Readonly<Record<string, string>> = {
    ...{ policyChosen: "chosen_logps", policyRejected: "rejected_logps", policy: "logps", desirable: "label" },
    ...{ referenceChosen: "ref_chosen_logps", referenceRejected: "ref_rejected_logps", reference: "ref_logps" },
    ...{ chosenTokens: "chosen_tokens", rejectedTokens: "rejected_tokens" },
  };
  const given = Object.fromEntries(inputs.map((input) => [input, column(at[input])]));
  const value = (loss as unknown as (given: Readonly<Record<string, Tensor>>, options: object) => Tensor)(given, {
    ...options,
    ...("kl" in rows[0] && { referencePoint: rows[0].kl }),
  });
  const sum = (key: string) => rows.reduce((total, row) => total + row[key], 0);
  const beside = "nll_loss" in rows[0] ? rows[0].nll_loss : -sum("chosen_logps") / sum("chosen_tokens");
  const each = Array.from(value.dataSync());
  return each.reduce((total, one) => total + one, 0) / rows.length + (likelihood && likelihood * beside);
}

Deno.test("under the settings that are written TRL's loss is the table's", async () => {
  await startBackend("cpu");
  assert.deepEqual(Object.keys(found), Object.keys(asked));
  const { methods } = trlSettings(asked, { usual: "pairs.jsonl" });
  for (const [method, { args, eval_loss, rows }] of Object.entries(found)) {
    assert.deepEqual(
      methods[method].args,
      args,
      `${method}: TRL ran with other arguments; see bench/peers/trl_agree.py`,
    );
    const value = ours(asked[method], rows);
    // Differences of sums of float32 of some hundred nats.
    assert.ok(
      Math.abs(value - eval_loss) < 1e-4 * Math.max(1, Math.abs(eval_loss)),
      `${method}: ${value}, ${eval_loss}`,
    );
  }
});

Deno.test("of predictions import-run computes the loss of the log's evaluation", async () => {
  const some = Object.entries(found).filter(([method, { args, rows }]) =>
    "ref_chosen_logps" in rows[0] && !method.startsWith("aot") &&
    (args as { loss_type: string[] }).loss_type.length === 1
  );
  assert.equal(some.length, 15);
  for (const [method, { eval_loss, rows }] of some) {
    const predictions = rows.map((row): Prediction => ({
      prompt: "",
      policy: [row.chosen_logps, row.rejected_logps],
      reference: [row.ref_chosen_logps, row.ref_rejected_logps],
      tokens: [row.chosen_tokens, row.rejected_tokens],
    }));
    const of = await lossesOfPairs(predictions, asked[method], false);
    const { lines } = heldOutOf(predictions, { perToken: false, ofTokens: method === "ipo-mean", losses: of! });
    const loss = lines.find(({ quantity }) => quantity === "loss")!.ours;
    assert.ok(Math.abs(loss - eval_loss) < 1e-4 * Math.max(1, Math.abs(eval_loss)), method);
    const margin = lines.find(({ quantity }) => quantity === "margin that the loss reads, nats a token");
    assert.equal(margin !== undefined, method === "ipo-mean");
  }
  const pair: Prediction = { prompt: "", policy: [-3, -4] };
  // Without a reference, or numbers of tokens, or an option, there is no loss of a pair.
  assert.equal(await lossesOfPairs([pair], asked.dpo, false), undefined);
  assert.equal(await lossesOfPairs([{ ...pair, reference: [-1, -1] }], asked["ipo-mean"], false), undefined);
  assert.equal(await lossesOfPairs([{ ...pair, reference: [-1, -1] }], { name: "dpo", options: {} }, false), undefined);
});

Deno.test("every loss that TRL has is among them, but for two whose log-probs are weighed", () => {
  const tried = new Set(Object.values(asked).map(({ name }) => name));
  const missing = losses.filter(({ name, trl }) => trl?.call !== undefined && !tried.has(name)).map(({ name }) => name);
  // A reward model is not trained on pairs by a loss of log-probs; the likelihood alone stands beside others above.
  assert.deepEqual(missing.sort(), ["bradley-terry", "ld-dpo", "sft", "wpo"]);
});

Deno.test("what is written is read back as what was asked", () => {
  const more: AskedLoss[] = [
    { name: "wpo", options: { beta: 0.2 } },
    { name: "ld-dpo", options: { beta: 0.2, alpha: 0.5 } },
    { name: "sft", options: {} },
    { name: "simpo", options: { beta: 2, gamma: 1, alpha: 0.25, labelSmoothing: 0.1 }, likelihood: 0.5 },
    { name: "discopop", options: { beta: 0.2, tau: 0.05, divergence: { kind: "alpha", alpha: 0.75 } } },
  ];
  for (const { name, options, likelihood } of [...Object.values(asked), ...more]) {
    const made = trlTraining({ name, options, ...(likelihood !== undefined && { likelihood }) });
    if (typeof made === "string") throw new Error(`${name}: ${made}`);
    const trainer = made.trainer.slice(0, -"Trainer".length) as TrlTrainer, [type = ""] = [made.args.loss_type].flat();
    const back = tableLoss(trainer, type as string, made.args)!;
    // Without its likelihood CPO's sigmoid is the contrastive loss alone.
    assert.equal(back.name, name === "reference-free-dpo" ? "contrastive-po" : name);
    for (const [key, value] of Object.entries(options)) {
      if (value === 0) continue;
      const read = back.options[key];
      if (typeof value === "number") assert.ok(Math.abs(Number(read) - value) < 1e-12, `${name}: ${key} is ${read}`);
      else assert.deepEqual(read, value, `${name}: ${key}`);
    }
    if (trainer === "CPO") assert.equal(back.likelihood ?? 0, likelihood ?? 0, name);
  }
});

Deno.test("what TRL cannot do is said, not approximated", () => {
  const none: readonly [AskedLoss, RegExp][] = [
    [{ name: "dpo", options: { beta: 1, labelSmoothing: 0.1 } }, /does not read label_smoothing/],
    [{ name: "bco-pair", options: { beta: 1, shift: 0.5 } }, /has no δ/],
    [{ name: "simpo", options: { beta: 1, gamma: 1, link: "hinge" } }, /has no link hinge/],
    [{ name: "orpo", options: { lambda: 1 } }, /with a weight of 1/],
    [{ name: "ipo-sum", options: { tau: 1 } }, /averages log-ratios over tokens/],
    [{ name: "dr-cpo", options: {} }, /^TRL 1\.16\.0 has no such loss$/],
  ];
  for (const [loss, message] of none) assert.match(String(trlTraining(loss)), message);
  assert.throws(() => trlTraining({ name: "dpo", options: {} }), /^TypeError: beta: expected a number/);
});

Deno.test("labelled lines are KTO's where there are any, and common arguments are those of each", () => {
  const kto = { kto: { name: "kto", options: { beta: 0.1 } } };
  assert.equal(trlSettings(kto, { usual: "pairs.jsonl" }).methods.kto.lines, "pairs.jsonl");
  const { methods } = trlSettings(
    kto,
    { usual: "pairs.jsonl", labelled: "completions.jsonl" },
    { training: { max_steps: 3 }, notes: ["more"] },
  );
  assert.equal(methods.kto.lines, "completions.jsonl");
  assert.deepEqual((methods.kto.args as Record<string, unknown>).max_steps, 3);
});
