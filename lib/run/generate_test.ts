/** `deno task generate`, from lines to lines. */
import assert from "node:assert/strict";
import { openCheckpoint } from "../policies/language/checkpoint.ts";
import { languageModel } from "../policies/language/model.ts";
import { sequencesOf } from "../policies/language/sequences.ts";
import { inFolder } from "./demo_test_helpers.ts";
import { generateLines } from "./generate.ts";
import { runIn } from "./process_test_helpers.ts";
import { writeTinyTraining } from "./train_test_helpers.ts";

const RECORDS = [{ id: 7, prompt: "abc" }, { ids: [3, 4, 5] }, { prompt: "p" }, { prompt: "abc" }];
const lines = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const LETTERS = "abcdefghijklmnop";

/** Runs on a tiny model whose tokens 3 to 18 are the letters a to p, 19 the space. */
async function made(folder: string, prompts = lines(RECORDS)) {
  await writeTinyTraining(folder);
  await Deno.writeTextFile(`${folder}/in.jsonl`, prompts);
  const out = `${folder}/out.jsonl`, lengths: number[] = [];
  const finish = () => void lengths.push(Deno.statSync(out).size);
  const progress = () => ({ start() {}, finish, say() {}, end() {} });
  const options = {
    ...{ model: `${folder}/model`, prompts: `${folder}/in.jsonl`, out, backend: "wasm", products: "float32" as const },
    ...{ sampling: { temperature: 1 }, seed: 0, maxTokens: 6, batch: 2, resume: false },
  };
  return {
    out,
    /** Bytes that the file had when each line was done. */
    lengths,
    async run(changes: Partial<Parameters<typeof generateLines>[0]> = {}) {
      if (!changes.resume) await Deno.remove(out).catch(() => {});
      const said = await generateLines({ ...options, ...changes }, { progress });
      return { said, written: Deno.readTextFileSync(out).trimEnd().split("\n").map((line) => JSON.parse(line)) };
    },
  };
}

Deno.test("lines are gone on with in their order, with the model's log-probs, whatever the batches", () =>
  inFolder(async (folder) => {
    const { run } = await made(folder), { said, written } = await run();
    assert.match(said, /out\.jsonl: 4 lines; \d+ tokens, \d+ a second, on wasm$/);
    const checkpoint = openCheckpoint(`${folder}/model`), model = languageModel(checkpoint);
    checkpoint.close();
    written.forEach(({ completion, tokens, logprobs, sampled_logprobs, ended, ...record }, i) => {
      assert.deepEqual(record, RECORDS[i]);
      const prompt = RECORDS[i].ids ?? Array.from(RECORDS[i].prompt!, (letter) => 3 + LETTERS.indexOf(letter));
      const sequences = sequencesOf([[...prompt, ...tokens]]);
      const expected = model.logProbs(sequences, sequences.positions.map((t) => Number(t >= prompt.length)));
      logprobs.forEach((logp: number, t: number) => assert.ok(Math.abs(logp - expected[t]) < 1e-5));
      assert.deepEqual(sampled_logprobs, logprobs);
      assert.equal(ended, tokens.at(-1) === 2 ? "token" : "length");
      const text = tokens.map((id: number) => id === 19 ? " " : LETTERS[id - 3] ?? "").join("");
      assert.equal(completion, RECORDS[i].ids === undefined ? text : undefined);
    });
    model.dispose();
    assert.notDeepEqual(written[0].tokens, written[3].tokens, "the same prompt in another line");
    assert.deepEqual((await run({ batch: 1 })).written, written);
    assert.notDeepEqual((await run({ seed: 1 })).written, written);
    const { written: [first] } = await run({ maxTokens: 1, sampling: { temperature: 0 } });
    assert.deepEqual([first.sampled_logprobs, first.tokens.length], [[0], 1]);
  }));

