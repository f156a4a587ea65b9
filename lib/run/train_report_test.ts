import assert from "node:assert/strict";
import { drawSite } from "./site.ts";
import { drawTraining } from "./train_keeping.ts";
import { readTraining, writeTraining } from "./training_record.ts";
import { trainingState, trainReport } from "./train_report.ts";
import { point, savedTraining } from "./train_test_helpers.ts";

const CURVE = savedTraining().curve, HELD = ["--held-share", "0.25"];
const saved = (flags: readonly string[] = [], curve = CURVE) => savedTraining(flags, curve);

Deno.test("captions say what the curves show, with digits that tell both ends apart", () => {
  const { title, sections: [{ figures, tables }], config } = trainReport("train", saved(HELD));
  assert.equal(title, "Training: DPO");
  assert.deepEqual(figures.map(({ caption }) => caption), [
    "On the held-out lines, the loss went from 0.69315 to 0.69314; it was lowest after 1 step.",
    "On the held-out lines, the log-ratio of chosen responses went from 0 to 0.5 nats, that of rejected ones went from 0 to " +
    "−0.25.",
    "Of the pairs held out, 50.0% were in the right order before training and 100.0% now.",
    "The gradient was 2 long; it was cut to 1 in 3 of 3 steps.",
  ]);
  const ratio = tables[0].rows.find(({ quantity }) => quantity === "log-ratio of chosen responses, nats");
  assert.deepEqual(ratio, { quantity: "log-ratio of chosen responses, nats", before: 0, after: 0.5 });
  assert.deepEqual([config.loss, config.batch, config.clip], ["DPO, beta 0.1", "8 lines", "gradients longer than 1"]);
});

Deno.test("the loss that was run is named, and what it reads", () => {
  const titleOf = (...flags: string[]) => trainReport("train", saved([...HELD, ...flags])).title;
  assert.equal(titleOf("--label-smoothing", "0.1"), "Training: cDPO");
  assert.equal(titleOf("--loss", "simpo", "--gamma", "1"), "Training: SimPO");
  const { sections: [{ figures }] } = trainReport("train", saved([...HELD, "--loss", "kto"]));
  assert.equal(figures[0].yLabel, "loss, mean over responses");
  assert.match(figures[1].caption, /of desirable responses .* that of undesirable ones/);
  const alone = CURVE.map((each) => ({ ...each, rejected: NaN, rejectedRatio: NaN, chosenRatio: NaN, accuracy: NaN }));
  const sft = trainReport("train", saved([...HELD, "--loss", "sft"], alone)).sections[0].figures;
  assert.deepEqual(sft.map(({ id }) => id), ["loss", "log-probs", "gradient"]);
  assert.equal(sft[0].yLabel, "loss, mean over tokens");
  assert.equal(sft[1].caption, "On the held-out lines, the log-prob of chosen responses stayed at −40 nats.");
});

Deno.test("texts that are weighed: their effective number, their largest weight, and a notice where few are left", () => {
  const curve = CURVE.map((each, i) => ({ ...each, accuracy: NaN, effective: 1 / (1 + i), largest: 1 + i }));
  const cpo = trainReport("train", saved([...HELD, "--loss", "causal-cpo"], curve));
  const { figures, tables } = cpo.sections[0];
  assert.deepEqual(figures.map(({ id }) => id), ["loss", "log-ratios", "effective", "gradient"]);
  assert.equal(
    figures[2].caption,
    "On the held-out lines, the effective sample size went from 100.0% of the texts to 14.3%; the largest weight of a " +
      "text was 7.",
  );
  assert.deepEqual(tables[0].rows.find(({ quantity }) => quantity === "largest weight of a text"), {
    ...{ quantity: "largest weight of a text", before: 1, after: 7 },
  });
  assert.ok(!cpo.notices!.some((notice) => notice.startsWith("Few texts")));
  assert.ok(!cpo.notices!.some((notice) => notice.startsWith("The model has left")));
  const left = curve.map((each, i) => ({ ...each, effective: 0.5, largest: Math.exp(-4 * i) }));
  const gone = trainReport("train", saved([...HELD, "--loss", "causal-cpo"], left)).notices!;
  assert.match(gone.at(-1)!, /^The model has left the texts: none of those held out has a weight above 3\.78×10⁻¹¹ at/);
  assert.equal(gone.filter((notice) => notice.startsWith("Few texts")).length, 0);
  const few = curve.map((each) => ({ ...each, effective: each.effective / 2, value: 2 * each.step }));
  const rloo = trainReport("train", saved([...HELD, "--loss", "rloo"], few));
  assert.match(
    rloo.notices!.at(-1)!,
    /^Few texts still count: of those held out, as many as 7\.1% would in equal parts\./,
  );
  assert.deepEqual(rloo.sections[0].figures.map(({ id, caption }) => [id, caption])[2], [
    ...["value", "On the held-out lines, the mean reward went from 0 to 6."],
  ]);
  assert.match(rloo.sections[0].notes[0], /^RLOO .* is right on responses of the policy as it is\. /);
});

