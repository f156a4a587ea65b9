/** Every question on a language model with a checkpoint in place of stories260K, of which an adapter is trained. */
import assert from "node:assert/strict";
import { realData } from "../lib/datasets/data_test_helpers.ts";
import { needingData } from "../lib/optional/skipping.ts";
import { mirrorFromEnvironment } from "../lib/run/main.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { experiments } from "./all.ts";
import { runInProcess } from "./in_process_test_helpers.ts";

/** An arm that is trained, the KL that it moves, and sizes. */
const SMALL: Readonly<Record<string, readonly [arm: string, metric: string, args: string]>> = {
  apo: [
    "dpo",
    "kl-as-trained",
    "--language-pairs 2 --language-texts 4 --language-writer-steps 1 --language-epochs 2 --language-rate 0.01",
  ],
  compare: [
    "dr-cpo",
    "kl-as-trained",
    "--language-prompts 3 --language-texts 4 --language-steps 3 --language-rate 0.01",
  ],
  cpo: ["cpo", "kl-as-trained", "--language-prompts 3 --language-texts 4 --language-steps 3 --language-rate 0.01"],
  distribution: ["pmle", "kl-start", "--language-sizes 20 --language-texts 2 --language-sets 2"],
  sami: ["sami", "kl-of-stories", "--language-steps 4 --language-texts 2 --language-rate 0.01"],
  sgpo: ["dpo-seed", "kl-as-trained", "--language-texts 4 --language-seed-pairs 2 --language-epochs 1"],
};

const stories = await realData("stories-260k");

for (const [name, load] of Object.entries(experiments)) {
  Deno.test({
    ...needingData({ "stories-260k": stories }, `${name}: a checkpoint writes, and an adapter of it is trained`),
    // A run reads its checkpoint to the end of the process.
    sanitizeResources: false,
    async fn() {
      const { default: experiment } = await load(), [arm, metric, args] = SMALL[name];
      const folder = await Deno.makeTempDir();
      try {
        for (const file of ["stories260K.bin", "tok512.bin"]) {
          await Deno.writeFile(`${folder}/${file}`, await stories!.read("stories-260k", file));
        }
        await startBackend("wasm");
        const given = ["--preset", "smoke", "--questions", "language", "--arms", arm, "--language-seeds", "2"];
        const model = ["--model", `${folder}/stories260K.bin`, "--rank", "2", "--layers", "3"];
        const { csv } = await runInProcess(
          experiment,
          [...given, ...model, ...args.split(" ")],
          mirrorFromEnvironment(),
        );
        const lines = csv.split("\n").filter((line) => line.includes(`,${metric},`));
        const moved = lines.map((line) => Number(line.split(",").at(-1)));
        assert.ok(moved.length >= 2 && moved.every((value) => value > 0), `${metric} of ${arm}: ${moved}`);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
