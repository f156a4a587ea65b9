import assert from "node:assert/strict";
import { ggufBytes } from "../../formats/gguf_test_helpers.ts";
import { INDEX } from "../../formats/shards.ts";
import { writeSafetensors } from "../../formats/safetensors_writer.ts";
import { type Checkpoint, openCheckpoint, type TokenizerSource } from "./checkpoint.ts";
import {
  ggufTensors,
  namedTensors,
  tinyConfig,
  tinyJson,
  tinyMetadata,
  tinyWeights,
  writeTinyFolder,
  writeTinyGguf,
} from "./checkpoint_test_helpers.ts";
import { tensorShapes } from "./tensor_names.ts";

const FAMILIES = ["llama", "qwen2", "qwen3", "gemma2"] as const;

/** Makes a folder, hands it on, and removes it. */
function inFolder(use: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Opens, looks, closes. */
function opened<T>(path: string, look: (checkpoint: Checkpoint) => T): T {
  const checkpoint = openCheckpoint(path);
  try {
    return look(checkpoint);
  } finally {
    checkpoint.close();
  }
}

/** That opening says one line that names the path and what is wrong. */
function refuses(path: string, why: RegExp): void {
  assert.throws(() => openCheckpoint(path).close(), (error: Error) => {
    assert.equal(error.name, "UserError", error.stack);
    assert.match(error.message, why);
    assert.ok(error.message.startsWith(path.replace(/\/[^/]*$/, "")) && !error.message.includes("\n"), error.message);
    return true;
  });
}

Deno.test("a folder, its one file and a GGUF file of the same weights are the same model, in every family", () => {
  for (const family of FAMILIES) {
    inFolder((folder) => {
      const config = tinyConfig(family), weights = writeTinyFolder(folder, config);
      writeTinyGguf(`${folder}/tiny.gguf`, config);
      for (const path of [folder, `${folder}/`, `${folder}/model.safetensors`, `${folder}/tiny.gguf`]) {
        opened(path, (checkpoint) => {
          assert.deepEqual(checkpoint.config, config, path);
          assert.deepEqual(checkpoint.names, [...weights.keys()]);
          for (const [name, values] of weights) {
            const read = checkpoint.read(name);
            assert.deepEqual(checkpoint.shape(name), tensorShapes(config).get(name));
            // A gain of Gemma is rounded once more, after its 1 was added: numbers below 4 have steps of 2^-22.
            const step = path.endsWith("gguf") && config.gainOffset === 1 && name.endsWith("norm.weight")
              ? 2 ** -22
              : 0;
            values.forEach((value, i) => assert.ok(Math.abs(read[i] - value) <= step, `${path} ${name} ${i}`));
          }
          assert.throws(() => checkpoint.read("model.layers.2.mlp.up_proj.weight"), RangeError);
        });
      }
    });
  }
});

Deno.test("queries, keys and values in one tensor are those in three, also packed", () => {
  for (const family of FAMILIES) {
    inFolder((folder) => {
      // Blocks of 32 numbers want a model of that width.
      const config = { ...tinyConfig(family), width: 32, headWidth: 8 }, weights = tinyWeights(config);
      const metadata = {
        ...tinyMetadata(family),
        [`${family}.embedding_length`]: 32,
        [`${family}.attention.key_length`]: 8,
      };
      const packed = new Uint8Array(34).fill(1);
      const separate = ggufTensors(config, weights).map((tensor) => {
        if (!/attn_[qkv]\.weight/.test(tensor.name)) return tensor;
        // Eight bits: each row its own number, so that an order of rows is seen.
        const data = new Uint8Array(tensor.shape[0] * 34);
        for (let row = 0; row < tensor.shape[0]; row++) data.set(packed.map((one, i) => i < 2 ? one : row), row * 34);
        return { ...tensor, type: 8, data };
      });
      const fused = separate.flatMap((tensor) => {
        const [, before, which, kind] = /^(.*attn_)([qkv])(\.\w+)$/.exec(tensor.name) ?? [];
        if (which === undefined) return [tensor];
        if (which !== "q") return [];
        const parts = ["q", "k", "v"].map((one) => separate.find(({ name }) => name === `${before}${one}${kind}`)!);
        const rows = parts.reduce((sum, { shape }) => sum + shape[0], 0);
        const data = new Uint8Array(parts.flatMap(({ data }) => [...data]));
        return [{ ...tensor, name: `${before}qkv${kind}`, shape: [rows, ...tensor.shape.slice(1)], data }];
      });
      assert.equal(fused.length, separate.length - (config.queryKeyValueBias ? 8 : 4), family);
      Deno.writeFileSync(`${folder}/three.gguf`, ggufBytes(metadata, separate));
      Deno.writeFileSync(`${folder}/one.gguf`, ggufBytes(metadata, fused));
      const all = (path: string) =>
        opened(path, (checkpoint) => ({
          config: checkpoint.config,
          tensors: checkpoint.names.map((name) => [name, checkpoint.read(name), checkpoint.readPacked(name)]),
        }));
      assert.deepEqual(all(`${folder}/one.gguf`), all(`${folder}/three.gguf`));
      const query = "model.layers.1.self_attn.q_proj.weight";
      assert.equal(opened(`${folder}/one.gguf`, (one) => one.readPacked(query))?.blocks.length, 32 * 34);
    });
  }
});

Deno.test("where its tokens are described is said, and a checksum of every byte", () => {
  inFolder((folder) => {
    const config = tinyConfig("llama");
    writeTinyFolder(folder, config);
    writeTinyGguf(`${folder}/tiny.gguf`, config);
    assert.deepEqual(opened(folder, ({ tokenizer }) => tokenizer), { kind: "folder", folder });
    const tokenizer: TokenizerSource = opened(`${folder}/tiny.gguf`, ({ tokenizer }) => tokenizer);
    assert.equal(tokenizer.kind === "gguf" && tokenizer.metadata.get("tokenizer.ggml.eos_token_id"), 2);
    const sums = [folder, `${folder}/tiny.gguf`].map((path) => opened(path, (checkpoint) => checkpoint.checksum()));
    for (const file of ["model.safetensors", "tiny.gguf"]) {
      const bytes = Deno.readFileSync(`${folder}/${file}`);
      bytes[bytes.length - 1] ^= 1;
      Deno.writeFileSync(`${folder}/${file}`, bytes);
    }
    const changed = [folder, `${folder}/tiny.gguf`].map((path) => opened(path, (checkpoint) => checkpoint.checksum()));
    assert.equal(new Set([...sums, ...changed]).size, 4);
    assert.match(sums[0], /^[0-9a-f]{64}$/);
    assert.throws(
      () => opened(folder, (checkpoint) => checkpoint.names.forEach(checkpoint.read)),
      /^UserError: \S+model\.safetensors: the numbers of \S+ are not those that were written, by its checksum/,
    );
  });
});

Deno.test("shards are one model, and an index that lies is refused", () => {
  inFolder((folder) => {
    const config = tinyConfig("qwen2"), weights = tinyWeights(config), tensors = namedTensors(config, weights);
    Deno.writeTextFileSync(`${folder}/config.json`, JSON.stringify(tinyJson("qwen2")));
    const map: Record<string, string> = {};
    for (const part of [0, 1]) {
      const mine = tensors.filter((_, i) => i % 2 === part), file = `model-${part}.safetensors`;
      writeSafetensors(`${folder}/${file}`, mine);
      for (const { name } of mine) map[name] = file;
    }
    const index = (changes: Record<string, unknown>) =>
      Deno.writeTextFileSync(`${folder}/${INDEX}`, JSON.stringify({ weight_map: { ...map, ...changes } }));
    index({});
    opened(folder, (checkpoint) => {
      for (const [name, values] of weights) assert.deepEqual(checkpoint.read(name), values);
    });
    index({ "model.norm.weight": "../model-0.safetensors" });
    refuses(folder, /index\.json: model\.norm\.weight is in "\.\.\/model-0\.safetensors", no file beside it/);
    index({ "model.norm.weight": "model-2.safetensors" });
    refuses(folder, /model-2\.safetensors: there is no such file/);
    index({ "model.norm.weight": map["lm_head.weight"] });
    refuses(folder, /model-\d\.safetensors: has (no )?model\.norm\.weight, which/);
    const { "model.norm.weight": _, ...less } = map;
    Deno.writeTextFileSync(`${folder}/${INDEX}`, JSON.stringify({ weight_map: less }));
    refuses(folder, /model-\d\.safetensors: has model\.norm\.weight, which .* does not put there/);
    Deno.writeTextFileSync(`${folder}/${INDEX}`, "{}");
    refuses(folder, /index\.json: has no weight_map/);
  });
});

Deno.test("missing, extra and wrong-shaped tensors are named", () => {
  inFolder((folder) => {
    const config = tinyConfig("gemma2"), weights = writeTinyFolder(folder, config);
    const write = (edit: (weights: Map<string, Float32Array>) => void) => {
      const copy = new Map(weights);
      edit(copy);
      writeSafetensors(`${folder}/model.safetensors`, namedTensors(config, copy));
    };
    write((w) => w.delete("model.layers.1.mlp.up_proj.weight"));
    refuses(folder, /no tensor model\.layers\.1\.mlp\.up_proj\.weight; its configuration asks for it/);
    write((w) => w.set("model.layers.2.mlp.up_proj.weight", new Float32Array(1)));
    refuses(folder, /has model\.layers\.2\.mlp\.up_proj\.weight, of which its configuration says nothing/);
    write((w) => w.set("a", new Float32Array(1)).set("b", new Float32Array(1)));
    refuses(folder, /has a and 1 more, of which/);
    write((w) => w.set("model.layers.0.self_attn.rotary_emb.inv_freq", new Float32Array(4)));
    opened(folder, ({ names }) => assert.equal(names.length, weights.size));
    writeSafetensors(
      `${folder}/model.safetensors`,
      namedTensors(config, weights).map((tensor) =>
        tensor.name === "model.embed_tokens.weight" ? { ...tensor, shape: [16, 20] } : tensor
      ),
    );
    refuses(folder, /model\.embed_tokens\.weight has the shape \[16,20\], where its configuration asks for \[20,16\]/);
    Deno.writeFileSync(
      `${folder}/a.gguf`,
      ggufBytes(tinyMetadata("gemma2"), ggufTensors(config, weights).filter(({ name }) => !/1\.ffn_norm/.test(name))),
    );
    refuses(`${folder}/a.gguf`, /a\.gguf: no tensor blk\.1\.ffn_norm\.weight; its configuration asks for it/);
  });
});

Deno.test("a tied model may hold its classifier as well, where it is the embedding", () => {
  inFolder((folder) => {
    const config = tinyConfig("gemma2"), weights = writeTinyFolder(folder, config);
    const embedding = weights.get("model.embed_tokens.weight")!, classifier = embedding.slice();
    const write = () =>
      writeSafetensors(`${folder}/model.safetensors`, [
        ...namedTensors(config, weights),
        { name: "lm_head.weight", shape: [20, 16], values: classifier },
      ]);
    write();
    opened(folder, ({ names }) => assert.ok(!names.includes("lm_head.weight")));
    classifier[3] += 1;
    write();
    refuses(folder, /lm_head\.weight is not the embedding: say which with tie_word_embeddings/);
  });
});

Deno.test("what is no checkpoint is refused", () => {
  inFolder((folder) => {
    refuses(`${folder}/none`, /none: there is no such model/);
    refuses(folder, /no config\.json; a model is a folder of Hugging Face, a \.gguf file or a \.bin file of llama2\.c/);
    Deno.writeTextFileSync(`${folder}/config.json`, JSON.stringify(tinyJson("llama")));
    refuses(folder, /neither model\.safetensors nor model\.safetensors\.index\.json$/);
    Deno.writeTextFileSync(`${folder}/pytorch_model.bin`, "");
    refuses(folder, /nor model\.safetensors\.index\.json; convert pytorch_model\.bin, which may run code$/);
    refuses(`${folder}/config.json`, /config\.json: does not begin with GGUF/);
  });
});
