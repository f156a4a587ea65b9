import assert from "node:assert/strict";
import { ggufBytes } from "../formats/gguf_test_helpers.ts";
import { openCheckpoint } from "../policies/language/checkpoint.ts";
import { tokenizerOf } from "../policies/language/checkpoint_tokenizer.ts";
import { readAdapter } from "../policies/language/adapter_files.ts";
import { writeSafetensors } from "../formats/safetensors_writer.ts";
import {
  ggufTensors,
  namedTensors,
  tinyConfig,
  tinyMetadata,
  tinyWeights,
} from "../policies/language/checkpoint_test_helpers.ts";
import { train } from "./train.ts";
import { trainOptions } from "./train_options.ts";
import { pairLines, writeTinyTraining } from "./train_test_helpers.ts";
import { readTraining } from "./training_record.ts";

async function inTiny(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await writeTinyTraining(folder);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A training with these flags into `FOLDER/OUT`, stopped after some steps as a kill would. */
function run(
  folder: string,
  out: string,
  flags: readonly string[],
  said: string[] = [],
  { steps = Infinity, looks = Infinity } = {},
) {
  const usual = { backend: "wasm", batch: "4", "learning-rate": "0.02" };
  const common = Object.entries(usual).flatMap(([name, value]) =>
    flags.includes(`--${name}`) ? [] : [`--${name}`, value]
  );
  const model = flags.includes("--model") ? [] : ["--model", `${folder}/model`];
  const paths = [...model, "--pairs", `${folder}/pairs.jsonl`, "--out", `${folder}/${out}`];
  const nothing = () => {};
  const finish = () => {
    if (--steps === 0) throw new Error("killed");
  };
  const progress = () => ({ start: nothing, say: nothing, end: nothing, finish });
  return train(trainOptions([...paths, ...common, ...flags])!, "the command", (line) => said.push(line), {
    references: `${folder}/reference`,
    ...{ progress, looks },
  });
}

const curve = async (folder: string, out: string) =>
  (await Deno.readTextFile(`${folder}/${out}/curve.csv`)).trim().split("\n").map((line) => line.split(","));

Deno.test("an adapter is trained, written as peft reads it, and reported; the same again has the same bytes", () =>
  inTiny(async (folder) => {
    const flags = [
      "--epochs",
      "4",
      "--held-share",
      "0.25",
      "--evaluate-every",
      "3",
      "--targets",
      "all-linear",
      "--rank",
      "2",
    ];
    const written = await run(folder, "a", flags);
    assert.deepEqual(written, [`${folder}/a/index.html`, `${folder}/a/adapter/`]);
    const { methods: { dpo }, peft, notes } = JSON.parse(await Deno.readTextFile(`${folder}/a/trl.json`));
    assert.deepEqual([dpo.trainer, dpo.lines, dpo.args.max_steps], ["DPOTrainer", `${folder}/pairs.jsonl`, 9]);
    assert.deepEqual([peft.r, peft.target_modules], [2, "all-linear"]);
    assert.ok(notes.some((note: string) => note.includes("a share of 0.25")));
    const checkpoint = openCheckpoint(`${folder}/model`),
      adapter = readAdapter(`${folder}/a/adapter`, checkpoint.config);
    checkpoint.close();
    assert.equal(adapter.factors.size, 14);
    const rows = await curve(folder, "a"), column = (name: string) => rows[0].indexOf(name);
    const heldOut = rows.filter((row) => row[column("on")] === "held-out").map((row) => Number(row[column("loss")]));
    assert.ok(Math.abs(heldOut[0] - Math.LN2) < 1e-6 && heldOut.at(-1)! < 0.6, `${heldOut}`);
    const page = await Deno.readTextFile(`${folder}/a/index.html`);
    assert.ok(!page.includes("cDPO</"), "DPO without label smoothing is not cDPO");
    for (
      const part of [
        "<h1>Training: DPO</h1>",
        ">Training</p>",
        "All steps were taken",
        "the command",
        "Held out",
        "before",
        "Rafailov",
      ]
    ) {
      assert.ok(page.includes(part), part);
    }
    const said: string[] = [];
    await run(folder, "b", flags, said);
    assert.match(
      said.join("\n"),
      /was made for 64 tokens; longer texts are cut there\nlog-probs of the reference: read from .*\.safetensors$/,
    );
    for (
      const file of ["adapter/adapter_model.safetensors", "adapter/adapter_config.json", "curve.csv"]
    ) {
      assert.deepEqual(await Deno.readFile(`${folder}/b/${file}`), await Deno.readFile(`${folder}/a/${file}`), file);
    }
  }));

Deno.test("an adapter is gone on from, beside the model without it", () =>
  inTiny(async (folder) => {
    await run(folder, "first", ["--steps", "3"]);
    const adapter = ["--adapter", `${folder}/first/adapter`];
    await run(folder, "second", [...adapter, "--steps", "1", "--learning-rate", "0"]);
    const bytes = (out: string) => Deno.readFile(`${folder}/${out}/adapter/adapter_model.safetensors`);
    assert.deepEqual(await bytes("second"), await bytes("first"));
    const [head, row] = await curve(folder, "second");
    assert.ok(Number(row[head.indexOf("chosenRatio")]) > 0.1, `${row}`);
    const said: string[] = [];
    await run(folder, "again", [...adapter, "--steps", "1"], said);
    assert.ok(!said.some((line) => line.includes("says it was made")), `${said}`);
    await Deno.rename(`${folder}/model`, `${folder}/other`);
    await run(folder, "other-base", [...adapter, "--steps", "1", "--model", `${folder}/other`], said);
    const [told] = said.filter((line) => line.includes("says it was made"));
    assert.equal(
      told,
      `${folder}/first/adapter: says it was made for ${folder}/model, and is put on ${folder}/other; its shapes fit`,
    );
    await Deno.rename(`${folder}/other`, `${folder}/model`);
    await assert.rejects(run(folder, "third", ["--adapter", folder]), {
      name: "UserError",
      message: `${folder}: no adapter_config.json; an adapter is a folder as peft saves it`,
    });
  }));

Deno.test("weights are written as a model that can be opened; only the last layers move where that is asked", () =>
  inTiny(async (folder) => {
    await run(folder, "out", ["--train", "weights", "--layers", "1", "--steps", "3", "--loss", "sft", "--micro", "2"]);
    const [before, after] = [`${folder}/model`, `${folder}/out/model`].map(openCheckpoint);
    const moved = before.names.filter((name) => `${before.read(name)}` !== `${after.read(name)}`);
    assert.ok(moved.length > 5 && moved.every((name) => name.startsWith("model.layers.1.")), `${moved}`);
    await Deno.stat(`${folder}/out/model/tokenizer.json`);
    [before, after].forEach((checkpoint) => checkpoint.close());
  }));

Deno.test("weights of a GGUF file are trained as those of a folder, and written as a folder that says the same", () =>
  inTiny(async (folder) => {
    const whole = ["--train", "weights", "--steps", "3", "--learning-rate", "0.001"];
    await run(folder, "a", whole);
    const source = openCheckpoint(`${folder}/model`), known = await tokenizerOf(source);
    const tokens = Array.from({ length: known.size }, (_, id) => known.decode([id]));
    const weights = new Map(source.names.map((name) => [name, source.read(name)]));
    const types = tokens.map((_, id) => id < 3 ? 3 : 1);
    source.close();
    await Deno.writeFile(
      `${folder}/model.gguf`,
      ggufBytes({
        ...tinyMetadata("llama"),
        ...{ "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.add_bos_token": true },
        "tokenizer.ggml.tokens": tokens.with(-1, "Ġ"),
        "tokenizer.ggml.token_type": { type: 9, inner: 5, value: types },
        "tokenizer.ggml.merges": [],
        "tokenizer.chat_template": "{{ messages[0]['content'] }}",
      }, ggufTensors(tinyConfig("llama"), weights)),
    );
    await run(folder, "b", [...whole, "--start", "never", "--model", `${folder}/model.gguf`]);
    const [from, ...written] = [`${folder}/model.gguf`, `${folder}/a/model`, `${folder}/b/model`].map(openCheckpoint);
    const [a, b] = written;
    assert.deepEqual(b.config, from.config);
    assert.deepEqual(b.config, a.config);
    for (const name of a.names) assert.deepEqual(b.read(name), a.read(name), name);
    const [inFile, inFolder] = await Promise.all([from, b].map(tokenizerOf));
    for (const text of ["abc ab</s>a", ""]) {
      for (const special of [false, true]) {
        assert.deepEqual(inFolder.encode(text, { special }), inFile.encode(text, { special }));
      }
    }
    assert.equal(inFolder.encode("a", { special: true })[0], 1);
    assert.equal(inFolder.applyChat([{ role: "user", content: "abc" }]), "abc");
    for (const checkpoint of [from, a, b]) checkpoint.close();
  }));

Deno.test("the same command goes on, other settings are refused, --fresh begins again", () =>
  inTiny(async (folder) => {
    const flags = ["--steps", "6", "--save-every", "2"];
    await run(folder, "whole", flags);
    const said: string[] = [];
    await assert.rejects(run(folder, "out", flags, said, { steps: 5 }), /killed/);
    await run(folder, "out", flags, said);
    assert.ok(said.includes(`${folder}/out: goes on after 4 of 6 steps`), `${said}`);
    await run(folder, "out", flags, said);
    assert.ok(said.includes(`${folder}/out: goes on after 6 of 6 steps`), `${said}`);
    const bytes = (out: string) => Deno.readFile(`${folder}/${out}/adapter/adapter_model.safetensors`);
    assert.deepEqual(await bytes("out"), await bytes("whole"));
    await assert.rejects(run(folder, "out", [...flags, "--beta", "0.2"]), {
      name: "UserError",
      message: /holds a training with other settings \(objective\.loss\.beta was 0\.1 and is 0\.2\); take --fresh/,
    });
    await Deno.writeTextFile(`${folder}/pairs.jsonl`, pairLines(5));
    await assert.rejects(run(folder, "out", flags), { message: /other settings \(data was / });
    await run(folder, "out", [...flags, "--beta", "0.2", "--fresh"]);
    assert.notDeepEqual(await bytes("out"), await bytes("whole"));
    await Deno.mkdir(`${folder}/mine`);
    await Deno.writeTextFile(`${folder}/mine/a.txt`, "");
    await assert.rejects(run(folder, "mine", flags), {
      name: "UserError",
      message: /holds other files, such as a\.txt/,
    });
  }));

Deno.test("a rate that is too high stops by patience and gives the best weights, or ends in one line with a report", () =>
  inTiny(async (folder) => {
    const looks = ["--held-share", "0.25", "--evaluate-every", "1", "--patience", "2", "--schedule", "constant"];
    await run(folder, "out", [
      "--steps",
      "60",
      "--loss",
      "ipo-sum",
      "--tau",
      "0.1",
      "--clip",
      "0",
      ...looks,
      "--learning-rate",
      "0.3",
    ]);
    const page = await Deno.readTextFile(`${folder}/out/index.html`);
    assert.match(page, /stopped by the rule (&quot;|")patience/);
    const rows = await curve(folder, "out"), [on, loss] = ["on", "loss"].map((name) => rows[0].indexOf(name));
    const losses = rows.filter((row) => row[on] === "held-out").map((row) => Number(row[loss]));
    assert.equal(losses.indexOf(Math.min(...losses)), losses.length - 3);

    const wild = [
      "--train",
      "weights",
      "--steps",
      "30",
      "--learning-rate",
      "10",
      "--schedule",
      "constant",
      "--loss",
      "sppo-hard",
    ];
    await assert.rejects(run(folder, "wild", [...wild, "--eta", "1e20", "--clip", "0"]), {
      name: "UserError",
      message: /^training stopped: /,
    });
  }));

Deno.test("what is wrong is one line, before anything is computed", () =>
  inTiny(async (folder) => {
    const refused: readonly (readonly [flags: string[], message: RegExp])[] = [
      [["--loss", "dpo", "--beta", "-1"], /^loss dpo: beta: expected a number > 0, got -1$/],
      [
        ["--loss", "f-dpo", "--divergence", "sideways"],
        /^loss f-dpo: divergence\.kind: expected one of .*, got sideways$/,
      ],
      [
        ["--loss", "simpo", "--gamma", "1", "--link", "tanh"],
        /^loss simpo: link: expected one of sigmoid, hinge, got tanh$/,
      ],
      [["--loss", "causal-cpo", "--kl-weight", "-1"], /^loss causal-cpo: klWeight: expected a number >= 0, got -1$/],
      [
        ["--loss", "stackelberg-margin", "--window", "x"],
        /^loss stackelberg-margin: window: expected a number, got string$/,
      ],
      [["--loss", "davidson", "--nu", "1", "--beta", "0"], /^loss davidson: beta: expected a number > 0, got 0$/],
      [["--max-length", "65"], /^--max-length 65: .*model was made for 64 tokens; take at most 64$/],
      [["--steps", "3", "--warmup", "3"], /^--warmup 3: training has 3 steps; take fewer for the warm-up$/],
      [["--layers", "3"], /^--layers 3: .*model has 2$/],
      [["--targets", "x_proj"], /no layer is called \["x_proj"\]; name some, or all-linear$/],
      [["--held-share", "0.9", "--max-length", "3"], /pairs\.jsonl: no line that can be learned from/],
      [["--held-out", `${folder}/none.jsonl`], /none\.jsonl: there is no such file; check the path$/],
      [["--backend", "abacus"], /^--backend abacus: unknown engine/],
    ];
    for (const [flags, message] of refused) {
      await assert.rejects(run(folder, "out", flags), {
        name: "UserError",
        message,
      });
    }
    await Deno.writeFile(
      `${folder}/latin1.jsonl`,
      Uint8Array.from('{"prompt": "\xe9"}', (letter) => letter.charCodeAt(0)),
    );
    await assert.rejects(run(folder, "out", ["--held-out", `${folder}/latin1.jsonl`]), {
      name: "UserError",
      message: `${folder}/latin1.jsonl:1: is no UTF-8 here or soon after: write the file as UTF-8`,
    });
    const path = `${folder}/model/tokenizer.json`, json = JSON.parse(await Deno.readTextFile(path));
    json.model.vocab["q"] = 20;
    await Deno.writeTextFile(path, JSON.stringify(json));
    await Deno.writeTextFile(`${folder}/pairs.jsonl`, JSON.stringify({ prompt: "a", chosen: "q", rejected: "b" }));
    await assert.rejects(run(folder, "out", []), {
      name: "UserError",
      message: `${folder}/model: its tokenizer gives token 20, and the model has 20; take its own`,
    });
  }));

/** Lines of every kind, of the letters that the tiny model knows. */
const KINDS: readonly (readonly [loss: string, flags: string[], line: (i: number) => Record<string, unknown>])[] = [
  [
    "causal-cpo",
    ["--ratio", "self-normalised", "--baseline", "0.2"],
    (i) => ({ completion: LETTERS[i], outcome: i % 3 }),
  ],
  ["causal-outcome-only", [], (i) => ({ completion: LETTERS[i], predicted: i % 3 })],
  ["dr-cpo", ["--ratio", "stabilised:0.5:2"], (i) => {
    return { completion: LETTERS[i], predicted: i % 3, ...(i % 2 && { outcome: i, propensity: 0.5, candidates: 2 }) };
  }],
  ...["rloo", "rlhf-exact"].map((loss) =>
    [loss, [], (i: number) => ({ completions: ["a", LETTERS[i], "bc"], rewards: [0, i, 1] })] as const
  ).map(([loss, flags, line]): typeof KINDS[number] => [loss, [...flags], line]),
  ["sami", [], (i) => ({ constitutions: ["a ", "b "], completions: ["ab", LETTERS[i]] })],
  ["rao-kupper", ["--theta", "2"], (i) => ({ chosen: "a", rejected: LETTERS[i], tied: i % 4 === 0, weight: 2 })],
  ["stackelberg-margin", ["--radius", "0.2"], (i) => ({ chosen: "a", rejected: LETTERS[i] })],
];
const LETTERS = [..."bcdefghijklm"];

Deno.test("lines of every kind are trained on, and their report says what they are", () =>
  inTiny(async (folder) => {
    for (const [loss, flags, line] of KINDS) {
      const lines = LETTERS.map((letter, i) => JSON.stringify({ prompt: `n${letter}`, ...line(i) })).join("\n");
      await Deno.writeTextFile(`${folder}/pairs.jsonl`, lines);
      await run(folder, loss, [
        "--loss",
        loss,
        "--steps",
        "4",
        "--held-share",
        "0.3",
        "--evaluate-every",
        "2",
        ...flags,
      ]);
      const rows = await curve(folder, loss), [on, at] = ["on", "loss"].map((name) => rows[0].indexOf(name));
      const losses = rows.filter((row) => row[on] === "held-out").map((row) => Number(row[at]));
      assert.ok(losses.length === 3 && losses.every(Number.isFinite) && losses[2] !== losses[0], `${loss}: ${losses}`);
      assert.equal((await readTraining(`${folder}/${loss}`))!.curve.length, rows.length - 1, loss);
      const page = await Deno.readTextFile(`${folder}/${loss}/index.html`);
      const weighs = /cpo|only|rloo|rlhf/.test(loss);
      assert.equal(rows[0].includes("effective"), weighs, loss);
      assert.equal(page.includes("effective sample size"), weighs, loss);
      if (weighs) assert.ok(rows.slice(1).every((row) => Number(row[rows[0].indexOf("effective")]) > 0), loss);
    }
  }));

Deno.test("a log without one of DR-CPO's samples, and a law that cannot be, are one line", () =>
  inTiny(async (folder) => {
    const lines = (more: Record<string, unknown>) =>
      Deno.writeTextFile(
        `${folder}/pairs.jsonl`,
        LETTERS.map((completion) => JSON.stringify({ prompt: "a", completion, ...more })).join("\n"),
      );
    await lines({ predicted: 1 });
    await assert.rejects(run(folder, "out", ["--loss", "dr-cpo"]), {
      name: "UserError",
      message: `${folder}/pairs.jsonl has 0 lines with an outcome and 12 without; DR-CPO needs both`,
    });
    await lines({ outcome: 1, logging_logprob: -500 });
    await assert.rejects(run(folder, "out", ["--loss", "causal-cpo"]), {
      name: "UserError",
      message:
        /pairs\.jsonl:1: the model gives this text e\^4\d\d times the probability that its logging_logprob says: /,
    });
    await run(folder, "out", ["--loss", "causal-cpo", "--ratio", "self-normalised", "--steps", "1", "--fresh"]);
  }));

Deno.test("a training whose state is gone does not begin anew over what it has written", () =>
  inTiny(async (folder) => {
    const flags = ["--steps", "4", "--save-every", "2"], said: string[] = [];
    await assert.rejects(run(folder, "out", flags, said, { steps: 1 }), /killed/);
    await assert.rejects(run(folder, "out", flags, said, { steps: 3 }), /killed/);
    assert.ok(said.includes(`${folder}/out: was stopped before its first save; begins again`), `${said}`);
    await Deno.remove(`${folder}/out/state.json`);
    const lost = {
      name: "UserError",
      message:
        `${folder}/out: holds a training whose state.json is gone, so that it cannot go on; take --fresh to begin ` +
        "again, or another --out",
    };
    await assert.rejects(run(folder, "out", flags), lost);
    await Deno.writeTextFile(`${folder}/out/training.json`, "{}");
    await assert.rejects(run(folder, "out", flags), lost);
    await run(folder, "out", [...flags, "--fresh"]);
    await Deno.remove(`${folder}/out/training.json`);
    await assert.rejects(run(folder, "out", flags), {
      name: "UserError",
      message:
        `--out ${folder}/out: holds state.json without training.json, so that it cannot be gone on with; move the ` +
        "folder away, or choose another one",
    });
  }));

Deno.test("the report is drawn while a training goes, and says that it is not finished", () =>
  inTiny(async (folder) => {
    await assert.rejects(run(folder, "out", ["--steps", "4"], [], { steps: 3, looks: 0 }), /killed/);
    const page = await Deno.readTextFile(`${folder}/out/index.html`);
    assert.match(page, /Not finished: 2 of 4 steps were taken; the same command goes on\./);
    await run(folder, "out", ["--steps", "4"]);
    assert.match(await Deno.readTextFile(`${folder}/out/index.html`), /All steps were taken/);
  }));

Deno.test("what a kill left of the first file is removed, and the training begins", () =>
  inTiny(async (folder) => {
    const left = `training.json.${crypto.randomUUID()}.new`;
    await Deno.mkdir(`${folder}/out`);
    await Deno.writeTextFile(`${folder}/out/${left}`, "{");
    await run(folder, "out", ["--steps", "1"]);
    assert.ok(![...Deno.readDirSync(`${folder}/out`)].some(({ name }) => name === left));
  }));

Deno.test("a damaged model is one line with the line of the file, and nothing of it is kept", () =>
  inTiny(async (folder) => {
    const config = tinyConfig("llama");
    const weights = new Map([...tinyWeights(config)].map(([name, values]) => [name, values.map(() => NaN)]));
    writeSafetensors(`${folder}/model/model.safetensors`, namedTensors(config, weights));
    for (const [loss, whose] of [["dpo", "the reference"], ["reference-free-dpo", "the model"]]) {
      await assert.rejects(run(folder, loss, ["--steps", "1", "--loss", loss]), {
        name: "UserError",
        message: new RegExp(
          `pairs\\.jsonl:\\d+: ${whose} gives token \\d+ a log-prob of NaN; its weights may be damaged`,
        ),
      });
    }
    await assert.rejects(Deno.stat(`${folder}/reference`), Deno.errors.NotFound);
  }));
