import assert from "node:assert/strict";
import { findDataset, findFile, manifest, parseManifest } from "./manifest.ts";
import { pin, toyManifest } from "./data_test_helpers.ts";

Deno.test("every field that is wrong is named", async () => {
  const file = await pin("o/r/c/f.csv", new Uint8Array(1));
  const good = toyManifest("https://example.org/", [file]);
  assert.equal(parseManifest(good), good);
  const [toy] = good.datasets;
  const withFile = (change: Record<string, unknown>) => ({
    ...good,
    datasets: [{ ...toy, files: [{ ...file, ...change }] }],
  });
  const cases: [unknown, RegExp][] = [
    [null, /^manifest must be an object/],
    [{ ...good, version: 2 }, /^manifest\.version must be 1, got 2/],
    [{ ...good, base: "https://example.org" }, /^manifest\.base must end with a slash/],
    [{ ...good, datasets: {} }, /^manifest\.datasets must be a list/],
    [{ ...good, datasets: [toy, toy] }, /^manifest\.datasets\[1\]\.id "toy" is used twice/],
    [{ ...good, datasets: [{ ...toy, licence: "" }] }, /^manifest\.datasets\[0\]\.licence must be a text/],
    [{ ...good, datasets: [{ ...toy, sensitive: 1 }] }, /^manifest\.datasets\[0\]\.sensitive must be true or false/],
    [withFile({ bytes: 0 }), /files\[0\]\.bytes must be a positive integer, got 0/],
    [withFile({ sha256: "AB" }), /files\[0\]\.sha256 must be 64 lower-case hex digits, got "AB"/],
    [withFile({ columns: [1] }), /files\[0\]\.columns must be a list of names/],
    ...["/etc/passwd", "a/../b", "a//b", "./a", "a\\b", "C:/a", "https://x.org/a"].map((path): [unknown, RegExp] => [
      withFile({ path }),
      /files\[0\]\.path must be a plain relative path/,
    ]),
  ];
  for (const [value, message] of cases) assert.throws(() => parseManifest(value), { name: "TypeError", message });
});

Deno.test("every field of a model that is wrong is named", () => {
  const [model] = manifest.models!;
  const withModel = (change: Record<string, unknown>) => ({ ...manifest, models: [{ ...model, ...change }] });
  const cases: [unknown, RegExp][] = [
    [{ ...manifest, models: {} }, /^manifest\.models must be a list/],
    [withModel({ licence: "" }), /^manifest\.models\[0\]\.licence must be a text/],
    [withModel({ member: "../a.gguf" }), /^manifest\.models\[0\]\.member must be a plain relative path/],
    [withModel({ sha256: "AB" }), /^manifest\.models\[0\]\.sha256 must be 64 lower-case hex digits/],
    [withModel({ wheel: undefined }), /^manifest\.models\[0\]\.wheel must be an object/],
    [withModel({ wheel: { ...model.wheel, bytes: -1 } }), /^manifest\.models\[0\]\.wheel\.bytes must be a positive/],
    [withModel({ wheel: { ...model.wheel, version: 1 } }), /^manifest\.models\[0\]\.wheel\.version must be a text/],
  ];
  for (const [value, message] of cases) assert.throws(() => parseManifest(value), { name: "TypeError", message });
});

Deno.test("unknown names list the known ones", () => {
  assert.throws(() => findDataset(manifest, "emobanks"), {
    name: "UserError",
    message: `unknown data set "emobanks": choose from ${manifest.datasets.map(({ id }) => id).join(", ")}`,
  });
  assert.throws(
    () => findFile(findDataset(manifest, "open-bandit"), "men.csv"),
    /^RangeError: name "men\.csv" fits 2 files/,
  );
  assert.throws(() => findFile(findDataset(manifest, "emobank"), "eader.csv"), /fits 0 files/);
});
