import assert from "node:assert/strict";
import { SMOLLM2 } from "../../optional/parts.ts";
import { needing } from "../../optional/skipping.ts";
import { Rng } from "../../random.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import { testOnEveryBackend, testOnEveryProcessorBackend } from "../../tensor/backends_test_helpers.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { tinyConfig, tinyWeights } from "./checkpoint_test_helpers.ts";
import type { LanguageModelConfig } from "./config.ts";
import { type Completion, generate, type GenerateOptions, type Prompt } from "./generate.ts";
import { type LanguageModel, languageModel } from "./model.ts";
import { unpadded } from "./padding.ts";
import { sequencesOf } from "./sequences.ts";
import greedy from "./testdata/smollm2_greedy.json" with { type: "json" };
import type { Choices } from "./weights.ts";

const ARCHITECTURES = ["llama", "qwen2", "qwen3", "gemma2"] as const;

/** A model of width 16 whose logits spread over a few nats. */
function tiny(architecture: LanguageModelConfig["architecture"], choices: Partial<Choices> = {}): LanguageModel {
  const config = tinyConfig(architecture), weights = tinyWeights(config);
  return languageModel({ config, read: (name) => weights.get(name)!.map((w) => 0.4 * w) }, choices);
}

/** Runs with a model, whose weights are freed. */
function withTiny(architecture: LanguageModelConfig["architecture"], run: (model: LanguageModel) => void): void {
  const model = tiny(architecture);
  run(model);
  model.dispose();
}

const prompts: readonly Prompt[] = [[1, 5, 7], [1], [3, 4, 5, 6, 7, 8, 9, 10, 11], [1, 5, 7], [19, 0]]
  .map((ids, seed) => ({ ids, seed }));
const free: GenerateOptions = { temperature: 1, maxTokens: 6, end: [] };

/** Log-probs of a completion by the model without a cache. */
function fullLogProbs(model: LanguageModel, prompt: Prompt, { ids }: Completion): number[] {
  const sequences = sequencesOf([[...Array.from(prompt.ids), ...ids]]);
  return [...model.logProbs(sequences, sequences.positions.map((t) => Number(t >= prompt.ids.length)))];
}

testOnEveryBackend(
  "with the cache, tokens have the log-probs of the whole sequence: all architectures, past a window",
  () => {
    for (const architecture of ARCHITECTURES) {
      withTiny(architecture, (model) => {
        generate(model, prompts, free).forEach((completion, i) => {
          assert.equal(completion.ids.length, 6);
          fullLogProbs(model, prompts[i], completion).forEach((logp, t) => {
            assert.ok(Math.abs(logp - completion.logp[t]) < 1e-5, `${architecture} ${i} ${t}`);
            assert.ok(Math.abs(completion.sampledLogp[t] - completion.logp[t]) < 1e-12); // no rule is at work
          });
        });
      });
    }
  },
);

testOnEveryBackend("a completion is the same to the bit in any company, any order and any number at a time", () => {
  withTiny("gemma2", (model) => {
    const options = { ...free, end: [2, 3], topP: 0.9, repetitionPenalty: 1.3 };
    const all = generate(model, prompts, options);
    prompts.forEach((prompt, i) => assert.deepEqual(generate(model, [prompt], options), [all[i]]));
    for (const atOnce of [1, 2, 3]) assert.deepEqual(generate(model, prompts, { ...options, atOnce }), all);
    assert.deepEqual(generate(model, prompts.toReversed(), options), all.toReversed());
    assert.notDeepEqual(all[0].ids, all[3].ids, "the same prompt with another seed");
  });
});

testOnEveryProcessorBackend("nothing is left in the engine", () => {
  withTiny("qwen3", (model) => {
    generate(model, prompts, free); // tables of positions are made once
    const before = tf.memory().numTensors;
    generate(model, prompts, free);
    assert.throws(() => generate(model, [{ ids: [20], seed: 0 }], free), RangeError);
    assert.equal(tf.memory().numTensors, before);
  });
});

