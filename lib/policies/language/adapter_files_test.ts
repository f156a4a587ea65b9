import assert from "node:assert/strict";
import { CHECKSUMS } from "../../formats/checksums.ts";
import { SafetensorsFile } from "../../formats/safetensors.ts";
import { writeSafetensors } from "../../formats/safetensors_writer.ts";
import { Rng } from "../../random.ts";
import { type Adapter, readAdapter, writeAdapter } from "./adapter_files.ts";
import { adaptedLayers, type LoraSettings } from "./adapter_layers.ts";
import { adapterSettings } from "./adapter_settings.ts";
import { tinyConfig } from "./checkpoint_test_helpers.ts";

const config = tinyConfig("llama");
const plain = { rank: 4, alpha: 8, rankStabilised: false };
const layersOf = (settings: Partial<LoraSettings>) =>
  adaptedLayers({ ...plain, targets: ["q_proj"], ...settings }, config, "f");
const names = (settings: Partial<LoraSettings>) => [...layersOf(settings).keys()];

/** An adapter of random numbers. */
function random(settings: LoraSettings): Adapter {
  const rng = Rng.seed(3);
  const factors = new Map([...adaptedLayers(settings, config, "f")].map(([name, { rank, out, in: into }]) => [name, {
    a: Float32Array.from(rng.normals(rank * into)),
    b: Float32Array.from(rng.normals(out * rank)),
  }]));
  return { settings, factors };
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what is written is read, for every way to choose layers, and the bytes are the same again", async () => {
  const all: readonly Partial<LoraSettings>[] = [
    { targets: ["q_proj", "v_proj"] },
    { targets: "all-linear", rankStabilised: true },
    { targets: String.raw`model\.layers\.1\..*\.(gate|up)_proj` },
    { targets: ["q_proj", "v_proj"], rankPattern: { v_proj: 2 }, alphaPattern: { "layers.0.self_attn.v_proj": 3.5 } },
    { targets: ["down_proj"], layers: [1] },
  ];
  for (const some of all) {
    await inFolder(async (folder) => {
      const adapter = random({ ...plain, targets: [], ...some });
      await writeAdapter(`${folder}/deep/a`, adapter, config, "tiny");
      assert.deepEqual(readAdapter(`${folder}/deep/a`, config), { ...adapter, base: "tiny" });
      await writeAdapter(
        `${folder}/b`,
        { ...adapter, factors: new Map([...adapter.factors].toReversed()) },
        config,
        "tiny",
      );
      for (const file of ["adapter_config.json", "adapter_model.safetensors"]) {
        assert.deepEqual(await Deno.readFile(`${folder}/b/${file}`), await Deno.readFile(`${folder}/deep/a/${file}`));
      }
    });
  }
});

Deno.test("names in the file are those of peft", async () => {
  await inFolder(async (folder) => {
    await writeAdapter(folder, random({ ...plain, targets: ["q_proj"], layers: [0] }), config, "tiny");
    using file = SafetensorsFile.open(`${folder}/adapter_model.safetensors`);
    const inside = "base_model.model.model.layers.0.self_attn.q_proj";
    assert.deepEqual([...file.tensors].map(([name, { shape }]) => [name, shape]), [
      [`${inside}.lora_A.weight`, [4, 16]],
      [`${inside}.lora_B.weight`, [16, 4]],
    ]);
    const { [CHECKSUMS]: checksums, ...metadata } = file.metadata;
    assert.deepEqual(metadata, { format: "pt" });
    assert.deepEqual(Object.keys(JSON.parse(checksums)), [...file.tensors.keys()]);
  });
});

