/** A training by TRL as one of ours. Its files were made by bench/peers/trl_tiny.py: DPO on random weights, 12 steps. */
import assert from "node:assert/strict";
import { inFolder } from "./demo_test_helpers.ts";
import { importRun } from "./import_run.ts";
import { ROOT } from "./process_test_helpers.ts";
import { runsIn } from "./serve.ts";
import { drawSite } from "./site.ts";
import { spentBefore } from "./train_keeping.ts";
import { savedTraining } from "./train_test_helpers.ts";
import { readTraining, writeTraining } from "./training_record.ts";
import { trainReport } from "./train_report.ts";

const TRL = `${ROOT}lib/run/trl/testdata`, STATE = `${TRL}/trainer_state.json`;
const PREDICTIONS = `${TRL}/predictions.jsonl`;

/** The state alone in a folder, without the arguments, its log changed. */
async function stateIn(
  folder: string,
  change: (line: Record<string, unknown>) => Record<string, unknown> = (line) => line,
): Promise<string> {
  const state = JSON.parse(await Deno.readTextFile(STATE));
  await Deno.writeTextFile(
    `${folder}/state.json`,
    JSON.stringify({ ...state, log_history: state.log_history.map(change) }),
  );
  return `${folder}/state.json`;
}

Deno.test("a real log becomes curve, record and page; counted as TRL counts, predictions meet its numbers", () =>
  inFolder(async (folder) => {
    const out = `${folder}/trl`,
      { page, told } = await importRun({ state: STATE, predictions: PREDICTIONS, out }, "cmd");
    assert.equal(page, `${out}/index.html`);
    assert.match(told.join("\n"), /^label_smoothing 0\.1 was given, and sigmoid does not read it/m);
    const saved = (await readTraining(out))!, { record, curve } = saved;
    const { log_history: log } = JSON.parse(await Deno.readTextFile(STATE));
    const lines = log.filter((line: object) => "loss" in line), points = curve.filter(({ on }) => on === "train");
    assert.deepEqual(points.map(({ step }) => step), lines.map(({ step }: { step: number }) => step - 1));
    assert.deepEqual(
      points.map(({ loss, chosenRatio, gradientNorm }) => [loss, chosenRatio, gradientNorm]),
      // β = 0.2 in training_args.bin.
      lines.map((line: Record<string, number>) => [line.loss, line["rewards/chosen"] / 0.2, line.grad_norm]),
    );
    const { title, lead, answer, sections: [{ figures, tables, notes }] } = trainReport("trl", saved);
    assert.equal(title, "Training by TRL: DPO");
    assert.equal(lead, "DPOTrainer of TRL: 12 of 12 steps by DPO with beta 0.2. All steps were taken.");
    assert.match(
      answer!,
      /Of 9 pairs of predictions\.jsonl, 88\.9% are in the right order; the log's .* has 91\.7%\.$/,
    );
    assert.deepEqual(figures.map(({ id }) => id), ["loss", "log-ratios", "accuracy", "gradient"]);
    assert.equal(figures[3].caption, "The gradient was 0.633 to 7.1 long; it was cut to 1 in 6 of 12 steps.");
    assert.equal(notes.length, 4);
    assert.match(tables[1].caption, /in batches of 4 and a tie as wrong, the share is 91\.7%, the log's\.$/);
    assert.ok(record.imported !== undefined);
    assert.equal(record.imported.settings["learning rate"], "0.003, linear");
    await drawSite(folder);
    const index = await Deno.readTextFile(`${folder}/index.html`);
    assert.match(index, /<a href="trl\/index\.html">Training by TRL: DPO<\/a>/);
    const [{ folder: shown, done, planned, drawn }, ...others] = await runsIn(folder, {});
    assert.deepEqual([shown, done, planned, drawn, others], ["trl", 12, 12, true, []]);
    assert.match(index, /trl · 12 of 12 steps · .* · PyTorch backend/);
  }));

Deno.test("without its arguments a log is read by what it says, and flags add what it does not", () =>
  inFolder(async (folder) => {
    const state = await stateIn(folder), out = `${folder}/out`;
    const { told } = await importRun({ state, out }, "");
    assert.match(
      told[0],
      /^no training_args\.bin lies beside .*: loss and settings are not known; --loss and --beta name/,
    );
    assert.match(told[1], /^Not in the log: log-ratios .* β is not known: name it with --beta\.$/);
    const unknown = trainReport("out", (await readTraining(out))!);
    assert.equal(unknown.title, "Training by TRL: DPOTrainer");
    assert.deepEqual([unknown.formulas, unknown.sections[0].figures.map(({ id }) => id)], [[], [
      ...["loss", "log-probs", "accuracy", "gradient"],
    ]]);
    await importRun({ state, out, loss: "ipo", beta: 0.2 }, "");
    const named = trainReport("out", (await readTraining(out))!);
    assert.equal(named.lead, "DPOTrainer of TRL: 12 of 12 steps by IPO per token with tau 0.2. All steps were taken.");
    assert.equal(named.sections[0].figures[1].id, "log-ratios");
  }));

Deno.test("KTO, CPO, ORPO and trainers of no pairs are told by what they log", () =>
  inFolder(async (folder) => {
    const without = (line: Record<string, unknown>, part: string) =>
      Object.fromEntries(Object.entries(line).filter(([key]) => !key.includes(part)));
    const read = async (change: (line: Record<string, unknown>) => Record<string, unknown>, more: object = {}) => {
      const state = await stateIn(folder, change), out = `${folder}/out`;
      await importRun({ state, out, ...more }, "");
      return trainReport("out", (await readTraining(out))!);
    };
    const kto = await read((line) => without({ ...line, kl: 0 }, "accuracies"), { loss: "kto", beta: 0.1 });
    assert.equal(kto.title, "Training by TRL: KTO (Kahneman-Tversky optimisation)");
    assert.match(kto.sections[0].notes[0], /KTO's trainer knows no pairs, and counts no order\.$/);
    assert.match(kto.sections[0].figures[1].caption, /of desirable responses .* that of undesirable ones/);
    const simpo = await read((line) => ({ ...line, nll_loss: 1 }), { loss: "simpo", beta: 2 });
    assert.equal(simpo.title, "Training by TRL: SimPO");
    assert.equal(simpo.sections[0].figures[1].yLabel, "log π of a response, nats a token");
    assert.match(simpo.sections[0].notes[0], /There is no reference: rewards are β times log-probs/);
    assert.match(
      (await read((line) => ({ ...line, nll_loss: 1, log_odds_ratio: 1 }), {})).title,
      /: ORPO's odds-ratio term$/,
    );
    await assert.rejects(read((line) => ({ ...line, nll_loss: 1 })), {
      message: /: without its loss log-probs may be sums or means; name it with --loss sigmoid\|hinge\|ipo\|simpo$/,
    });
    const plain = await read((line) => without(without(line, "rewards"), "logps"));
    assert.equal(plain.title, "Training by transformers");
    assert.deepEqual(plain.sections[0].figures.map(({ id }) => id), ["loss", "gradient"]);
    assert.equal(plain.answer, "On the held-out lines, the loss went from 0.693 to 0.273.");
  }));

Deno.test("flags without effect or meaning are refused", () =>
  inFolder(async (folder) => {
    const state = await stateIn(folder), out = `${folder}/out`;
    const refused = (options: object, message: RegExp) =>
      assert.rejects(importRun({ state, out, ...options }, ""), { name: "UserError", message });
    await refused(
      { state: STATE, beta: 0.1 },
      /^--beta has no effect: training_args\.bin beside the log says beta 0\.2;/,
    );
    await refused({ state: STATE, loss: "ipo" }, /^--loss has no effect: .* says loss_type sigmoid; leave it out$/);
    await refused({ loss: "dpo" }, /^--loss dpo: DPOTrainer of TRL has sigmoid, hinge, .*; name one of them$/);
    await Deno.writeTextFile(`${folder}/training_args.bin`, "no archive");
    await refused({}, /training_args\.bin: not as torch\.save writes it; move it away, and name --loss and --beta/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).includes("out"), false);
  }));

Deno.test("another training is never written over, by an import or by train; the same log may have grown", () =>
  inFolder(async (folder) => {
    const own = `${folder}/own`, out = `${folder}/out`, other = await stateIn(folder);
    await Deno.mkdir(own);
    await writeTraining(own, savedTraining());
    const message = (path: string) => `--out ${path}: holds another training; choose another folder`;
    await assert.rejects(importRun({ state: STATE, out: own }, ""), { name: "UserError", message: message(own) });
    assert.deepEqual(await readTraining(own), savedTraining());
    await importRun({ state: STATE, out }, "");
    await importRun({ state: STATE, out }, "again");
    assert.equal((await readTraining(out))!.record.command, "again");
    await assert.rejects(importRun({ state: other, out }, ""), { message: message(out) });
    await assert.rejects(spentBefore(out, false, () => {}), {
      message: `--out ${out}: holds a training that DPOTrainer of TRL ran; choose another folder`,
    });
    await Deno.writeTextFile(`${out}/training.json`, "{");
    await assert.rejects(importRun({ state: STATE, out }, ""), { message: message(out) });
  }));

Deno.test("a record that was changed by hand is refused", () =>
  inFolder(async (folder) => {
    await importRun({ state: STATE, predictions: PREDICTIONS, out: `${folder}/out` }, "");
    const path = `${folder}/out/training.json`, whole = JSON.parse(await Deno.readTextFile(path));
    const damages = [
      ...["source", "sha256", "trainer", "taken", "settings", "notes"].map((key) => ({ [key]: undefined })),
      ...[{ loss: { name: "no-such-loss", options: {} } }, { loss: { name: "dpo" } }, { beside: {} }],
    ];
    for (const damage of damages) {
      await Deno.writeTextFile(path, JSON.stringify({ ...whole, imported: { ...whole.imported, ...damage } }));
      await assert.rejects(readTraining(`${folder}/out`), /training\.json: missing, damaged or of an earlier version/);
    }
  }));

Deno.test("the task reads what it is given and no more, and a mistake is one line and exit code 2", () =>
  inFolder(async (folder) => {
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "--quiet", "import-run", ...args],
        cwd: ROOT,
        env: { NO_COLOR: "1" },
      }).output();
      const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { code, out, err };
    };
    for (const name of ["trainer_state.json", "training_args.bin", "predictions.jsonl"]) {
      await Deno.copyFile(`${TRL}/${name}`, `${folder}/${name}`);
    }
    const paths = [`${folder}/trainer_state.json`, `${folder}/predictions.jsonl`, "--out", `${folder}/out`];
    const done = await run(...paths);
    assert.deepEqual([done.code, done.out], [0, `${folder}/out/index.html\n`]);
    assert.match(done.err, /^label_smoothing 0\.1 was given/m);
    const wrong = await run(`${folder}/predictions.jsonl`);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /^error: [^\n]*predictions\.jsonl: not JSON [^\n]+\n$/);
    const help = await run("--help");
    assert.deepEqual([help.code, help.out.match(/^ {2}deno task import-run .*json/gm)?.length], [0, 2]);
  }));
