import assert from "node:assert/strict";
import { tinyConfig, writeTinyFolder } from "../policies/language/checkpoint_test_helpers.ts";
import { chosenWriter } from "./chosen_writer.ts";
import { inFolder } from "./demo_test_helpers.ts";

const given = (values: Record<string, string>) => chosenWriter({ values, switches: new Set() });

/** A folder with a tiny Llama that was made for so many tokens. */
function tiny(folder: string, length: number): void {
  writeTinyFolder(folder, tinyConfig("llama"));
  const path = `${folder}/config.json`, config = JSON.parse(Deno.readTextFileSync(path));
  Deno.writeTextFileSync(path, JSON.stringify({ ...config, max_position_embeddings: length }));
}

Deno.test("what of a checkpoint is trained, and how it is told", () =>
  inFolder((folder) => {
    tiny(folder, 128);
    const model = folder;
    const all = given({ model })!;
    assert.deepEqual([all.path, all.told], [folder, "LoRA of rank 8 (alpha 16) in all-linear of all layers"]);
    assert.deepEqual(all.trains, { adapter: { rank: 8, alpha: 16, rankStabilised: false, targets: "all-linear" } });
    const some = given({ model, "rank": "2", "lora-alpha": "3", "targets": "q_proj,v_proj", "layers": "1" })!;
    assert.equal(some.told, "LoRA of rank 2 (alpha 3) in q_proj,v_proj of the last 1 of 2 layers");
    assert.deepEqual(some.trains, {
      adapter: { rank: 2, alpha: 3, rankStabilised: false, targets: ["q_proj", "v_proj"], layers: [1] },
    });
    const { told, trains } = given({ model, train: "weights", layers: "1" })!;
    assert.equal(told, "the weights of the last 1 of 2 layers");
    assert.ok("weights" in trains && !trains.weights("model.layers.0.mlp.up_proj.weight"));
  }));

Deno.test("what is wrong with a checkpoint or its flags is one line", () =>
  inFolder((folder) => {
    tiny(folder, 128);
    const model = folder, short = `${folder}/short`;
    Deno.mkdirSync(short);
    tiny(short, 127);
    const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{ model: `${folder}/none` }, /none: there is no such model; check the path$/],
      [{ model: "" }, /^--model needs a FILE or FOLDER/],
      [{ layers: "2" }, /^--layers has no effect without --model/],
      [{ model, layers: "3" }, /^--layers 3: .* has 2$/],
      [{ model, rank: "0" }, /^--rank: expected an integer from 1 to 4096, got "0"$/],
      [{ model, targets: "what" }, /^--targets: no layer is called \["what"\]/],
      [{ model, train: "all" }, /^--train all: choose one of adapter, weights$/],
      [{ model, train: "weights", rank: "2" }, /^--rank has no effect with --train weights$/],
      [{ model: short }, /^--model .*: was made for 127 tokens; take one for 128 or more$/],
    ];
    for (const [values, message] of cases) {
      assert.throws(() => given(values), (error: Error) => error.name === "UserError" && message.test(error.message));
    }
  }));
