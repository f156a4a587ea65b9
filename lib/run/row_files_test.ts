import assert from "node:assert/strict";
import { experimentOf, inFolder, questionOf } from "./demo_test_helpers.ts";
import { readRowFiles, type RowFiles, writeRowFiles } from "./row_files.ts";
import type { Block } from "./rows.ts";
import type { RunConfig } from "./run_config.ts";

const experiment = experimentOf(questionOf());
const config = { options: { strengths: [0, 1] } } as unknown as RunConfig;
const block = (changes: Partial<Block> = {}): Block => ({
  part: "synthetic",
  question: "value",
  arm: "cpo",
  condition: { strength: 1 },
  seeds: [0, 1],
  metrics: ["score", "kl"],
  values: Float64Array.of(0.5, 1 / 3, 1e-9, 4),
  ...changes,
});
const writeRows = async (blocks: readonly Block[], folder: string, before: RowFiles | undefined) => {
  using there = readRowFiles(folder, before);
  return await writeRowFiles(experiment, config, blocks, folder, there);
};
const NAMES = ["results.csv", "results.parquet"];
/** A file that was written again has another number on the disk. */
const inodes = (folder: string) => NAMES.map((name) => Deno.statSync(`${folder}/${name}`).ino);
const bytes = (folder: string) => NAMES.map((name) => Deno.readFileSync(`${folder}/${name}`));

Deno.test("files of the same rows stay as they are; damaged and missing ones are written again, each alone", () =>
  inFolder(async (folder) => {
    const written = await writeRows([block()], folder, undefined);
    const before = inodes(folder), whole = bytes(folder);
    assert.deepEqual(await writeRows([block()], folder, written), written);
    assert.deepEqual(inodes(folder), before);

    for (const [i, name] of NAMES.entries()) {
      const other = 1 - i;
      // Of the same length and time: only its bytes tell.
      const { mtime } = Deno.statSync(`${folder}/${name}`), damaged = whole[i].slice();
      damaged[damaged.length >> 1] ^= 1;
      const damages = [
        () => Deno.removeSync(`${folder}/${name}`),
        () => Deno.truncateSync(`${folder}/${name}`, 9),
        () => {
          Deno.writeFileSync(`${folder}/${name}`, damaged);
          Deno.utimeSync(`${folder}/${name}`, mtime!, mtime!);
        },
      ];
      for (const damage of damages) {
        const now = inodes(folder)[other];
        damage();
        assert.deepEqual(await writeRows([block()], folder, written), written);
        assert.deepEqual(bytes(folder), whole);
        assert.equal(inodes(folder)[other], now);
      }
    }
  }));

Deno.test("whatever of the rows changes, both files are written again", () =>
  inFolder(async (folder) => {
    const others: Record<string, Block[]> = {
      value: [block({ values: Float64Array.of(0.5, 1 / 3, 1e-9, 5) })],
      arm: [block({ arm: "dr-cpo" })],
      condition: [block({ condition: { strength: 0 } })],
      metric: [block({ metrics: ["score", "loss"] })],
      seeds: [block({ seeds: [0, 2] })],
      question: [block({ question: "other" })],
      "a block": [block(), block({ arm: "dr-cpo" })],
      nothing: [],
    };
    for (const [what, blocks] of Object.entries(others)) {
      const known = await writeRows([block()], folder, undefined);
      const written = await writeRows(blocks, folder, known);
      assert.notEqual(written.rows, known.rows, what);
      for (const name of NAMES) assert.notEqual(written.rowFiles[name], known.rowFiles[name], `${what} ${name}`);
    }
  }));

Deno.test("bytes of the files are those of this format: whoever changes them raises FORMAT", () =>
  inFolder(async (folder) => {
    const blocks = [
      block(),
      block({ arm: "dr-cpo", condition: {}, seeds: [3], values: Float64Array.of(-0.25, 1e300) }),
    ];
    const { rows, rowFiles } = await writeRows(blocks, folder, undefined);
    assert.deepEqual([rows, rowFiles["results.csv"], rowFiles["results.parquet"]].map((sum) => sum.slice(0, 16)), [
      "324ac7fe0cec403d",
      "9e5e9988b282b227",
      "39390ef43bbdb92e",
    ]);
  }));
