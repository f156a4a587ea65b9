import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { CHECKSUMS } from "./checksums.ts";
import { SafetensorsFile } from "./safetensors.ts";
import { writeSafetensors } from "./safetensors_writer.ts";

/** A file with a header as given, and so many bytes behind it. */
function written(path: string, header: string, data: Uint8Array): string {
  const text = new TextEncoder().encode(header), bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  Deno.writeFileSync(path, bytes);
  return path;
}

const line = (header: Record<string, [dtype: string, shape: number[], start: number, end: number]>) =>
  JSON.stringify(Object.fromEntries(
    Object.entries(header).map(([name, [dtype, shape, start, end]]) => [
      name,
      { dtype, shape, data_offsets: [start, end] },
    ]),
  ));

Deno.test("what is written is read, whatever the order, and the same tensors give the same bytes", () => {
  const folder = Deno.makeTempDirSync(), rng = Rng.seed(1);
  const tensors = ["b.10", "b.9", "a", "7"].map((name, i) => ({
    name,
    shape: [i + 1, 3],
    values: Float32Array.from(rng.normals(3 * i + 3)),
  }));
  writeSafetensors(`${folder}/1`, tensors, { metadata: { format: "pt" } });
  writeSafetensors(`${folder}/2`, tensors.toReversed(), { metadata: { format: "pt" } });
  assert.deepEqual(Deno.readFileSync(`${folder}/1`), Deno.readFileSync(`${folder}/2`));
  using file = SafetensorsFile.open(`${folder}/1`);
  assert.deepEqual(Object.keys(file.metadata), ["format", CHECKSUMS]);
  for (const { name, shape, values } of tensors) {
    assert.deepEqual(file.tensors.get(name)?.shape, shape);
    assert.deepEqual(file.readFloats(name), values);
  }
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["1", "2"]);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("half precision and bfloat16 are widened, every value of them", () => {
  const folder = Deno.makeTempDirSync(), bits = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
  const data = new Uint8Array([...new Uint8Array(bits.buffer), ...new Uint8Array(bits.buffer)]);
  const header = line({ half: ["F16", [256, 256], 0, 0x20000], brain: ["BF16", [0x10000], 0x20000, 0x40000] });
  using file = SafetensorsFile.open(written(`${folder}/a`, header, data));
  const half = file.readFloats("half"), brain = file.readFloats("brain"), view = new DataView(new ArrayBuffer(4));
  for (let i = 0; i < 0x10000; i++) {
    // Sign, exponent and fraction by hand.
    const sign = i >> 15 ? -1 : 1, exponent = i >> 10 & 31, fraction = i & 1023;
    const value = exponent === 31
      ? fraction === 0 ? sign * Infinity : NaN
      : exponent === 0
      ? sign * fraction * 2 ** -24
      : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
    assert.ok(Object.is(half[i], value), `half ${i}: ${half[i]}, ${value}`);
    view.setUint32(0, i * 0x10000);
    assert.ok(Object.is(brain[i], view.getFloat32(0)), `bfloat16 ${i}`);
  }
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("bfloat16 is written as the nearest, ties to even", () => {
  const folder = Deno.makeTempDirSync(),
    values = Float32Array.of(1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -0, 3e38, 3.4e38, NaN);
  writeSafetensors(`${folder}/a`, [{ name: "a", shape: [7], values }], { type: "BF16" });
  using file = SafetensorsFile.open(`${folder}/a`);
  const read = file.readFloats("a");
  assert.deepEqual([...read.subarray(0, 4)], [1, 1, 1 + 2 ** -6, -0]);
  assert.ok(Math.abs(read[4] / 3e38 - 1) < 2 ** -8 && read[5] === Infinity && Number.isNaN(read[6]));
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("a bit that flips in any byte of the data is found when its tensor is read, and the others are read", () => {
  const folder = Deno.makeTempDirSync(), path = `${folder}/a`;
  for (const type of ["F32", "BF16"] as const) {
    const tensors = ["a", "b"].map((name, i) => ({ name, shape: [2], values: Float32Array.of(i, i + 0.5) }));
    writeSafetensors(path, tensors, { type });
    const whole = Deno.readFileSync(path), start = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    for (let at = start; at < whole.length; at++) {
      const bytes = whole.slice();
      bytes[at] ^= 1 << at % 8;
      Deno.writeFileSync(path, bytes);
      using file = SafetensorsFile.open(path);
      const [flipped, other] = at < (start + whole.length) / 2 ? ["a", "b"] : ["b", "a"];
      assert.throws(() => file.readFloats(flipped), {
        name: "UserError",
        message: new RegExp(`^${path}: the numbers of ${flipped} are not those that were written, .*get it again.*$`),
      });
      assert.deepEqual([...file.readFloats(other)], other === "a" ? [0, 0.5] : [1, 1.5]);
    }
  }
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("two tensors of one shape that change places in the header are found; files without checksums are read", () => {
  const folder = Deno.makeTempDirSync(), path = `${folder}/a`;
  const tensors = ["a", "b"].map((name, i) => ({ name, shape: [1], values: Float32Array.of(i) }));
  writeSafetensors(path, tensors);
  const bytes = Deno.readFileSync(path), start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(bytes.subarray(8, start)), data = bytes.subarray(start);
  const swapped = header.replace("[0,4]", "[x]").replace("[4,8]", "[0,4]").replace("[x]", "[4,8]");
  {
    using file = SafetensorsFile.open(written(path, swapped, data));
    assert.throws(() => file.readFloats("a"), { name: "UserError", message: /the numbers of a are not those/ });
  }
  {
    const { __metadata__: _, ...without } = JSON.parse(swapped);
    using file = SafetensorsFile.open(written(path, JSON.stringify(without), data));
    assert.deepEqual([...file.readFloats("a")], [1]);
  }
  for (const text of ["", "[]", '{"a":1,"a":2}']) {
    const other = JSON.stringify({ ...JSON.parse(header), __metadata__: { [CHECKSUMS]: text } });
    assert.throws(() => SafetensorsFile.open(written(path, other, data)), {
      name: "UserError",
      message: new RegExp(`^${path}: ${CHECKSUMS} of __metadata__: .*$`),
    });
  }
  const other = JSON.stringify({ ...JSON.parse(header), __metadata__: { [CHECKSUMS]: "{}" } });
  using file = SafetensorsFile.open(written(path, other, data));
  assert.throws(() => file.readFloats("a"), { name: "UserError", message: /the numbers of a are not those/ });
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("whole numbers are listed and not taken for weights", () => {
  const folder = Deno.makeTempDirSync();
  using file = SafetensorsFile.open(written(`${folder}/a`, line({ ids: ["I64", [1], 0, 8] }), new Uint8Array(8)));
  assert.deepEqual(file.tensors.get("ids"), { type: "I64", shape: [1], offset: file.tensors.get("ids")!.offset });
  assert.throws(() => file.readFloats("ids"), {
    name: "UserError",
    message: /ids is stored as I64; weights are read /,
  });
  assert.throws(() => file.readFloats("toString"), { name: "UserError", message: /no tensor toString$/ });
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("headers that lie are refused in one line that says where", () => {
  const folder = Deno.makeTempDirSync(), eight = new Uint8Array(8);
  const entry = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';
  const refused: readonly [what: string, header: string, data: Uint8Array, why: RegExp][] = [
    ["text", "hello", eight, /header: not JSON/],
    ["list", "[]", eight, /header: not an object/],
    ["twice", `{"a":${entry},"a":${entry}}`, eight, /header: has "a" twice/],
    ["overlap", line({ a: ["F32", [1], 0, 4], b: ["F32", [1], 2, 6] }), eight, /a and b overlap/],
    ["gap", line({ a: ["F32", [1], 4, 8] }), eight, /nothing is said of bytes/],
    ["rest", line({ a: ["F32", [1], 0, 4] }), eight, /4 bytes behind the last tensor/],
    ["beyond", line({ a: ["F32", [3], 0, 12] }), eight, /a ends at byte \d+ of \d+; the file is cut off/],
    ["huge", line({ a: ["F32", [2 ** 30, 2 ** 30], 0, 8] }), eight, /a has the shape \[1073741824,1073741824\]/],
    ["negative", line({ a: ["F32", [-1, -2], 0, 8] }), eight, /a has the shape \[-1,-2\]/],
    ["backwards", line({ a: ["F32", [2], 8, 0] }), eight, /a takes 8 bytes and has the range \[8,0\]/],
    ["before", line({ a: ["F32", [2], -8, 0] }), eight, /has the range \[-8,0\]/],
    ["shape", line({ a: ["F32", [3], 0, 8] }), eight, /a takes 12 bytes and has the range \[0,8\]/],
    ["type", line({ a: ["F31", [2], 0, 8] }), eight, /a is of type "F31", which is not known/],
    ["no entry", '{"a": 3}', eight, /a is of type undefined/],
    ["metadata", '{"__metadata__": {"a": 1}}', new Uint8Array(0), /__metadata__ is not a list of texts/],
  ];
  for (const [what, header, data, why] of refused) {
    const path = written(`${folder}/${what}`, header, data);
    assert.throws(() => SafetensorsFile.open(path), (error: Error) => {
      assert.equal(error.name, "UserError", what);
      assert.match(error.message, why);
      assert.ok(error.message.startsWith(path) && !error.message.includes("\n"), error.message);
      return true;
    });
  }
  Deno.writeFileSync(`${folder}/length`, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 16, 0, 0));
  assert.throws(() => SafetensorsFile.open(`${folder}/length`), /a header of 1152921504606847000 bytes is announced/);
  Deno.removeSync(folder, { recursive: true });
});
