/** Tasks that draw, keep and list, as a user runs them: on folders that are whole, broken, and drawn by several at once. */
import assert from "node:assert/strict";
import { runIn } from "../lib/run/process_test_helpers.ts";
import { inFolder } from "../lib/run/demo_test_helpers.ts";
import { drawable, experiments } from "../experiments/all.ts";
import { scriptOf } from "./scripts_test_helpers.ts";

/** Runs the script of a task. */
const task = (folder: string, script: string, ...args: string[]) => runIn(folder, scriptOf(script), args);

const SMALL = ["--preset", "smoke", "--questions", "corners", "--workers", "1"];

/** The same in a folder where a small run of cpo is finished. */
function afterRun(test: (folder: string) => Promise<void>): () => Promise<void> {
  return () =>
    inFolder(async (folder) => {
      const { code, stderr } = await task(folder, "cpo", ...SMALL);
      assert.equal(code, 0, stderr);
      await test(folder);
    });
}

Deno.test(
  "report draws whatever lies beside it: empty, outdated and foreign entry.json, and six at once",
  afterRun(async (folder) => {
    const entries = ["", "null", "[]", "{}", '{"name":"x0","claims":null}', '{"name":"x5","title":1}', '{"name": "x6"'];
    for (const [i, text] of entries.entries()) {
      await Deno.mkdir(`${folder}/reports/x${i}`);
      await Deno.writeTextFile(`${folder}/reports/x${i}/entry.json`, text);
    }
    // Of a version whose figures have other fields.
    const entry = JSON.parse(await Deno.readTextFile(`${folder}/reports/cpo/entry.json`));
    await Deno.mkdir(`${folder}/reports/old`);
    await Deno.writeTextFile(
      `${folder}/reports/old/entry.json`,
      JSON.stringify({ ...entry, name: "old", figure: { id: "a", kind: "holograms" } }),
    );
    const ended = await Promise.all(Array.from({ length: 6 }, () => task(folder, "report", "cpo")));
    for (const { code, stderr } of ended) assert.deepEqual([code, stderr], [0, ""]);
    const index = await Deno.readTextFile(`${folder}/reports/index.html`);
    assert.ok(index.includes("cpo/index.html") && index.includes("old/index.html") && !index.includes("x0/"));
    const left = [...Deno.readDirSync(`${folder}/reports`)].map(({ name }) => name).filter((name) =>
      /new|old$/.test(name)
    );
    assert.deepEqual(left, ["old"]);
  }),
);

Deno.test(
  "report draws from the store alone: edited and missing files beside it play no part",
  afterRun(async (folder) => {
    const read = (file: string) => Deno.readTextFile(`${folder}/reports/cpo/${file}`);
    const files = ["index.html", "results.csv", "config.json", "claims.csv", "figures/corners.csv"];
    const before = await Promise.all(files.map(read));
    await Deno.writeTextFile(`${folder}/reports/cpo/config.json`, "null");
    await Deno.writeTextFile(`${folder}/reports/cpo/results.csv`, before[1] + before[1].split("\n").at(-2) + "\n");
    await Deno.remove(`${folder}/reports/cpo/figures`, { recursive: true });
    assert.equal((await task(folder, "report", "cpo")).code, 0);
    assert.deepEqual(await Promise.all(files.map(read)), before);
  }),
);

