/** Methods on a user's own data, from file to report. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { learn } from "./learn.ts";
import { learnOptions } from "./options.ts";
import { readSavedReport } from "../saved_report.ts";

const NICE = ["kind", "warm", "lovely"], RUDE = ["cold", "rude", "bitter"];

/** Pairs of which the chosen text has a kind word. */
function pairLines(count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const text = (words: readonly string[]) => `a ${words[i % 3]} answer about thing ${i}`;
    return `${JSON.stringify({ prompt: `prompt ${i % 12}`, chosen: text(NICE), rejected: text(RUDE) })}\n`;
  }).join("");
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const run = (args: readonly string[]) => learn(learnOptions(args)!, "deno task learn", () => {});

Deno.test("pairs whose words tell the better text are learned, claims judged, the same bytes again", async () => {
  await inFolder(async (folder) => {
    const at = (name: string) => `${folder}/${name}`;
    await Deno.writeTextFile(at("pairs.jsonl"), pairLines(24));
    await Deno.writeTextFile(
      at("claims.txt"),
      "dpo in accuracy > 0.7\ndpo in accuracy > 0.9\nkto - dpo in accuracy > 0\n",
    );
    const flags = ["--pairs", at("pairs.jsonl"), "--methods", "dpo,kto", "--folds", "3", "--beta", "0.3"];
    for (const out of ["one", "two"]) await run([...flags, "--claims", at("claims.txt"), "--out", at(out)]);
    const report = (await readSavedReport(at("one")))!, [lead] = report.sections[0].figures;
    assert.deepEqual(lead.data.map(({ method, value }) => [method, value]), [["dpo", 1], ["kto", 1]]);
    for (const { rows } of report.sections[0].tables.slice(0, 1)) {
      for (const row of rows) {
        for (const name of ["accuracy", "preferred", "equal-kl-preferred"]) {
          assert.ok(Number(row[`${name}-upper`]) <= 1);
        }
        for (const name of ["kl", "log-loss"]) assert.ok(Number(row[`${name}-lower`]) >= 0);
      }
    }
    assert.deepEqual(report.claims.map(({ verdict }) => verdict), ["holds", "inconclusive", "fails"]);
    for (const file of ["policy-dpo.json", "tables/methods.csv", "figures/lead.svg", "pairs.jsonl", "trl.json"]) {
      assert.equal(await Deno.readTextFile(at(`one/${file}`)), await Deno.readTextFile(at(`two/${file}`)), file);
    }
    const { scores } = JSON.parse(await Deno.readTextFile(at("one/policy-dpo.json")));
    const weight = (word: string) => scores.find(({ name }: { readonly name: string }) => name === word).weight;
    assert.ok(weight("kind") > weight("cold"));
  });
});

Deno.test("a log is valued doubly robustly, and its policy is a law over the actions", async () => {
  await inFolder(async (folder) => {
    const rng = Rng.seed(3),
      lines = Array.from({ length: 600 }, (_, i) => {
        const arm = rng.integer(2);
        return `r${i % 60},${arm === 0 ? "a" : "b"},${Number(rng.uniform() < (arm === 0 ? 0.2 : 0.8))},0.5\n`;
      });
    await Deno.writeTextFile(`${folder}/log.csv`, `reader,arm,clicked,p\n${lines.join("")}`);
    const columns = ["--reward", "clicked", "--action", "arm", "--propensity", "p", "--group", "reader"];
    const more = ["--methods", "cpo,dr-cpo", "--folds", "3", "--beta", "0.3", "--out", `${folder}/out`];
    await run(["--log", `${folder}/log.csv`, ...columns, ...more]);
    const policy = JSON.parse(await Deno.readTextFile(`${folder}/out/policy-dr-cpo.json`));
    assert.ok(Math.abs(policy.a + policy.b - 1) < 1e-12 && policy.b > 0.8);
    const table = (await readSavedReport(`${folder}/out`))!.sections[0].tables[0];
    for (const { value, gain } of table.rows) {
      // Showing b alone has the value 0.8, and both alike 0.5; an error of 600 rounds is below 0.03.
      assert.ok(Math.abs(Number(value) - (0.2 + 0.6 * policy.b)) < 0.12 && Number(gain) > 0.15);
    }
  });
});

Deno.test("losses of pairs learn from a log beside those of logs, by pairs of rows, which are counted", async () => {
  await inFolder(async (folder) => {
    const rng = Rng.seed(5), worth = { kind: 1, plain: 0.5, rude: 0 };
    const lines = Array.from({ length: 240 }, (_, i) => {
      const word = (["kind", "plain", "rude"] as const)[rng.integer(3)];
      return `q${i % 12},a ${word} answer about thing ${i % 4},${worth[word] + rng.normal() / 4}\n`;
    });
    await Deno.writeTextFile(`${folder}/log.csv`, `question,answer,score\nonly,alone,1\n${lines.join("")}`);
    const columns = ["--reward", "score", "--text", "answer", "--prompt", "question", "--beta", "0.3", "--folds", "3"];
    const flags = ["--log", `${folder}/log.csv`, ...columns, "--out", `${folder}/out`];
    const said: string[] = [];
    const options = learnOptions([...flags, "--methods", "dpo,kto,davidson:nu=1,cpo"])!;
    await learn(options, "deno task learn", (line) => said.push(line));
    assert.match(
      said.find((line) => line.startsWith("pairs"))!,
      /^pairs of rows .* for dpo, kto, davidson: \d+ prefer .* \d+ of one text; 1 row alone with its prompt$/,
    );
    const report = (await readSavedReport(`${folder}/out`))!, [{ rows }] = report.sections[0].tables;
    // Showing all alike has the value 0.5, the kind text alone 1; an error of 240 rows is below 0.03.
    for (const { method, gain } of rows) assert.ok(Number(gain) > 0.3, `${method} ${gain}`);
    assert.ok(report.sections[0].notes.some((note) => note.startsWith("pairs of rows")));

    await Deno.writeTextFile(
      `${folder}/even.csv`,
      "text,y\n" + ["a", "b"].flatMap((t) => Array(9).fill(`${t},1\n`)).join(""),
    );
    const even = ["--log", `${folder}/even.csv`, "--reward", "y", "--action", "text", "--methods", "dpo"];
    await assert.rejects(run([...even, "--out", `${folder}/none`]), /even.csv: --methods dpo learn from pairs of rows/);
  });
});

Deno.test("what data cannot serve is refused by name, with what it lacks, and nothing is written", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/pairs.jsonl`, flags = ["--pairs", path, "--out", `${folder}/out`];
    await Deno.writeTextFile(path, pairLines(24));
    await assert.rejects(
      run([...flags, "--methods", "dr-cpo"]),
      /UserError: --methods dr-cpo: needs outcomes of texts/,
    );
    await assert.rejects(run([...flags, "--methods", "wpo"]), /UserError: --methods wpo: needs laws of tokens/);
    await assert.rejects(run([...flags, "--folds", "13"]), /are of 12 groups, .* take --folds 12 or fewer/);
    await Deno.writeTextFile(path, pairLines(3));
    await assert.rejects(run(flags), /pairs.jsonl: 3 rows can be used, and 10 at least/);
    assert.equal(await Deno.stat(`${folder}/out/index.html`).then(() => true, () => false), false);
  });
});
