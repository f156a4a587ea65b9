/** What the README promises is held by tests that are there. */
import assert from "node:assert/strict";

const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));

/** The section under a heading. */
function section(heading: string): string {
  const [, rest] = readme.split(`\n## ${heading}\n`);
  assert.ok(rest, heading);
  return rest.split("\n## ")[0];
}

Deno.test("each promise of the README names a test that is there", async () => {
  const rows = [...section("What holds").matchAll(/^\| (.+?) +\| \[(.+?)\]\((.+?)\) +\|$/gm)];
  const lines = section("What holds").split("\n").filter((line) => line.startsWith("|"));
  assert.equal(rows.length, lines.length - 2, "every line but the head is a promise with a test");
  assert.ok(rows.length >= 20);
  for (const [, promise, name, file] of rows) {
    assert.match(file, /_test\.ts$/, promise);
    const source = await Deno.readTextFile(new URL(`../${file}`, import.meta.url));
    assert.ok(source.includes(name), `${promise}: no test "${name}" in ${file}`);
    assert.match(source, /\b(Deno\.test|testOnEvery\w+)\(/);
  }
});

Deno.test("the README's files of a run are those that a run writes", async () => {
  const named = [...section("Experiments").matchAll(/^reports\/cpo\/([\w.]+)/gm)].map(([, name]) => name);
  const writers = ["lib/run/report.ts", "lib/run/run_store.ts", "lib/report/write.ts"];
  const sources = await Promise.all(writers.map((file) => Deno.readTextFile(new URL(`../${file}`, import.meta.url))));
  assert.ok(named.length >= 7);
  for (const name of named) assert.ok(sources.join("\n").includes(name), name);
});

Deno.test("the README's answer is the one that the kept rows of compare give", async () => {
  const kept = await Deno.readTextFile(new URL("../reports/samples/compare/answer.md", import.meta.url))
    .catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined; // samples of a version without answers
      throw error;
    });
  const [, answer] = readme.match(/<!-- answer -->([^]+?)<!-- end -->/) ?? [];
  assert.ok(answer, "the README has no answer");
  const words = (text: string) => text.replaceAll(/\s+/g, " ").trim();
  if (kept !== undefined) assert.equal(words(answer), words(kept));
});