Deno.test("layers by end, by whole name, by expression and all linear ones", () => {
  const both = (part: string) => [0, 1].map((n) => `model.layers.${n}.${part}`);
  assert.deepEqual(names({ targets: ["o_proj"] }), both("self_attn.o_proj"));
  assert.deepEqual(names({ targets: ["model.layers.1.mlp.up_proj"] }), ["model.layers.1.mlp.up_proj"]);
  assert.deepEqual(names({ targets: "all-linear" }).length, 14);
  assert.deepEqual(names({ targets: "ALL-linear" }).length, 14);
  assert.deepEqual(
    names({ targets: ".*(q|k)_proj" }).toSorted(),
    [...both("self_attn.q_proj"), ...both("self_attn.k_proj")].sort(),
  );
  assert.deepEqual(names({ layers: [1, 5] }), ["model.layers.1.self_attn.q_proj"]);
  assert.throws(() => names({ layers: [2, 5] }), {
    name: "UserError",
    message:
      "f: adapts none of the model's 2 layers, but 2, 5 counted from 0; take an adapter that was made for this model",
  });
  assert.throws(() => names({ targets: "q_proj" }), /^UserError: f: no layer is called "q_proj"/, "not a whole name");
  assert.throws(() => names({ targets: ["proj"] }), /^UserError: f: no layer is called \["proj"\]/);
  assert.throws(() => names({ targets: ["q_proj", "lm_head"] }), /^UserError: f: lm_head cannot be adapted/);
  assert.throws(() => names({ targets: ".*" }), /^UserError: f: model\.embed_tokens cannot be adapted/);
  assert.throws(() => names({ targets: "(?P<n>q_proj)" }), /^UserError: f: Invalid regular expression/);
});

Deno.test("ranks and scales: the first expression that fits a whole end, and the root of the layer's own rank", () => {
  const of = (settings: Partial<LoraSettings>) =>
    [...layersOf(settings).values()].map(({ rank, scale }) => [rank, scale]);
  assert.deepEqual(of({}), [[4, 2], [4, 2]]);
  assert.deepEqual(of({ rankStabilised: true }), [[4, 4], [4, 4]]);
  assert.deepEqual(of({ rankPattern: { "1.self_attn.q_proj": 2 } }), [[4, 2], [2, 4]]);
  assert.deepEqual(of({ rankPattern: { "q_proj": 1, "1.self_attn.q_proj": 2 } }), [[1, 8], [1, 8]]);
  assert.deepEqual(of({ rankPattern: { "attn.q_proj": 2 } }), [[4, 2], [4, 2]], "an end of a word fits nothing");
  assert.deepEqual(of({ alphaPattern: { "layers.0.*": 4 } }), [[4, 1], [4, 2]]);
  assert.deepEqual(of({ rankPattern: { "q_proj": 16 }, rankStabilised: true }), [[16, 2], [16, 2]]);
});