Deno.test(
  "samples keeps what is verified to be of the saved rows, and what was kept before until then",
  afterRun(async (folder) => {
    const kept = `${folder}/reports/samples/cpo`, cpo = `${folder}/reports/cpo`;
    const first = await task(folder, "samples", "cpo");
    assert.deepEqual([first.code, first.stderr], [0, ""]);
    const names = [...Deno.readDirSync(kept)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["claims.csv", "claims.md", "figures", "run.json"]);
    const run = await Deno.readTextFile(`${kept}/run.json`);
    assert.equal(JSON.parse(run).seeds, 3);

    // A run with fewer seeds does not take the place of one with more.
    assert.equal((await task(folder, "cpo", ...SMALL, "--seeds", "2")).code, 0);
    const fewer = await task(folder, "samples", "cpo");
    assert.equal(fewer.code, 2);
    assert.match(
      fewer.stderr,
      /^error: reports\/samples\/cpo: has 3 seeds of preset smoke, and this run 2 of smoke; [^\n]+\n$/,
    );
    assert.equal(await Deno.readTextFile(`${kept}/run.json`), run);
    assert.equal((await task(folder, "cpo", ...SMALL)).code, 0);

    const refused = async (why: string | RegExp) => {
      const { code, stdout, stderr } = await task(folder, "samples", "cpo");
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^error: [^\n]+\n$/);
      assert.match(stderr, new RegExp(why));
      assert.equal(await Deno.readTextFile(`${kept}/run.json`), run);
      assert.deepEqual([...Deno.readDirSync(kept)].map(({ name }) => name).sort(), names);
    };
    // What a kill while drawing leaves: a page of the run before, and the rows of this one.
    const page = await Deno.readTextFile(`${cpo}/index.html`), entry = await Deno.readTextFile(`${cpo}/entry.json`);
    assert.equal((await task(folder, "cpo", ...SMALL, "--arms", "ipw,dr")).code, 0);
    await Deno.writeTextFile(`${cpo}/entry.json`, entry);
    await refused(
      "reports/cpo: the report is not of the rows that are saved; run deno task report cpo to draw it again",
    );
    assert.equal((await task(folder, "report", "cpo")).code, 0);
    await Deno.writeTextFile(`${cpo}/claims.csv`, "edited");
    await refused("reports/cpo: claims.csv is not as it was drawn");
    await Deno.remove(`${cpo}/figures`, { recursive: true });
    await refused("reports/cpo: figures/.* is missing");
    await Deno.writeTextFile(`${cpo}/index.html`, page);
    await Deno.remove(`${cpo}/results.sqlite`);
    await refused("reports/cpo: no report yet; run deno task cpo first");
  }),
);

Deno.test(
  "figures of a run with fewer arms take the place of all that were drawn before; a user's own files stay",
  afterRun(async (folder) => {
    const paper = `${folder}/reports/cpo/paper/icml-half`;
    assert.equal((await task(folder, "figures", "cpo")).code, 0);
    const before = [...Deno.readDirSync(paper)].length;
    await Deno.writeTextFile(`${paper}/notes.txt`, "mine");
    await Deno.writeTextFile(`${paper}/stale.pdf`, "of a figure that is no more");
    assert.equal((await task(folder, "cpo", ...SMALL, "--arms", "ipw")).code, 0);
    assert.equal((await task(folder, "figures", "cpo")).code, 0);
    const names = [...Deno.readDirSync(paper)].map(({ name }) => name);
    assert.ok(names.includes("notes.txt") && !names.includes("stale.pdf"));
    assert.ok(names.length <= before + 1);
    const { run } = JSON.parse(await Deno.readTextFile(`${paper}/provenance.json`));
    assert.deepEqual(run.questions.corners.arms, ["ipw"]);
  }),
);

Deno.test(
  "a run in a folder of another name is drawn, set and compared there",
  afterRun(async (folder) => {
    const trial = "reports/trial";
    assert.equal((await task(folder, "cpo", ...SMALL, "--seed", "2", "--out", trial)).code, 0);
    assert.deepEqual((await task(folder, "report", "cpo", "--from", trial)).stdout, `${trial}/index.html\n`);
    assert.equal((await task(folder, "figures", "cpo", "--from", `${trial}/`)).code, 0);
    assert.ok((await Deno.stat(`${folder}/${trial}/paper/icml-half/provenance.json`)).isFile);
    const same = await task(folder, "compare_runs", "reports/cpo", "reports/cpo");
    assert.equal(same.stdout, "nothing moved: the same claims, verdicts and rows\n");
    const other = await task(folder, "compare_runs", "reports/cpo", trial);
    assert.equal(other.code, 0);
    assert.match(other.stdout, /^rows +corners \S+: \d+ of \d+ rows differ, by \S+ at most$/m);
    const none = await task(folder, "compare_runs", "reports/cpo", "reports/none");
    assert.deepEqual([none.code, none.stdout], [2, ""]);
    assert.match(none.stderr, /^error: reports\/none\/results.sqlite: [^\n]+\n$/);
  }),
);

