/** Files that the formats' own Python packages wrote. */
import assert from "node:assert/strict";
import { GgufFile } from "./gguf.ts";
import { SafetensorsFile } from "./safetensors.ts";
import { withoutChecksums } from "./safetensors_test_helpers.ts";
import { writeSafetensors } from "./safetensors_writer.ts";
import written from "./testdata/written.json" with { type: "json" };

function withFile(bytes: Uint8Array, use: (path: string) => void): void {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeFileSync(path, bytes);
    use(path);
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("a GGUF file of the Python package is read: every type of value, plain and packed tensors", () => {
  withFile(Uint8Array.fromHex(written.gguf), (path) => {
    using file = GgufFile.open(path);
    assert.deepEqual(Object.fromEntries(file.metadata), {
      "general.architecture": "llama",
      "general.name": "tiny",
      "a.u8": 200,
      "a.i8": -3,
      "a.u16": 60000,
      "a.i16": -30000,
      "a.u32": 4e9,
      "a.i32": -5,
      "a.f32": 0.5,
      "a.yes": true,
      "a.u64": 2 ** 40,
      "a.i64": -(2 ** 40),
      "a.f64": 0.1,
      "a.texts": ["Ġa", "", "é"],
      "a.ints": [1, 2, 3],
      "a.floats": [0.5, 1.5],
    });
    assert.deepEqual([...file.tensors].map(([name, { type, shape }]) => [name, type, shape]), [
      ["x", "F32", [2, 3]],
      ["y", "F16", [2]],
      ["z", "Q8_0", [2, 32]],
    ]);
    assert.deepEqual([...file.readFloats("x"), ...file.readFloats("y")], [0, 1, 2, 3, 4, 5, 1, -2]);
    assert.equal(new Uint8Array(file.readFloats("z").buffer).toHex(), written.z);
  });
});

Deno.test("a safetensors file of the Python package is read, and written to the same bytes but for checksums", () => {
  withFile(Uint8Array.fromHex(written.safetensors), (path) => {
    using file = SafetensorsFile.open(path);
    const tensors = [...file.tensors].map(([name, { shape }]) => ({ name, shape, values: file.readFloats(name) }));
    assert.deepEqual(tensors.find(({ name }) => name === "b"), {
      name: "b",
      shape: [2, 2],
      values: Float32Array.of(1, 2, 3, 4.5),
    });
    writeSafetensors(`${path}.new`, tensors, { metadata: file.metadata });
    try {
      assert.equal(withoutChecksums(Deno.readFileSync(`${path}.new`)).toHex(), written.safetensors);
    } finally {
      Deno.removeSync(`${path}.new`);
    }
  });
});
