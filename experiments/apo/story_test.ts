import assert from "node:assert/strict";
import { languageModel } from "../../lib/policies/language/model.ts";
import { Rng } from "../../lib/random.ts";
import { startBackend } from "../../lib/tensor/backend.ts";
import type { Tokenizer } from "../../lib/tokenizers/tokenizer.ts";
import { tinySource } from "../../lib/training/language/tiny_test_helpers.ts";
import { everything } from "../../lib/training/language/trained_writer.ts";
import { CONTINUATION, OPENING } from "../../lib/training/language/stories.ts";
import { contrastOf, type StoryData, storyData, type StoryPair, storyWorld } from "./story_pairs.ts";
import { movementOf, trainOnPairs } from "./story_training.ts";
import { withWriter, type Writers } from "./story_writers.ts";

/** A tiny family: token 5 is the letter "f", and so on; the stronger writer's weights are other ones by some noise. */
function family(quality: (text: string) => number): Writers {
  const source = tinySource(), rng = Rng.seed(3), model = languageModel(source, { trained: everything });
  const learned = model.parameters.map(({ variable }) => Float32Array.from(rng.normals(variable.size), (v) => 0.1 * v));
  model.dispose();
  const tokenizer = {
    start: 1,
    decode: (ids: readonly number[]) => ids.map((id) => String.fromCharCode(97 + id)).join(""),
  } as unknown as Tokenizer; // nothing else of it is asked for
  return { source, tokenizer, weights: 0, quality, learned };
}
const vowels = (text: string) => text.match(/[aeiou]/g)?.length ?? 0;
const sizes = { pairs: 12, heldOut: 2 };
const tokens = ({ ids, from }: StoryPair["chosen"]) => Array.from(ids.subarray(from));
const read = (response: StoryPair["chosen"]) => tokens(response).map((id) => String.fromCharCode(97 + id)).join("");
/** How many tokens two answers begin with in common. */
const common = (a: readonly number[], b: readonly number[]) => {
  const end = a.findIndex((id, i) => id !== b[i]);
  return end < 0 ? a.length : end;
};

Deno.test("a revision keeps as many quarters of the answer as it can; a random one keeps as many", async () => {
  await startBackend("wasm");
  const { pairs, stories } = storyWorld(family(vowels), sizes, 1, Rng.seed(1));
  const keeps = new Set<number>();
  let better = 0;
  for (let x = 0; x < sizes.pairs; x++) {
    const [clair, random, unchecked, stronger] = (["clair", "random-revisions", "unchecked", "stronger"] as const)
      .map((data) => pairs[data][x]);
    for (const data of storyData) {
      const { chosen, rejected } = pairs[data][x];
      for (const { ids, from } of [chosen, rejected]) {
        assert.deepEqual([ids.length, from], [OPENING + CONTINUATION, OPENING]);
        assert.deepEqual(ids.subarray(0, OPENING), stories.candidates[x][0].ids.subarray(0, OPENING));
      }
    }
    assert.deepEqual(clair.rejected.ids, stories.candidates[x][0].ids);
    for (const { rejected } of [random, unchecked, stronger]) assert.deepEqual(rejected, clair.rejected);
    const gain = vowels(read(clair.chosen)) - vowels(read(clair.rejected));
    if (gain < 0.5) continue;
    better++;
    // What CLAIR's has in common with the answer, in whole quarters, is what was kept: six tokens more by chance are rare.
    const kept = Math.floor(common(tokens(clair.chosen), tokens(clair.rejected)) / 6) * 6;
    for (const { chosen, rejected } of [random, unchecked]) {
      assert.ok(common(tokens(chosen), tokens(rejected)) >= kept, `opening ${x}, ${kept} tokens`);
    }
    keeps.add(kept);
  }
  assert.ok(better > sizes.pairs / 2 && keeps.size > 1, `${better} better ones, which keep ${[...keeps]}`);
});

Deno.test("a judge sees as many pairs the right way round as revisions that nobody checked are, where its pairs permit", async () => {
  await startBackend("wasm");
  for (const strength of [0, 1]) {
    const { pairs } = storyWorld(family(vowels), { pairs: 40, heldOut: 1 }, strength, Rng.seed(2));
    const signs = (data: StoryData) =>
      pairs[data].map(({ chosen, rejected }) => Math.sign(vowels(read(chosen)) - vowels(read(rejected))));
    const right = (data: StoryData) => signs(data).reduce((sum, sign) => sum + (1 + sign) / 2, 0);
    const equal = signs("on-policy-erring").filter((sign) => sign === 0).length / 2;
    const asked = Math.min(Math.max(right("unchecked"), equal), 40 - equal);
    assert.ok(Math.abs(right("on-policy-erring") - asked) <= 1, `${strength}: ${right("on-policy-erring")}, ${asked}`);
    assert.ok(signs("unchecked").includes(-1) && signs("unchecked").includes(1));
  }
});

