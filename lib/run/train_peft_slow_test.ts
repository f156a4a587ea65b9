/** An adapter that was trained here, in peft: the same log-probs, and tensors that it trains on. */
import assert from "node:assert/strict";
import { PEFT } from "../optional/parts.ts";
import { needing } from "../optional/skipping.ts";
import { readAdapter } from "../policies/language/adapter_files.ts";
import { openCheckpoint } from "../policies/language/checkpoint.ts";
import { loadAdapter } from "../policies/language/lora.ts";
import { languageModel } from "../policies/language/model.ts";
import { textLogps } from "../training/language/text_trainer.ts";
import { train } from "./train.ts";
import { trainOptions } from "./train_options.ts";
import { writeTinyTraining } from "./train_test_helpers.ts";

const TEXTS = [[1, 3, 4, 5, 6], [1, 9, 3, 3, 3, 3, 2]];

/** Log-probs of the texts, with the adapter and without. */
function ours(model: string, adapter: string): { readonly model: Float64Array; readonly adapter: Float64Array } {
  const checkpoint = openCheckpoint(model), { config } = checkpoint;
  const loaded = loadAdapter(readAdapter(adapter, config), config);
  const adapted = languageModel(checkpoint, { change: loaded.change });
  const groups = [TEXTS.map((ids) => ({ ids: Uint32Array.from(ids), from: 1 }))];
  try {
    return { model: textLogps(adapted, groups, { withoutChanges: true }), adapter: textLogps(adapted, groups) };
  } finally {
    adapted.dispose();
    loaded.dispose();
    checkpoint.close();
  }
}

Deno.test({
  ...await needing("peft", "an adapter of ours gives the same log-probs in peft, which trains it on"),
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      await writeTinyTraining(folder);
      const flags = ["--model", `${folder}/model`, "--pairs", `${folder}/pairs.jsonl`, "--out", `${folder}/out`];
      const how = ["--backend", "wasm", "--rank", "2", "--targets", "all-linear", "--learning-rate", "0.02"];
      const options = trainOptions([...flags, ...how, "--epochs", "4", "--batch", "4"])!, nothing = () => {};
      const progress = () => ({ start: nothing, say: nothing, end: nothing, finish: nothing });
      await train(options, "the command", nothing, { references: `${folder}/reference`, progress });
      const adapter = `${folder}/out/adapter`, found = ours(`${folder}/model`, adapter);
      const args = ["bench/peers/peft_reads.py", `${folder}/model`, adapter, JSON.stringify(TEXTS)];
      const { success, stdout, stderr } = await new Deno.Command(PEFT, { args }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const theirs = JSON.parse(new TextDecoder().decode(stdout)) as Record<"model" | "adapter" | "step", number[]>;
      for (const kind of ["model", "adapter"] as const) {
        theirs[kind].forEach((value, i) =>
          assert.ok(Math.abs(value - found[kind][i]) < 1e-4, `${kind}, text ${i}: ${value} and ${found[kind][i]}`)
        );
      }
      const moved = theirs.adapter.map((value, i) => Math.abs(value - theirs.model[i]));
      assert.ok(Math.max(...moved) > 0.1, `the adapter moved log-probs by ${moved}`);
      const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
      assert.ok(sum(theirs.step) > sum(theirs.adapter), `a step from ${theirs.adapter} to ${theirs.step}`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