Deno.test("settings that would change the arithmetic, or are wrong, are refused by name", () => {
  const json = { peft_type: "LORA", r: 4, target_modules: ["q_proj"] };
  const refused: readonly [changes: Record<string, unknown>, why: RegExp][] = [
    [{ peft_type: "IA3" }, /peft_type "IA3" is not supported/],
    [{ task_type: "SEQ_CLS" }, /task_type "SEQ_CLS" is not supported/],
    [{ bias: "all" }, /bias "all" is not supported/],
    [{ use_dora: true }, /use_dora true is not supported/],
    [{ modules_to_save: ["lm_head"] }, /modules_to_save \["lm_head"\] is not supported/],
    [{ fan_in_fan_out: true }, /fan_in_fan_out true is not supported/],
    [{ lora_bias: true }, /lora_bias true is not supported/],
    [{ exclude_modules: "x" }, /exclude_modules "x" is not supported/],
    [{ layer_replication: [[0, 2]] }, /layer_replication \[\[0,2\]\] is not supported/],
    [{ trainable_token_indices: [1] }, /trainable_token_indices \[1\] is not supported/],
    [{ of_tomorrow: 1 }, /of_tomorrow 1 is not supported/],
    [{ init_lora_weights: "pissa" }, /init_lora_weights "pissa" is not supported/],
    [{ r: 0 }, /r is 0 where a whole number from 1 on/],
    [{ r: 2 ** 60 }, /r is 1152921504606847000 where/],
    [{ lora_alpha: -1 }, /lora_alpha is -1 where a positive number/],
    [{ target_modules: [] }, /target_modules is \[\] where a list of names/],
    [{ target_modules: null }, /target_modules is null where a list of names/],
    [{ rank_pattern: { q_proj: 1.5 } }, /rank_pattern is .* where positive numbers by name/],
    [{ alpha_pattern: { q_proj: "1" } }, /alpha_pattern is .* where positive numbers by name/],
    [{ layers_to_transform: [-1] }, /layers_to_transform is \[-1\] where a list of layers/],
    [{ layers_to_transform: 1, target_modules: ".*q_proj" }, /layers_to_transform goes with a list of target_modules/],
    [{ layers_to_transform: 1, layers_pattern: "blocks" }, /layers_pattern "blocks" is not supported/],
  ];
  for (const [changes, why] of refused) {
    assert.throws(() => adapterSettings({ ...json, ...changes }, "f"), (error: Error) => {
      assert.equal(error.name, "UserError", error.stack);
      assert.match(error.message, why);
      return true;
    });
  }
  assert.deepEqual(adapterSettings(json, "f"), { rank: 4, alpha: 8, rankStabilised: false, targets: ["q_proj"] });
  const off = { lora_dropout: 0.1, use_dora: false, modules_to_save: [], loftq_config: {}, layers_to_transform: [] };
  assert.deepEqual(
    adapterSettings({ ...json, ...off, init_lora_weights: "gaussian" }, "f"),
    adapterSettings(json, "f"),
  );
  assert.deepEqual(adapterSettings({ ...json, layers_to_transform: 1 }, "f").layers, [1]);
});

Deno.test("a factor of which a bit has flipped is refused in one line that names the file", async () => {
  await inFolder(async (folder) => {
    await writeAdapter(folder, random({ ...plain, targets: ["q_proj"] }), config, "tiny");
    const path = `${folder}/adapter_model.safetensors`, bytes = await Deno.readFile(path);
    bytes[bytes.length - 2] ^= 1;
    await Deno.writeFile(path, bytes);
    assert.throws(() => readAdapter(folder, config), {
      name: "UserError",
      message: new RegExp(`^${path}: the numbers of \\S+lora_B\\.weight are not those that were written, .*$`),
    });
  });
});

Deno.test("factors that are missing, of another shape or too many are named", async () => {
  await inFolder(async (folder) => {
    const adapter = random({ ...plain, targets: ["q_proj"] }), path = `${folder}/adapter_model.safetensors`;
    await writeAdapter(folder, adapter, config, "tiny");
    await Deno.writeTextFile(
      `${folder}/adapter_config.json`,
      JSON.stringify({ peft_type: "LORA", target_modules: ["k_proj"] }),
    );
    assert.throws(
      () => readAdapter(folder, config),
      /no tensor .*layers\.0\.self_attn\.k_proj\.lora_A\.weight; adapter_config/,
    );
    const json = { peft_type: "LORA", r: 2, target_modules: ["q_proj"] };
    await Deno.writeTextFile(`${folder}/adapter_config.json`, JSON.stringify(json));
    assert.throws(
      () => readAdapter(folder, config),
      /lora_A\.weight has the shape \[4,16\], where adapter_config\.json and the model ask for \[2,16\]; take an adapter/,
    );
    await Deno.writeTextFile(
      `${folder}/adapter_config.json`,
      JSON.stringify({ ...json, r: 4, layers_to_transform: [0] }),
    );
    assert.throws(() => readAdapter(folder, config), /has .*layers\.1\..* of which adapter_config\.json says nothing/);
    writeSafetensors(path, []);
    assert.throws(() => readAdapter(folder, config), /^UserError: .*: no tensor/);
    await Deno.remove(path);
    assert.throws(() => readAdapter(folder, config), /^UserError: .*adapter_model\.safetensors: there is no such file/);
    const less = { ...adapter, factors: new Map([...adapter.factors].slice(1)) };
    await assert.rejects(writeAdapter(folder, less, config, "tiny"), TypeError);
  });
});