Deno.test("the side of padding, and what it is filled with, change nothing", async () => {
  await startBackend("wasm");
  withTiny("llama", (model) => {
    const rows = prompts.map(({ ids }) => Array.from(ids)), length = 9;
    /** A penalty on what was there must not see what the rows were filled with: 2 ends a text. */
    const options = { ...free, repetitionPenalty: 1.5 };
    const expected = generate(model, prompts, options);
    for (const fill of [0, 2]) {
      const pad = ({ length: n }: number[], value: number) => new Array<number>(length - n).fill(value);
      const ones = rows.map((row) => row.map(() => 1));
      const left = unpadded(
        rows.map((row) => [...pad(row, fill), ...row]),
        ones.map((row) => [...pad(row, 0), ...row]),
      );
      const right = unpadded(
        rows.map((row) => [...row, ...pad(row, fill)]),
        ones.map((row) => [...row, ...pad(row, 0)]),
      );
      for (const padded of [left, right]) {
        assert.deepEqual(generate(model, padded.map((ids, seed) => ({ ids, seed })), options), expected);
      }
    }
  });
});

Deno.test("masks that are no padding are refused", () => {
  const refused = (mask: number[][], message: string) =>
    assert.throws(() => unpadded([[1, 2, 3]], mask), { name: "RangeError", message });
  refused([[1, 0, 1]], "mask[0][1] is 0: expected ones with zeros before or behind");
  refused([[0, 1, 2]], "mask[0][2] is 2: expected ones with zeros before or behind");
  refused([[0, 0, 0]], "mask[0]: no token counts");
  refused([[1, 1]], "mask[0]: expected 3 entries, got 2");
  refused([], "mask: expected 1 rows, got 0");
});

Deno.test("greedy takes the most probable token of the whole sequence's logits, step by step", async () => {
  await startBackend("wasm");
  for (const architecture of ARCHITECTURES) {
    withTiny(architecture, (model) => {
      generate(model, prompts, { ...free, temperature: 0 }).forEach(({ ids }, i) => {
        const so = Array.from(prompts[i].ids);
        for (const id of ids) {
          const logits = model.logits(sequencesOf([so]), Uint32Array.of(so.length - 1)), row = [...logits.dataSync()];
          logits.dispose();
          assert.equal(id, row.indexOf(Math.max(...row)));
          so.push(id);
        }
      });
    });
  }
});

Deno.test("low-rank changes beside the weights are generated with", async () => {
  await startBackend("wasm");
  const rng = Rng.seed(11), made: ReturnType<typeof tf.variable>[] = [];
  const { hidden, width, heads, keyHeads, headWidth } = tinyConfig("qwen2");
  const rows: Record<string, number> = { q_proj: heads * headWidth, v_proj: keyHeads * headWidth, down_proj: width };
  const variable = (name: string, shape: [number, number]) => {
    const numbers = Float32Array.from(rng.fork(name).normals(shape[0] * shape[1]), (z) => 0.3 * z);
    made.push(tf.variable(tf.tensor2d(numbers, shape)));
    return made[made.length - 1];
  };
  const model = tiny("qwen2", {
    change: (name) => {
      const kind = name.split(".").at(-1)!;
      if (!(kind in rows)) return undefined;
      const columns = kind === "down_proj" ? hidden : width;
      return { a: variable(`${name}.a`, [2, columns]), b: variable(`${name}.b`, [rows[kind], 2]), scale: 1.5 };
    },
  });
  assert.equal(made.length, 12);
  const completions = generate(model, prompts, free);
  completions.forEach((completion, i) =>
    fullLogProbs(model, prompts[i], completion).forEach((logp, t) =>
      assert.ok(Math.abs(logp - completion.logp[t]) < 1e-5)
    )
  );
  withTiny("qwen2", (plain) => assert.notDeepEqual(generate(plain, prompts, free), completions));
  model.dispose();
  tf.dispose(made);
});

