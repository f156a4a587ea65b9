import assert from "node:assert/strict";
import { manifest } from "../datasets/manifest.ts";
import { failure, inScratch, place } from "../datasets/data_test_helpers.ts";
import { main } from "./data.ts";

Deno.test("--help names every data set", async () => {
  const { output, failures } = await main(["--help"]);
  for (const { id } of manifest.datasets) assert.ok(output.includes(id));
  assert.deepEqual(failures, []);
});

Deno.test("mistakes in the arguments are one line that says what is allowed", async () => {
  assert.equal(
    await failure(main(["emobankk"])),
    `unknown data set "emobankk": choose from ${manifest.datasets.map(({ id }) => id).join(", ")}`,
  );
  assert.equal(await failure(main(["--lst"])), "Unknown option '--lst'; see deno task data --help");
  assert.match(await failure(main(["--mirror"])), /^Option '--mirror <value>' argument missing; see/);
  assert.equal(await failure(main(["--mirror="])), "--mirror needs a folder: --mirror DIR, or leave it out");
  assert.match(await failure(main(["--list=yes"])), /^Option '--list' does not take an argument; see/);
  assert.match(
    await failure(main(["--list", "--mirror", "data/cache/none"])),
    /^mirror data\/cache\/none: no such folder/,
  );
});

Deno.test("--list names a damaged file as a failure and fetches nothing", () =>
  inScratch(async (mirror) => {
    const [file] = manifest.datasets[0].files;
    await place(mirror, file.path, new Uint8Array(3));
    const { output, failures } = await main(["--list", "--mirror", mirror, manifest.datasets[0].id]);
    const [header, row, ...more] = output.split("\n");
    assert.match(header, /^data set +files +MB +state +licence$/);
    assert.match(row, /^hong-kong +2 +2\.9 +1 damaged/);
    assert.deepEqual(more, []);
    assert.deepEqual(failures, [`${mirror}/${file.path}: 3 bytes where ${file.bytes} are expected`]);
  }));

Deno.test("every data set is listed, even when each has a damaged file", () =>
  inScratch(async (mirror) => {
    for (const { files } of manifest.datasets) await place(mirror, files[0].path, new Uint8Array(3));
    const { output, failures } = await main(["--list", "--mirror", mirror]);
    assert.equal(output.split("\n").length, 1 + manifest.datasets.length);
    assert.equal(failures.length, manifest.datasets.length);
  }));
