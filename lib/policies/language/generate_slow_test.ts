import assert from "node:assert/strict";
import { SMOLLM2 } from "../../optional/parts.ts";
import { needing } from "../../optional/skipping.ts";
import { startBackend } from "../../tensor/backend.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { generate } from "./generate.ts";
import { languageModel } from "./model.ts";
import greedy from "./testdata/smollm2_greedy.json" with { type: "json" };

Deno.test({
  ...await needing("SmolLM2", "a real model goes on with chats as transformers does, whatever the company"),
  async fn() {
    await startBackend("wasm");
    const checkpoint = openCheckpoint(SMOLLM2), model = languageModel(checkpoint);
    checkpoint.close();
    const chats = greedy.chats.map(({ prompt }, seed) => ({ ids: prompt, seed }));
    const completions = generate(model, chats, { temperature: 0, maxTokens: 32 });
    assert.deepEqual(completions.map(({ ids }) => ids), greedy.chats.map(({ completion }) => completion));
    assert.deepEqual(generate(model, chats.slice(2, 3), { temperature: 0, maxTokens: 32 }), completions.slice(2, 3));
    model.dispose();
  },
});
