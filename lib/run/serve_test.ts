import assert from "node:assert/strict";
import { runsIn, serveReports } from "./serve.ts";
import { experimentFlags, planRun } from "./plan.ts";
import { describeRun } from "./run_config.ts";
import { openRunStore } from "./run_store.ts";
import { createRunner } from "./runner.ts";
import { savedTraining } from "./train_test_helpers.ts";
import { writeTraining } from "./training_record.ts";
import { experimentOf, inFolder, questionOf } from "./demo_test_helpers.ts";
import { unitsOf } from "./units.ts";

const ask = (folder: string, path: string, init?: RequestInit & { host?: string }) =>
  serveReports(folder, {})(new Request(`http://${init?.host ?? "127.0.0.1:8000"}${path}`, init));

Deno.test("files below the folder are served as what they are, and nothing else is", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/reports/cpo`, { recursive: true });
    for (const file of ["secret.html", "reports/cpo/index.html", "reports/cpo/results.sqlite", "reports/cpo/a b.csv"]) {
      await Deno.writeTextFile(`${folder}/${file}`, file);
    }
    // Making a link takes the permission to read and write everything, which these tests do not have.
    const link = `Deno.symlinkSync("${folder}/secret.html", "${folder}/reports/link.html")`;
    await new Deno.Command(Deno.execPath(), { args: ["eval", link] }).output();
    assert.ok((await Deno.lstat(`${folder}/reports/link.html`)).isSymlink);
    const reports = `${folder}/reports`;
    const page = await ask(reports, "/cpo/index.html");
    assert.deepEqual([page.status, page.headers.get("content-type"), await page.text()], [
      200,
      "text/html; charset=utf-8",
      "reports/cpo/index.html",
    ]);
    assert.equal(page.headers.get("x-content-type-options"), "nosniff");
    assert.equal((await ask(reports, "/cpo/a%20b.csv")).status, 200);
    const refused = [
      "/link.html",
      "/cpo/results.sqlite",
      "/cpo",
      "/cpo/",
      "/none.html",
      "/%2e%2e/secret.html",
      "/%00",
      "/%ff",
    ];
    for (const path of refused) assert.equal((await ask(reports, path)).status, 404, path);
  }));

Deno.test("only this machine's names and only reading are answered", () =>
  inFolder(async (folder) => {
    assert.equal((await ask(folder, "/", { host: "example.org" })).status, 403);
    assert.equal((await ask(folder, "/", { host: "localhost:8000" })).status, 200);
    assert.equal((await ask(folder, "/", { method: "POST" })).status, 405);
    assert.equal((await ask(folder, "/", { method: "HEAD" })).status, 200);
  }));

Deno.test("a run is shown while it goes: units that are saved of those planned, then as finished", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/demo`);
    await Deno.mkdir(`${folder}/empty`);
    const experiment = experimentOf(questionOf({ block: 2 }));
    const plan = await planRun(experiment, experimentFlags(experiment, ["--seeds", "4"]), undefined);
    const units = unitsOf(plan), runner = createRunner(experiment, plan), store = openRunStore(`${folder}/demo`);
    const described = await describeRun(
      experiment,
      import.meta.resolve("./testdata/toy.ts"),
      ["--seeds", "4"],
      plan,
      "none",
    );
    const config = store.begin({ ...described, units: { planned: units.length, reused: 0 } });
    const known = { demo: () => Promise.resolve({ default: experiment }) };
    const state = async () => {
      const [run, ...others] = await runsIn(folder, known);
      assert.deepEqual(others, []);
      return [run.folder, run.done, run.planned, run.drawn];
    };
    assert.deepEqual(await state(), ["demo", 0, 8, false]);
    for (const unit of units.slice(0, 3)) {
      store.save(unit, config.questions.value.basis, plan.options, await runner.run(unit), 1);
    }
    assert.deepEqual(await state(), ["demo", 3, 8, false]);
    store.record({ ...config, complete: true });
    assert.deepEqual(await state(), ["demo", 8, 8, false]);
    const html = await (await serveReports(folder, known)(new Request("http://127.0.0.1:8000/"))).text();
    assert.match(html, /<progress value="8" max="8">.*\n?.*finished/);
    assert.match(html, /http-equiv="refresh"/);
    store.close();
  }));

Deno.test("a training is shown while it goes: steps of those planned, then as finished, or that it cannot go on", () =>
  inFolder(async (folder) => {
    const { record, curve } = savedTraining();
    await Deno.mkdir(`${folder}/trial`);
    const cell = async (saved = { record, curve }) => {
      await writeTraining(`${folder}/trial`, saved);
      const html = await (await ask(folder, "/")).text();
      return [
        /<progress value="(\d+)" max="(\d+)">/.exec(html)?.slice(1).join(" of "),
        /<td>([^<]*)<\/td><\/tr>/.exec(html)?.[1],
      ];
    };
    assert.deepEqual(await cell(), ["3 of 4", "going"]);
    const patient = { ...record.options, numbers: { ...record.options.numbers, patience: 2 } };
    assert.deepEqual(await cell({ curve, record: { ...record, options: patient } }), ["3 of 3", "finished"]);
    const failed = { curve, record: { ...record, failure: "numbers are no longer finite" } };
    assert.deepEqual(await cell(failed), ["3 of 4", "stopped; its page says why"]);
  }));

Deno.test("a training whose files are damaged is listed with what is wrong, and hides no other", () =>
  inFolder(async (folder) => {
    for (const name of ["whole", "cut", "lost"]) {
      await Deno.mkdir(`${folder}/${name}`);
      await writeTraining(`${folder}/${name}`, savedTraining());
    }
    await Deno.writeTextFile(`${folder}/cut/curve.csv`, "step,on\n0,<train>");
    await Deno.writeTextFile(`${folder}/lost/state.json`, "{}");
    await Deno.remove(`${folder}/lost/training.json`);
    const html = await (await ask(folder, "/")).text();
    assert.match(
      html,
      />cut<\/th><td><\/td><td><\/td><td>[^<]*cut\/curve\.csv: missing, damaged or of an earlier version; /,
    );
    assert.match(html, />lost<\/th><td><\/td><td><\/td><td>[^<]*lost\/training\.json: is gone, which said what /);
    assert.match(html, />whole<span/);
  }));
