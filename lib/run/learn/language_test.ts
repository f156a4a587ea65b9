/** Methods over a tiny language model: what is trained and measured is what `deno task train` trains and measures. */
import assert from "node:assert/strict";
import { assignFolds } from "../../estimators/cross_fit.ts";
import { SafetensorsFile } from "../../formats/safetensors.ts";
import { openCheckpoint } from "../../policies/language/checkpoint.ts";
import { languageModel } from "../../policies/language/model.ts";
import { Rng } from "../../random.ts";
import { startBackend } from "../../tensor/backend.ts";
import { objectiveOf } from "../../training/language/objectives.ts";
import { scoreTexts } from "../../training/language/scoring.ts";
import { readSavedReport } from "../saved_report.ts";
import { train } from "../train.ts";
import { trainOptions } from "../train_options.ts";
import { writeTinyTraining } from "../train_test_helpers.ts";
import { languagePolicy, Reference } from "./language_policy.ts";
import { learn } from "./learn.ts";
import { learnOptions } from "./options.ts";

async function inTiny(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await writeTinyTraining(folder);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Flags of a short training that both tasks take. */
const TRAINING = ["--learning-rate", "0.02", "--epochs", "4", "--batch", "4", "--rank", "4", "--seed", "3"];

async function compared(folder: string, out: string, more: readonly string[]) {
  const said: string[] = [], common = ["--model", `${folder}/model`, "--pairs", `${folder}/pairs.jsonl`];
  const options = learnOptions([...common, ...TRAINING, "--out", `${folder}/${out}`, ...more])!;
  const { files } = await learn(options, "deno task learn", (line) => said.push(line));
  const { sections: [{ tables: [{ rows }] }] } = (await readSavedReport(`${folder}/${out}`))!;
  return { rows, said, files };
}

const trained = (folder: string, out: string, more: readonly string[]) =>
  train(
    trainOptions(["--model", `${folder}/model`, "--out", `${folder}/${out}`, ...TRAINING, "--beta", "0.1", ...more])!,
    "the command",
    () => {},
    {
      references: `${folder}/reference`,
      progress: () => ({ start: () => {}, say: () => {}, end: () => {}, finish: () => {} }),
      looks: Infinity,
    },
  );

Deno.test("policies and measures are those of trainings of their own, fold by fold; the same bytes again", () =>
  inTiny(async (folder) => {
    const flags = ["--methods", "dpo,kto", "--folds", "2", "--kl-tokens", "4"];
    const { rows, files } = await compared(folder, "one", flags), again = await compared(folder, "two", flags);
    assert.deepEqual(rows, again.rows);
    await trained(folder, "all", ["--pairs", `${folder}/pairs.jsonl`]);
    const adapter = (place: string) => {
      using file = SafetensorsFile.open(`${folder}/${place}/adapter/adapter_model.safetensors`);
      return [...file.tensors.keys()].map((name) => file.readFloats(name));
    };
    for (const id of ["dpo", "kto"]) assert.deepEqual(adapter(`one/policy-${id}`), adapter(`two/policy-${id}`));
    // The reference's texts are run in other batches, whose sums round otherwise.
    const [ours, theirs] = [adapter("one/policy-dpo"), adapter("all")];
    const off = ours.map((values, k) => values.reduce((most, v, i) => Math.max(most, Math.abs(v - theirs[k][i])), 0));
    assert.ok(Math.max(...off) < 1e-5, off.join(" "));
    assert.ok(files.includes(`${folder}/one/policy-dpo/adapter/`));
    const { methods, peft } = JSON.parse(await Deno.readTextFile(`${folder}/one/trl.json`));
    assert.deepEqual([methods.dpo.args.beta, methods.dpo.lines, peft.r], [0.1, "pairs.jsonl", 4]);
    // 12 pairs in batches of four, four times; for KTO each is two lines.
    assert.deepEqual([methods.dpo.args.max_steps, methods.kto.args.max_steps], [12, 24]);

    const lines = (await Deno.readTextFile(`${folder}/pairs.jsonl`)).trim().split("\n");
    const groups = lines.map((line) => JSON.parse(line).prompt);
    const fold = assignFolds({ n: lines.length, folds: 2, rng: Rng.seed(3).fork("learn").fork("folds"), groups });
    const sums = { accuracy: 0, chosenRatio: 0, rejectedRatio: 0 };
    for (const k of [0, 1]) {
      const [train, held] = [lines.filter((_, i) => fold[i] !== k), lines.filter((_, i) => fold[i] === k)];
      await Deno.writeTextFile(`${folder}/train.jsonl`, train.join("\n"));
      await Deno.writeTextFile(`${folder}/held.jsonl`, held.join("\n"));
      await trained(folder, `fold-${k}`, ["--pairs", `${folder}/train.jsonl`, "--held-out", `${folder}/held.jsonl`]);
      const [names, ...points] = (await Deno.readTextFile(`${folder}/fold-${k}/curve.csv`)).trim().split("\n").map((
        line,
      ) => line.split(","));
      const last = points.findLast((point) => point[names.indexOf("on")] === "held-out")!;
      for (const name of ["accuracy", "chosenRatio", "rejectedRatio"] as const) {
        const at = names.findIndex((column) => column.replaceAll(/[-_ ]/g, "").toLowerCase() === name.toLowerCase());
        sums[name] += Number(last[at]) * held.length / lines.length;
      }
    }
    const [dpo] = rows;
    for (
      const [mine, theirs] of [["accuracy", "accuracy"], ["chosen", "chosenRatio"], [
        "rejected",
        "rejectedRatio",
      ]] as const
    ) {
      // Log-probs of float32, of which sums of ten tokens are off by 1e-6 each way of batching.
      assert.ok(Math.abs(Number(dpo[mine]) - sums[theirs]) < 1e-4, `${mine}: ${dpo[mine]} ${sums[theirs]}`);
    }
    assert.ok(Number(dpo.accuracy) > 0.9 && Number(dpo.kl) > 0);
  }));

Deno.test("a run that was stopped goes on, and gives the same numbers; other settings begin anew", () =>
  inTiny(async (folder) => {
    const flags = ["--methods", "dpo,apo-zero", "--folds", "2", "--kl-tokens", "4"];
    const { rows } = await compared(folder, "whole", flags), said: string[] = [];
    const paths = ["--model", `${folder}/model`, "--pairs", `${folder}/pairs.jsonl`, "--out", `${folder}/stopped`];
    const stopped = (more: readonly string[], at: number) => {
      said.length = 0;
      return learn(learnOptions([...paths, ...TRAINING, ...flags, ...more])!, "deno task learn", (line) => {
        said.push(line);
        if (line.startsWith(`${at} of 6`)) throw new Error("killed");
      });
    };
    await assert.rejects(stopped([], 4), /killed/);
    await stopped([], 7);
    assert.equal(said[0], "goes on after 3 of 6 folds of methods, which are kept");
    assert.deepEqual(said.slice(1).map((line) => line.slice(0, 6)), ["4 of 6", "5 of 6", "6 of 6"]);
    const { sections: [{ tables: [table] }] } = (await readSavedReport(`${folder}/stopped`))!;
    assert.deepEqual(table.rows, rows);
    assert.equal(await Deno.stat(`${folder}/stopped/folds.json`).then(() => true, () => false), false);

    await assert.rejects(stopped([], 2), /killed/);
    said.length = 0;
    await learn(learnOptions([...paths, ...TRAINING, ...flags.with(5, "3")])!, "", (line) => said.push(line));
    assert.ok(said[0].startsWith("1 of 6: dpo, fold 1 of 2"), said[0]);
  }));

Deno.test("KL of drawn completions is that of the two laws, enumerated", () =>
  inTiny(async (folder) => {
    await startBackend("wasm");
    const flags = ["--learning-rate", "0.05", "--steps", "40", "--batch", "4", "--train", "weights"];
    const options = trainOptions(["--model", `${folder}/model`, "--pairs", "-", ...flags])!;
    const checkpoint = openCheckpoint(`${folder}/model`), prompt = Uint32Array.of(4, 9);
    try {
      const text = (id: number) => ({ ids: Uint32Array.of(...prompt, id), from: 2 });
      const examples = [5, 6, 7, 8].map((id) => ({ responses: [text(3), text(id)] }));
      const objective = objectiveOf("dpo", { loss: { beta: 0.5 } });
      using reference = new Reference(checkpoint, 4);
      using policy = await languagePolicy(checkpoint, options, objective, examples, reference, () => {});
      const every = Array.from({ length: checkpoint.config.vocabulary }, (_, id) => ({ responses: [text(id)] }));
      const logp = policy.logps(every).map(([value]) => value), before = languageModel(checkpoint);
      const base = scoreTexts(before, every.map(({ responses }) => responses)).map((logps) => logps[2]);
      before.dispose();
      const exact = logp.reduce((sum, value, id) => sum + Math.exp(value) * (value - base[id]), 0);
      const drawn = policy.kls(new Array(400).fill(prompt), 1, 11), mean = drawn.reduce((a, b) => a + b) / 400;
      const error = Math.sqrt(drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 399 / 400);
      assert.ok(exact > 0.5, `${exact}`);
      assert.ok(Math.abs(mean - exact) < 4 * error && error < exact / 4, `${mean} ± ${error}, exactly ${exact}`);
      assert.ok(policy.kls([new Uint32Array()], 1, 0).every(Number.isNaN));
    } finally {
      checkpoint.close();
    }
  }));

Deno.test("β is chosen inside the folds where several are given, and ties and weights are read", () =>
  inTiny(async (folder) => {
    const path = `${folder}/pairs.jsonl`, lines = (await Deno.readTextFile(path)).trim().split("\n");
    const more = lines.map((line, i) => JSON.stringify({ ...JSON.parse(line), tied: i % 4 === 0, weight: 1 + i % 2 }));
    await Deno.writeTextFile(path, more.join("\n"));
    const flags = ["--methods", "dpo,davidson:nu=1", "--folds", "2", "--beta", "0.1,1", "--epochs", "1"];
    const short = flags.slice(0, -2), { rows, said } = await compared(folder, "out", short);
    for (const { betas } of rows) assert.match(String(betas), /^(?:0\.1|1), (?:0\.1|1)$/);
    // Two folds and all rows, two methods, each with two values and the one that was chosen.
    assert.ok(said.some((line) => line.startsWith("18 of 18: davidson, all rows: 12 lines")), said.join("\n"));
    assert.ok(said.some((line) => /^\d+ of 18: dpo, all rows: 9 lines/.test(line)));
    const { sections: [{ tables, notes }] } = (await readSavedReport(`${folder}/out`))!;
    const { methods } = JSON.parse(await Deno.readTextFile(`${folder}/out/trl.json`));
    assert.match(methods.dpo.none, /^lines have weights/);
    // Of so few one side wins all, or both models of ties have a row.
    assert.ok(
      tables.some(({ id }) => id === "tied-win-rate") || notes.some((note) => note.startsWith("No win rate with ties")),
    );
  }));

Deno.test("mistakes are one line, and nothing is written", () =>
  inTiny(async (folder) => {
    const pairs = ["--pairs", `${folder}/pairs.jsonl`], model = ["--model", `${folder}/model`];
    const cases: [readonly string[], RegExp][] = [
      [[...pairs, "--rank", "4"], /--rank has no effect without --model$/],
      [[...pairs, "--recompute"], /--recompute has no effect without --model$/],
      [["--log", "a.csv", "--reward", "y", "--text", "t", ...model], /--model learns from pairs alone; give --pairs/],
      [[...pairs, ...model, "--features", "4"], /--features has no effect with --model/],
      [[...pairs, ...model, "--kl", "0.2"], /--kl has no effect with --model/],
      [[...pairs, ...model, "--kl-tokens", "0"], /--kl-tokens: /],
      [[...pairs, ...model, "--train", "weights", "--rank", "4"], /--rank has no effect with --train weights/],
      [[...pairs, ...model, "--layers", "9"], /--layers 9: .* has 2$/],
      [[...pairs, ...model, "--warmup", "50"], /--warmup 50: training has \d+ steps/],
      [[...pairs, ...model, "--folds", "40"], /take --folds \d+ or fewer/],
      [[...pairs, "--model", `${folder}/nothing`], /nothing/],
      [[...pairs, ...model, "--kl-tokens", "5000"], /--kl-tokens 5000: .* was made for \d+ tokens/],
      [[...pairs, ...model, "--methods", "rebel:eta=1"], /--methods rebel: needs a rating of each text/],
      [[...pairs, ...model, "--backend", "abacus"], /abacus/],
    ];
    for (const [flags, message] of cases) {
      const run = async () => await learn(learnOptions([...flags, "--out", `${folder}/none`])!, "", () => {});
      await assert.rejects(run(), (error: Error) => {
        assert.equal(error.name, "UserError", `${flags.join(" ")}: ${error.stack}`);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    }
    assert.equal(await Deno.stat(`${folder}/none/index.html`).then(() => true, () => false), false);
  }));