Deno.test("a sequence ends with a token, a string or its length, and has what ended it", async () => {
  await startBackend("wasm");
  withTiny("qwen2", (model) => {
    const [{ ids, ended }] = generate(model, [prompts[0]], free);
    assert.equal(ended, "length");
    const until = (options: Partial<GenerateOptions>) => {
      const [completion] = generate(model, [prompts[0]], { ...free, ...options });
      assert.deepEqual(completion.ids, ids.slice(0, completion.ids.length));
      assert.equal(completion.logp.length, completion.ids.length);
      return [completion.ids.length, completion.ended];
    };
    assert.deepEqual(until({ end: [ids[4]] }), [ids.indexOf(ids[4]) + 1, "token"]);
    assert.deepEqual(until({ maxTokens: 1 }), [1, "length"]);
    const decode = (some: readonly number[]) => some.map((id) => `<${id}>`).join("");
    // A string that begins within a token and ends within another.
    const strings = ["no such", `${ids[2]}><${ids[3]}`], text = decode(ids), at = text.indexOf(strings[1]);
    const first = ids.findIndex((_, n) => decode(ids.slice(0, n + 1)).length >= at + strings[1].length);
    assert.deepEqual(until({ stop: { strings, decode } }), [first + 1, "string"]);
    assert.deepEqual(until({ stop: { strings: [], decode: () => assert.fail("nothing to look for") } }), [
      6,
      "length",
    ]);
    // Where both end it, the token is what counts.
    assert.deepEqual(until({ end: [ids[0]], stop: { strings: ["<"], decode } }), [1, "token"]);
  });
});

Deno.test("the model's own end tokens end a sequence unless others are given", async () => {
  await startBackend("wasm");
  withTiny("llama", (model) => {
    const ends = (options: Partial<GenerateOptions>) =>
      Array.from({ length: 80 }, (_, seed) => generate(model, [{ ids: [1, 2], seed }], { ...free, ...options })[0])
        .filter(({ ids }) => ids.indexOf(2) >= 0 && ids.indexOf(2) < ids.length - 1).length;
    assert.equal(ends({ end: undefined }), 0);
    assert.ok(ends({ end: [] }) > 0);
  });
});

Deno.test("what cannot be generated is refused before anything is computed", async () => {
  await startBackend("cpu");
  withTiny("llama", (model) => {
    const refused = (options: Partial<GenerateOptions>, message: string, ids: number[] = [1]) =>
      assert.throws(() => generate(model, [{ ids: [1], seed: 0 }, { ids, seed: 1 }], { ...free, ...options }), {
        name: "RangeError",
        message,
      });
    refused({ temperature: -1 }, "temperature: expected a number >= 0, got -1");
    refused({ topK: 1.5 }, "topK: expected an integer >= 1, got 1.5");
    refused({ topP: 1.1 }, "topP: expected above 0, at most 1, got 1.1");
    refused({ minP: NaN }, "minP: expected 0 to 1, got NaN");
    refused({ repetitionPenalty: 0 }, "repetitionPenalty: expected a number > 0, got 0");
    refused({ maxTokens: 0 }, "maxTokens: expected an integer >= 1, got 0");
    refused({ atOnce: 0 }, "atOnce: expected an integer >= 1, got 0");
    refused({ stop: { strings: [""], decode: () => "" } }, "stop: an empty string ends nothing");
    refused({}, "prompts[1] has no tokens", []);
    refused({ maxTokens: 60 }, "prompts[1]: 5 and 60 more tokens; the model has 64", [1, 2, 3, 4, 5]);
    assert.deepEqual(generate(model, [], free), []);
  });
});

Deno.test({
  ...await needing("SmolLM2", "a real model begins its answers as transformers does"), // all of them: generate_slow_test.ts
  async fn() {
    await startBackend("wasm");
    const checkpoint = openCheckpoint(SMOLLM2), model = languageModel(checkpoint);
    checkpoint.close();
    const some = greedy.chats.slice(0, 2), chats = some.map(({ prompt }, seed) => ({ ids: prompt, seed }));
    const completions = generate(model, chats, { temperature: 0, maxTokens: 8 });
    assert.deepEqual(completions.map(({ ids }) => ids), some.map(({ completion }) => completion.slice(0, 8)));
    model.dispose();
  },
});