Deno.test("the same stream gives the same pairs, another one others", async () => {
  await startBackend("wasm");
  const made = (seed: number) => storyWorld(family(vowels), sizes, 1, Rng.seed(seed)).pairs;
  assert.deepEqual(made(1), made(1));
  assert.notDeepEqual(made(1), made(2));
});

Deno.test("a judge does not err where answers are far apart, and tosses a coin where they are equal", async () => {
  await startBackend("wasm");
  const sure = storyWorld(family((text) => 1000 * vowels(text)), sizes, 1, Rng.seed(1)).pairs;
  for (const data of ["on-policy", "off-policy"] as const) {
    for (const { chosen, rejected } of sure[data]) assert.ok(vowels(read(chosen)) >= vowels(read(rejected)), data);
  }
  const { pairs, stories } = storyWorld(family(() => 0), { pairs: 40, heldOut: 1 }, 1, Rng.seed(1));
  const firsts = pairs["on-policy"].filter(({ chosen }, x) =>
    chosen.ids.join() === stories.candidates[x][0].ids.join()
  );
  // 40 tosses: beyond 8 to 32 once in ten thousand.
  assert.ok(firsts.length >= 8 && firsts.length <= 32, `${firsts.length}`);
});

Deno.test("contrast of pairs that are known", async () => {
  await startBackend("wasm");
  const writers = family(vowels), world = storyWorld(writers, { pairs: 2, heldOut: 1 }, 1, Rng.seed(1));
  const response = (text: string) => ({ ids: Uint32Array.from(text, (c) => c.charCodeAt(0) - 97), from: 1 });
  const clair = [
    { chosen: response("xabe"), rejected: response("xabc") },
    { chosen: response("xbbb"), rejected: response("xaab") },
  ];
  const found = contrastOf(writers, { ...world, usual: 0.5, pairs: { ...world.pairs, clair } }, "clair");
  assert.deepEqual(found, {
    "jaccard": (2 / 4 + 1 / 2) / 2,
    "token-edits": 1.5,
    "levenshtein": 1.5,
    "quality-difference": (1 - 2) / 2,
    "winner-above-model": 1 - 0.5,
    "right-order": 0.5,
    "worse": 0.5,
  });
});

/** Changes of log-probs of winners and losers after each epoch. */
function trained(loss: string, { epochs, batch }: { readonly epochs: number; readonly batch: number }) {
  const writers = family(vowels),
    { pairs: { clair: pairs } } = storyWorld(writers, { pairs: 4, heldOut: 1 }, 1, Rng.seed(1));
  return withWriter(writers, 0, ({ model, trained: variables }) => {
    const moved = movementOf(model, pairs), seen: { epoch: number; chosen: number; rejected: number }[] = [];
    trainOnPairs(
      { model, trained: variables, loss, pairs, beta: 0.5, batch, epochs, learningRate: 2e-3, seed: 0 },
      (epoch) => {
        const { chosen, rejected } = moved();
        seen.push({ epoch, chosen, rejected });
      },
    );
    return seen;
  });
}

Deno.test("before training DPO, APO-zero and KTO point the same way, so that Adam's first step is the same", async () => {
  await startBackend("wasm");
  const [dpo, zero, kto] = ["dpo", "apo-zero", "kto"].map((loss) => trained(loss, { epochs: 1, batch: 4 })[0]);
  assert.ok(dpo.chosen > dpo.rejected);
  for (const { chosen, rejected } of [zero, kto]) {
    // Adam divides by the gradient's size but for its ε: float32 and that are left.
    assert.ok(Math.abs(chosen - dpo.chosen) < 1e-2 * Math.abs(dpo.chosen), `${chosen} against ${dpo.chosen}`);
    assert.ok(Math.abs(rejected - dpo.rejected) < 1e-2 * Math.abs(dpo.rejected), `${rejected} against ${dpo.rejected}`);
  }
});

Deno.test("every epoch is looked at; APO-zero raises winners and lowers losers, APO-down lowers both, SFT raises winners", async () => {
  await startBackend("wasm");
  const end = (loss: string) => {
    const seen = trained(loss, { epochs: 3, batch: 3 });
    assert.deepEqual(seen.map(({ epoch }) => epoch), [1, 2, 3]);
    return seen[2];
  };
  const [zero, down, sft] = ["apo-zero", "apo-down", "sft"].map(end);
  assert.ok(zero.chosen > 0 && zero.rejected < 0, JSON.stringify(zero));
  assert.ok(down.chosen < 0 && down.rejected < down.chosen, JSON.stringify(down));
  assert.ok(sft.chosen > 0, JSON.stringify(sft));
});