Deno.test("how far a training is follows from its curve and the rule that may end it", () => {
  const told = (flags: string[], curve = CURVE) => trainingState(saved([...HELD, ...flags], curve));
  assert.deepEqual(told([]), {
    ...{ steps: 3, finished: false, told: "3 of 4 steps were taken; the same command goes on." },
  });
  assert.equal(told(["--patience", "3"]).finished, false);
  assert.match(told(["--patience", "2"]).told, /rule "patience" after 3 steps: .* that after 1 step, whose/);
  assert.equal(told([], [...CURVE, point(3, "train", 0.4)]).finished, true);
});

Deno.test("a training is read as it was written; what is damaged or cut short is one line", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeTraining(folder, saved(HELD));
    assert.deepEqual(await readTraining(folder), saved(HELD));
    for (const more of [{}, { value: NaN }, { value: 2 }]) {
      const weighed = saved(HELD, CURVE.map((each) => ({ ...each, ...more, effective: 0.5, largest: 3e-7 })));
      await writeTraining(folder, weighed);
      assert.deepEqual(await readTraining(folder), weighed);
    }
    const some = CURVE.map((each, i) => ({ ...each, ...(i > 0 && { value: 2 }), effective: 0.5, largest: 3 }));
    await writeTraining(folder, saved(HELD, some));
    await assert.rejects(readTraining(folder), { name: "UserError", message: /curve\.csv: missing, damaged/ });
    const unknown = saved(HELD, [{ ...CURVE[0], accuracy: NaN, rejected: -Infinity, chosenRatio: -0 }]);
    await writeTraining(folder, unknown);
    assert.deepEqual(await readTraining(folder), unknown);
    await writeTraining(folder, saved(HELD));
    const curve = await Deno.readTextFile(`${folder}/curve.csv`), record = saved(HELD).record;
    const damaged: readonly (readonly [file: string, text: string])[] = [
      ["curve.csv", curve.slice(0, -3)],
      ["curve.csv", curve.replace("held-out", "held")],
      ["curve.csv", curve.replace(/,[^,]*\n$/, "\n")],
      ["curve.csv", curve.replace(/,[^,]*\n$/, ",\n")],
      ["curve.csv", curve.replace(/,[^,]*\n$/, ",abc\n")],
      ["training.json", "{}"],
      ...(["git", "engine", "engineFacts", "versions"] as const).map((key) =>
        ["training.json", JSON.stringify({ ...record, [key]: undefined })] as const
      ),
      ["training.json", "{"],
    ];
    for (const [file, text] of damaged) {
      await writeTraining(folder, saved(HELD));
      await Deno.writeTextFile(`${folder}/${file}`, text);
      await assert.rejects(readTraining(folder), {
        name: "UserError",
        message:
          `${folder}/${file}: missing, damaged or of an earlier version; the deno task train that made it, given ` +
          "again, goes on and writes it anew",
      });
    }
    await Deno.remove(`${folder}/training.json`);
    await Deno.writeTextFile(`${folder}/state.json`, "{}");
    await assert.rejects(readTraining(folder), {
      name: "UserError",
      message:
        `${folder}/training.json: is gone, which said what the training in this folder was told; train again into ` +
        "another --out",
    });
    await Deno.remove(`${folder}/curve.csv`);
    assert.equal(await readTraining(folder), undefined);
    // A kill behind the first of its files: nothing was learned yet.
    await writeTraining(folder, saved(HELD));
    await Deno.remove(`${folder}/curve.csv`);
    assert.deepEqual(await readTraining(folder), saved(HELD, []));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the index lists trainings that have a page behind the experiments", async () => {
  const reports = await Deno.makeTempDir();
  try {
    for (const name of ["drawn", "begun"]) {
      await Deno.mkdir(`${reports}/${name}`);
      await writeTraining(`${reports}/${name}`, saved(HELD));
    }
    await drawTraining(`${reports}/drawn`, saved(HELD));
    await drawSite(reports);
    const index = await Deno.readTextFile(`${reports}/index.html`);
    assert.match(index, /0 experiments: .* 1 training of language models\./);
    assert.match(index, /<a href="drawn\/index\.html">Training: DPO<\/a>/);
    assert.match(index, /drawn · 3 of 4 steps · 3\.0 s · wasm backend/);
    assert.ok(!index.includes("begun/"));
  } finally {
    await Deno.remove(reports, { recursive: true });
  }
});
