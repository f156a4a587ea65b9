/** Trainings whose frozen matrices are in bfloat16. */
import assert from "node:assert/strict";
import { openCheckpoint } from "../policies/language/checkpoint.ts";
import { needingBfloat16 } from "../tensor/bfloat16_test_helpers.ts";
import { inFolder } from "./demo_test_helpers.ts";
import { train } from "./train.ts";
import { trainOptions } from "./train_options.ts";
import { writeTinyTraining } from "./train_test_helpers.ts";
import { readTraining, type TrainingRecord } from "./training_record.ts";

const nothing = () => {};

/** A training into FOLDER/OUT, stopped after some steps as a kill would. */
async function run(folder: string, out: string, flags: readonly string[], steps = Infinity): Promise<string[]> {
  const said: string[] = [], paths = ["--model", `${folder}/model`, "--pairs", `${folder}/pairs.jsonl`];
  const finish = () => {
    if (--steps === 0) throw new Error("killed");
  };
  const usual = ["--batch", "4", "--learning-rate", "0.02", "--save-every", "1", "--backend", "native"];
  await train(
    trainOptions([...paths, "--out", `${folder}/${out}`, ...usual, ...flags])!,
    "",
    (line) => said.push(line),
    {
      ...{
        references: `${folder}/reference`,
        progress: () => ({ start: nothing, say: nothing, end: nothing, finish }),
      },
      looks: Infinity,
    },
  );
  return said;
}

const SHORT = ["--products", "bfloat16", "--steps", "3"];
const adapterOf = (folder: string, out: string) => Deno.readFile(`${folder}/${out}/adapter/adapter_model.safetensors`);

Deno.test({
  ...await needingBfloat16("a training in bfloat16 has a reference of its own, and goes on to the same bytes"),
  fn: () =>
    inFolder(async (folder) => {
      await writeTinyTraining(folder);
      await run(folder, "plain", ["--steps", "3"]);
      const said = await run(folder, "short", SHORT);
      assert.ok(!said.some((line) => line.includes("log-probs of the reference: read from")), `${said}`);
      assert.notDeepEqual(await adapterOf(folder, "short"), await adapterOf(folder, "plain"));
      await assert.rejects(run(folder, "killed", SHORT, 2), { message: "killed" });
      assert.match((await run(folder, "killed", SHORT)).join("\n"), /goes on after [12] of 3 steps/);
      assert.deepEqual(await adapterOf(folder, "killed"), await adapterOf(folder, "short"));
      const { record } = (await readTraining(`${folder}/short`))!;
      assert.match((record as TrainingRecord).engineFacts.products, /^bfloat16 by oneDNN \d+\.\d+\.\d+, /);
      await assert.rejects(run(folder, "short", ["--steps", "3"]), { name: "UserError", message: /products/ });
    }),
});

Deno.test({
  ...await needingBfloat16("weights that stay as they are are written as the checkpoint has them"),
  fn: () =>
    inFolder(async (folder) => {
      await writeTinyTraining(folder);
      await run(folder, "out", [...SHORT, "--train", "weights", "--layers", "1", "--loss", "sft"]);
      const [before, after] = [`${folder}/model`, `${folder}/out/model`].map(openCheckpoint);
      const moved = before.names.filter((name) => `${before.read(name)}` !== `${after.read(name)}`);
      assert.ok(moved.length > 5 && moved.every((name) => name.startsWith("model.layers.1.")), `${moved}`);
      before.close();
      after.close();
    }),
});