Deno.test("a line is written when it and all before it are done, and a run that was stopped goes on behind it", () =>
  inFolder(async (folder) => {
    const { run, out, lengths } = await made(folder);
    const { written: all } = await run({ maxTokens: 20 }), whole = await Deno.readTextFile(out);
    const ends = [0, ...whole.matchAll(/\n/g).map(({ index }) => index + 1)];
    assert.deepEqual([lengths.length, lengths.at(-1)], [4, whole.length]);
    lengths.forEach((length, i) => assert.ok(ends.includes(length) && length <= ends[i + 1]));
    assert.ok(lengths[2] > 0, "lines were written before the last was done");

    for (const cut of [0, 5, ends[1], ends[1] + 9, ends[3] - 1, whole.length]) {
      await Deno.writeTextFile(out, whole.slice(0, cut));
      const { written, said } = await run({ maxTokens: 20, resume: true });
      assert.deepEqual(written, all);
      const kept = ends.filter((end) => end > 0 && end <= cut).length;
      assert.ok(said.includes(kept === 0 ? ": 4 lines; " : `: 4 lines; ${kept} were there; `));
    }
    const three = whole.slice(0, ends[3]),
      refusals = [
        [three, { seed: 1 }, /out\.jsonl:3: was completed by another model or adapter, seed, rule .*; remove the file/],
        [three, { sampling: { temperature: 0 } }, /:3: was completed by another/],
        [whole.slice(0, ends[1]), { sampling: { temperature: 1.01 } }, /:1: was completed by another/],
        [
          `${JSON.stringify({ ...all[0], logprobs: all[0].logprobs.map((logp: number) => logp + 2e-4) })}\n`,
          {},
          /:1: was completed by another/,
        ],
        [whole.slice(ends[1]), {}, /:1: holds no completion of this prompt; remove the file/],
        ["{}\n", {}, /:1: holds no completion of this prompt/],
        ["no JSON\n", {}, /:1: holds no completion of this prompt/],
        [whole + whole.slice(0, ends[1]), {}, /:5: there are fewer prompts/],
      ] as const;
    for (const [text, changes, message] of refusals) {
      await Deno.writeTextFile(out, text);
      await assert.rejects(run({ maxTokens: 20, resume: true, ...changes }), { name: "UserError", message });
      assert.equal(await Deno.readTextFile(out), text);
    }
  }));

Deno.test("a file without a line is refused", () =>
  inFolder(async (folder) => {
    const { run, out } = await made(folder, "");
    await assert.rejects(run(), { name: "UserError", message: /in\.jsonl: has no line; write one for each prompt$/ });
    await assert.rejects(Deno.lstat(out), Deno.errors.NotFound);
  }));

Deno.test("a text that ends a completion is not in it", () =>
  inFolder(async (folder) => {
    const { run } = await made(folder, lines([RECORDS[0]])), { written: [whole] } = await run({ maxTokens: 20 });
    const stop = whole.completion.slice(2, 4), at = whole.completion.indexOf(stop);
    const { written: [stopped] } = await run({ maxTokens: 20, stop });
    assert.deepEqual([stopped.completion, stopped.ended], [whole.completion.slice(0, at), "string"]);
  }));

Deno.test("a line that is wrong is named before anything is computed, and nothing is written", () =>
  inFolder(async (folder) => {
    for (
      const [line, message] of [
        ["{", /in\.jsonl:2: is no JSON/],
        ["", /:2: is empty$/],
        ["[]", /:2: is no object$/],
        ["{}", /:2: has no prompt: write one of prompt, messages, ids$/],
        ['{"prompt": "a", "ids": [3]}', /:2: has prompt, ids: write one of/],
        ['{"prompt": "a", "ended": 1}', /:2: has ended, which is to be written: call it otherwise$/],
        ['{"prompt": ""}', /:2: the prompt is empty/],
        ['{"ids": [20]}', /:2: id 20 is outside of the model's 20 tokens$/],
        ['{"prompt": 3}', /:2: prompt is no text/],
        [
          `{"prompt": "${"a".repeat(59)}"}`,
          /:2: 59 tokens and --max-tokens 6 are more than the 64 .*: shorten the prompt, or give --max-tokens 5 at most$/,
        ],
      ] as const
    ) {
      const { run, out } = await made(folder, `{"prompt": "a"}\n${line}\n{"prompt": "b"}\n`);
      await assert.rejects(run(), { name: "UserError", message });
      await assert.rejects(Deno.lstat(out), Deno.errors.NotFound);
      await Deno.remove(`${folder}/model`, { recursive: true });
    }
  }));

Deno.test("the script draws by its flags, and says what is missing and what has no effect", () =>
  inFolder(async (folder) => {
    await made(folder);
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await runIn(folder, "tasks/generate.ts", args);
      return [code, stdout, stderr];
    };
    const paths = ["--model", "model", "--prompts", "in.jsonl", "--out", "out.jsonl"];
    const [code, stdout, stderr] = await said(...paths, "--temperature", "0", "--max-tokens", "3");
    assert.equal(code, 0, `${stderr}`);
    assert.match(`${stdout}`, /^out\.jsonl: 4 lines; \d+ tokens, \d+ a second, on \w+\n$/);
    for (
      const [args, line] of [
        [
          [...paths, "--max-tokens", "3"],
          "error: out.jsonl: is there already; remove it, name another with --out, or go on in it with --resume\n",
        ],
        [
          [...paths, "--temperature", "0", "--top-p", "0.9"],
          "error: --top-p has no effect with --temperature 0, which takes the most probable token\n",
        ],
        [[...paths, "--stop", ""], "error: --stop: an empty text ends nothing; leave it out\n"],
        [
          paths.slice(2),
          "error: --model is missing; deno task generate --model FOLDER|FILE --prompts LINES.jsonl --out COMPLETIONS.jsonl\n",
        ],
      ] as const
    ) assert.deepEqual(await said(...args), [2, "", line]);
    const [, help] = await said("--help");
    assert.match(`${help}`, /--repetition-penalty NUM/);
  }));
