/** `deno task score`, from lines to lines. */
import assert from "node:assert/strict";
import { withoutChecksums } from "../formats/safetensors_test_helpers.ts";
import { tinyConfig, writeTinyFolder } from "../policies/language/checkpoint_test_helpers.ts";
import { plainLogProbs } from "../policies/language/reference_test_helpers.ts";
import { inFolder } from "./demo_test_helpers.ts";
import { runIn } from "./process_test_helpers.ts";
import type { Products } from "./products.ts";
import { score } from "./score.ts";
import { writeTinyTraining } from "./train_test_helpers.ts";

const IDS = [[1, 2, 3, 4], [5], [6, 7, 8], [9, 9, 9, 9, 9], [3, 1]];
const lines = (texts: readonly unknown[]) => texts.map((text) => `${JSON.stringify(text)}\n`).join("");
const TEXTS = IDS.map((ids, i) => ({ id: `t${i}`, ids }));

/** A model of width 16 in a folder, with lines to score. */
async function made(folder: string, texts: string = lines(TEXTS)) {
  const config = tinyConfig("llama"), weights = writeTinyFolder(folder, config);
  await Deno.writeTextFile(`${folder}/in.jsonl`, texts);
  const shown: string[] = [], out = `${folder}/out.jsonl`;
  const progress = () => ({
    start: (label: string) => shown.push(label),
    finish: () => shown.push("done"),
    say: () => {},
    end: () => shown.push("end"),
  });
  const options = {
    model: folder,
    file: `${folder}/in.jsonl`,
    out,
    batch: 6,
    backend: "wasm",
    products: "float32" as Products,
    resume: false,
  };
  return {
    out,
    shown,
    run: (changes: Partial<typeof options> = {}) => score({ ...options, ...changes }, { progress }),
    written: () => Deno.readTextFileSync(out).trimEnd().split("\n").map((line) => JSON.parse(line)),
    expected: IDS.map((ids) => [
      ...plainLogProbs(config, new Map([...weights].map(([name, w]) => [name, Float64Array.from(w)])), ids),
    ]),
  };
}

Deno.test("lines are scored in their order, whatever the batches, and ids are handed through", () =>
  inFolder(async (folder) => {
    const { run, written, expected, out, shown } = await made(folder);
    assert.match(await run(), /out\.jsonl: 5 of 5 lines; 15 tokens, \d+ a second, on wasm$/);
    const first = written();
    first.forEach(({ id, tokens, logprobs, sum, count, ...rest }, i) => {
      assert.deepEqual([id, tokens, count, rest], [`t${i}`, IDS[i], IDS[i].length - 1, {}]);
      // Weights of size 1 make logits up to 50 here: 2^-24 of that, some ten times.
      logprobs.forEach((logp: number, t: number) => assert.ok(Math.abs(logp - expected[i][t]) < 1e-4));
      assert.equal(logprobs.length, count);
      assert.equal(sum, logprobs.reduce((a: number, b: number) => a + Math.fround(b), 0));
    });
    assert.deepEqual([shown.filter((line) => line === "done").length, shown.at(-1)], [5, "end"]);
    await assert.rejects(run(), {
      name: "UserError",
      message: `${out}: is there already; remove it, name another with --out, or go on in it with --resume`,
    });
    await Deno.remove(out);
    await run({ batch: 1 });
    written().forEach(({ sum }, i) => assert.ok(Math.abs(sum - first[i].sum) < 1e-4));
  }));

Deno.test("ids are what they were: texts in quotes, and numbers of more digits than float64 has; a resumed run knows them", () =>
  inFolder(async (folder) => {
    const ids = [
      '"0012"',
      '"1e21"',
      '""',
      "12345678901234567890",
      "-9007199254740993",
      "1e400",
      "12",
      '{"a":[1e-999]}',
    ];
    const { run, out } = await made(folder, ids.map((id) => `{"id":${id},"ids":[5]}\n`).join(""));
    await run();
    const found = Deno.readTextFileSync(out).trimEnd().split("\n").map((line) => line.split(',"tokens"')[0]);
    assert.deepEqual(found, ids.map((id) => `{"id":${id}`));
    assert.match(await run({ resume: true }), /: 8 of 8 lines; 0 tokens/);
    Deno.writeTextFileSync(out, Deno.readTextFileSync(out).replace("12345678901234567890", "12345678901234567891"));
    await assert.rejects(run({ resume: true }), { name: "UserError", message: /out\.jsonl:4: / });
  }));

Deno.test("lines before one that is wrong are written, and the line is named", () =>
  inFolder(async (folder) => {
    for (
      const [line, message] of [["{", /in\.jsonl:3: is no JSON/], ["", /:3: is empty$/], ["{}", /:3: has no text/]]
    ) {
      const { run, written, out } = await made(folder, `${lines(TEXTS.slice(0, 2))}${line}\n${lines(TEXTS.slice(2))}`);
      await assert.rejects(run(), { name: "UserError", message });
      assert.deepEqual(written().map(({ id }) => id), ["t0", "t1"]);
      await Deno.remove(out);
    }
    const empty = await made(folder, "");
    await assert.rejects(empty.run(), {
      name: "UserError",
      message: /in\.jsonl: has no line; write one for each text$/,
    });
    const { run, out } = await made(folder, "nothing\n");
    await assert.rejects(run(), /:1: is no JSON/);
    await assert.rejects(Deno.lstat(out), Deno.errors.NotFound);
  }));