Deno.test("mistakes in tasks without a run are one line and exit code 2", () =>
  inFolder(async (folder) => {
    const names = Object.keys(experiments).join(", "),
      sweeps = Object.keys(experiments).map((n) => `${n}-sweep`).join(", ");
    const runs = `one experiment out of ${
      Object.keys(drawable).join(", ")
    }, or train, value, learn, or the folder of one of these in reports`;
    const cases: [string, string[], string][] = [
      [
        "report",
        ["toString"],
        `report takes ${runs}: unknown "toString"; such as deno task report cpo`,
      ],
      ["report", [], `report takes ${runs}; such as deno task report cpo`],
      ["report", ["cpo"], "reports/cpo/results.sqlite: not there yet; run deno task cpo first"],
      [
        "figures",
        ["apoo"],
        `figures takes ${runs}: unknown "apoo", did you mean apo?; such as deno task figures cpo`,
      ],
      ["figures", ["cpo"], "reports/cpo/results.sqlite: not there yet; run deno task cpo first"],
      ["samples", ["cpo"], "reports/cpo: no report yet; run deno task cpo first"],
      ["report", ["cpo", "--from", "reports"], "reports/results.sqlite: not there yet; run deno task cpo first"],
      ["samples", ["all"], `samples: unknown name all, choose from ${names}, ${sweeps}, bench`],
      ["world", [], "world takes the file that describes one: deno task world --file examples/world.json"],
      ["world", ["--file", "none.json"], "none.json: not there; name the file of a world"],
      ["world", ["--file", "far.json"], "far.json: readers.type.link: expected a number from 0 to 1, got 2"],
      [
        "world",
        ["--file", "world.json", "--out", "elsewhere"],
        "--out elsewhere: world.json makes two reports; choose one by --questions, or leave --out out",
      ],
      ["world", ["--file", "world.json", "--sede", "3"], "unknown flag --sede, did you mean --seeds? See --help"],
      ["samples", [], "samples: no report yet; run deno task reproduce first"],
      [
        "cpo",
        ["--preset", "smoke", "--out", "reports"],
        "--out reports: holds other files, such as theirs; choose a new or empty folder",
      ],
    ];
    await Deno.mkdir(`${folder}/reports`);
    await Deno.writeTextFile(`${folder}/reports/theirs`, "");
    const world = await Deno.readTextFile(new URL("../examples/world.json", import.meta.url));
    await Deno.writeTextFile(`${folder}/world.json`, world);
    await Deno.writeTextFile(`${folder}/far.json`, world.replace('"link": 1', '"link": 2'));
    for (const [script, args, message] of cases) {
      const { code, stdout, stderr } = await task(folder, script, ...args);
      assert.deepEqual([code, stdout, stderr.replace(/^(engine|skipped): .*\n/gm, "")], [2, "", `error: ${message}\n`]);
    }
    assert.deepEqual([...Deno.readDirSync(`${folder}/reports`)].map(({ name }) => name), ["theirs"]);
  }));

Deno.test("a world from a file runs, is drawn and audited under its own names; parts that lack a flag are named", () =>
  inFolder(async (folder) => {
    await Deno.copyFile(new URL("../examples/world.json", import.meta.url), `${folder}/world.json`);
    const small = [
      "--file",
      "world.json",
      "--preset",
      "smoke",
      "--texts",
      "20",
      "--steps",
      "5",
      "--arms",
      "cpo,dr-cpo",
    ];
    const { code, stdout, stderr } = await task(folder, "world", ...small);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^readers of world.json is left out: it has no --texts$/m);
    assert.match(stdout, /report: file:\S+\/reports\/world-cpo\/index.html$/m);
    const { command, options } = JSON.parse(await Deno.readTextFile(`${folder}/reports/world-cpo/config.json`));
    assert.equal(command, `deno task world ${small.join(" ")}`);
    assert.deepEqual([options.file.choice, options.file.shift], [1, 0.5]);
    assert.equal((await task(folder, "report", "world-cpo")).code, 0);
    assert.match((await task(folder, "audit", "world-cpo")).stdout, /recomputed, 0 differences/);
    const index = await Deno.readTextFile(`${folder}/reports/index.html`);
    assert.match(index, /1 report on data of your own/);
    assert.ok(!(await Deno.readTextFile(`${folder}/reports/claims.html`)).includes("world-cpo/"));
  }));