Deno.test("a run that was stopped goes on behind its last whole line, and only for the same texts and model", () =>
  inFolder(async (folder) => {
    const { run, out, shown, written } = await made(folder);
    await run();
    const whole = await Deno.readTextFile(out), all = written();
    await Deno.writeTextFile(out, whole.slice(0, whole.indexOf("t3")));
    shown.length = 0;
    assert.match(
      await run({ resume: true }),
      /: 5 of 5 lines; 7 tokens, \d+ a second, on wasm; 3 were there, the last of them within [\d.e-]+ nats of what wasm gives$/,
    );
    assert.equal(shown.filter((line) => line === "done").length, 2);
    assert.deepEqual(written().map(({ id }) => id), all.map(({ id }) => id));
    written().forEach(({ sum }, i) => assert.ok(Math.abs(sum - all[i].sum) < 1e-4));
    assert.match(await run({ resume: true }), /: 5 of 5 lines; 0 tokens/);

    await Deno.writeTextFile(`${folder}/in.jsonl`, lines([...TEXTS.slice(0, 2), { ids: [6, 7, 9] }]));
    await assert.rejects(run({ resume: true }), /out\.jsonl:3: holds the scores of another text; remove the file/);
    await Deno.writeTextFile(`${folder}/in.jsonl`, lines(TEXTS.slice(0, 4)));
    await assert.rejects(run({ resume: true }), /out\.jsonl:5: there are fewer lines to score; remove the file/);
    const before = whole.split("\n").slice(0, 2);
    const resumed = async (line: object, message: RegExp) => {
      const text = [...before, JSON.stringify(line), ""].join("\n");
      await Deno.writeTextFile(out, text);
      await assert.rejects(run({ resume: true }), { name: "UserError", message });
      assert.equal(await Deno.readTextFile(out), text);
    };
    await resumed(
      { ...all[2], logprobs: [-1, -1], sum: -2 },
      /out\.jsonl:3: holds the scores of another model, adapter or --products/,
    );
    for (
      const change of [{ sum: all[2].sum + 1e-6 }, { count: 3 }, { id: "t3" }, { logprobs: [null, -1] }, { more: 1 }]
    ) {
      await resumed({ ...all[2], ...change }, /out\.jsonl:3: was changed: sum, count .*; remove the file/);
    }
  }));

Deno.test("a completion that holds the text's first token says that its sum lacks it", () =>
  inFolder(async (folder) => {
    await writeTinyTraining(folder);
    const { run, written } = await made(
      folder,
      lines([["", "abc"], ["a", "bc"]].map(([prompt, completion]) => ({ prompt, completion }))),
    );
    await run({ model: `${folder}/model` });
    const [whole, part] = written();
    assert.deepEqual([whole.completion_start, whole.completion_count, whole.completion_unscored], [0, 2, 1]);
    assert.deepEqual([part.completion_start, part.completion_count, part.completion_unscored], [1, 2, undefined]);
    assert.equal(whole.completion_sum, whole.sum);
  }));

Deno.test("numbers that are none are refused in one line, with the line and the token", () =>
  inFolder(async (folder) => {
    const { run, out } = await made(folder);
    const path = `${folder}/model.safetensors`, bytes = withoutChecksums(await Deno.readFile(path));
    bytes.set([0, 0, 0xc0, 0x7f], bytes.length - 4); // the last number of the file is NaN
    await Deno.writeFile(path, bytes);
    await assert.rejects(run(), { name: "UserError", message: /in\.jsonl:1: log-prob of token \d+ is NaN/ });
    await assert.rejects(Deno.lstat(out), Deno.errors.NotFound);
  }));

Deno.test("the script says what is missing, and what a flag takes", () =>
  inFolder(async (folder) => {
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await runIn(folder, "tasks/score.ts", args);
      return [code, stdout, stderr];
    };
    assert.deepEqual(await said("--model", "m", "--out", "o"), [
      2,
      "",
      "error: --file is missing; deno task score --model FOLDER|FILE --file LINES.jsonl --out SCORES.jsonl\n",
    ]);
    const flags = ["--model", ".", "--file", "in.jsonl", "--out", "out.jsonl"];
    assert.deepEqual(
      (await said(...flags, "--batch", "0"))[2],
      'error: --batch: expected an integer from 1 to 1048576, got "0"\n',
    );
    assert.deepEqual((await said(...flags))[2], "error: in.jsonl: there is no such file; check the path\n");
    assert.deepEqual(
      (await said(...flags, "--adapter", ""))[2],
      "error: --adapter: an empty path names no folder; leave it out\n",
    );
    assert.deepEqual(
      (await said(...flags.slice(0, -1), "/proc/x"))[2],
      "error: /proc/x: no permission to write there; name another file with --out\n",
    );
    const { written } = await made(folder);
    const [code, stdout, stderr] = await said(...flags, "--backend", "wasm");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(String(stdout), /^out\.jsonl: 5 of 5 lines; /);
    assert.equal(written().length, 5);
  }));

Deno.test("a model whose files are links, as in the cache of Hugging Face, is read with permission for the links alone", () =>
  inFolder((folder) =>
    inFolder(async (blobs) => {
      const { written } = await made(folder);
      for (const name of ["config.json", "model.safetensors"]) {
        await Deno.rename(`${folder}/${name}`, `${blobs}/${name}`);
        // By another process: making a link takes permission for all files.
        const link = `Deno.symlinkSync(${JSON.stringify(`${blobs}/${name}`)}, ${JSON.stringify(`${folder}/${name}`)})`;
        assert.ok((await new Deno.Command(Deno.execPath(), { args: ["eval", link] }).output()).success);
      }
      const flags = ["--model", ".", "--file", "in.jsonl", "--out", "out.jsonl", "--backend", "wasm"];
      const { code, stderr } = await runIn(folder, "tasks/score.ts", flags);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.equal(written().length, 5);
    })
  ));
