import assert from "node:assert/strict";
import { GgufFile } from "./gguf.ts";
import { ggufBytes } from "./gguf_test_helpers.ts";
import goldens from "./testdata/dequantise.json" with { type: "json" };

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** Opens bytes as a file, hands it on, and cleans up. */
function withFile<T>(bytes: Uint8Array, use: (path: string) => T): T {
  const path = Deno.makeTempFileSync({ suffix: ".gguf" });
  try {
    Deno.writeFileSync(path, bytes);
    return use(path);
  } finally {
    Deno.removeSync(path);
  }
}

/** Each value type of the format, with what is read for it. */
const VALUES = {
  "u8": [{ type: 0, value: 200 }, 200],
  "i8": [{ type: 1, value: -3 }, -3],
  "u16": [{ type: 2, value: 60000 }, 60000],
  "i16": [{ type: 3, value: -30000 }, -30000],
  "u32": [{ type: 4, value: 4e9 }, 4e9],
  "i32": [{ type: 5, value: -2e9 }, -2e9],
  "f32": [{ type: 6, value: 0.1 }, Math.fround(0.1)],
  "yes": [{ type: 7, value: true }, true],
  "text": [{ type: 8, value: "Ġé\0" }, "Ġé\0"],
  "list": [{ type: 9, value: ["a", ""], inner: 8 }, ["a", ""]],
  "empty": [{ type: 9, value: [], inner: 5 }, []],
  "lists": [{ type: 9, value: [{ type: 9, value: [1, 2], inner: 0 }], inner: 9 }, [[1, 2]]],
  "u64": [{ type: 10, value: 2n ** 40n }, 2 ** 40],
  "u64 beyond": [{ type: 10, value: 2n ** 64n - 1n }, 2n ** 64n - 1n],
  "i64": [{ type: 11, value: -5n }, -5],
  "f64": [{ type: 12, value: 0.1 }, 0.1],
} as const;

Deno.test("every type of value is read, and tensors of two alignments and both versions", () => {
  for (const [version, alignment] of [[3, 32], [2, 64]]) {
    const metadata = Object.fromEntries(Object.entries(VALUES).map(([name, [given]]) => [name, given]));
    const tensors = [
      { name: "a", type: 0, shape: [1, 3], data: floats(1, -2, 3) },
      { name: "b", type: 8, shape: [2, 32], data: Uint8Array.fromHex(goldens.blocks.Q8_0.packed) },
      { name: "c", type: 1, shape: [2], data: Uint8Array.of(0, 0x3c, 0, 0xc0) },
      { name: "d", type: 30, shape: [2], data: Uint8Array.of(0x80, 0x3f, 0, 0xc0) },
    ];
    const bytes = ggufBytes({ ...metadata, "general.alignment": { type: 4, value: alignment } }, tensors, {
      version,
      alignment,
    });
    withFile(bytes, (path) => {
      using file = GgufFile.open(path);
      for (const [name, [, read]] of Object.entries(VALUES)) assert.deepEqual(file.metadata.get(name), read, name);
      assert.deepEqual([...file.readFloats("a")], [1, -2, 3]);
      assert.equal(new Uint8Array(file.readFloats("b").buffer).toHex(), goldens.blocks.Q8_0.floats);
      assert.deepEqual([...file.readFloats("c"), ...file.readFloats("d")], [1, -2, 1, -2]);
      assert.deepEqual(file.tensors.get("b")?.shape, [2, 32]);
    });
  }
});

Deno.test("texts longer than the window that heads are read through, and many short ones across its ends", () => {
  const long = "é".repeat(200_000), list = Array.from({ length: 50_000 }, (_, i) => `token ${i}`);
  withFile(ggufBytes({ long, list, "general.name": "behind" }, []), (path) => {
    using file = GgufFile.open(path);
    assert.ok(file.metadata.get("long") === long);
    assert.deepEqual(file.metadata.get("list"), list);
    assert.equal(file.metadata.get("general.name"), "behind");
  });
});

Deno.test("a packed tensor of several pieces is read whole", () => {
  const one = Uint8Array.fromHex(goldens.blocks.Q4_1.packed), times = 40_000, data = new Uint8Array(one.length * times);
  for (let i = 0; i < times; i++) data.set(one, i * one.length);
  withFile(ggufBytes({}, [{ name: "a", type: 3, shape: [times, 64], data }]), (path) => {
    using file = GgufFile.open(path);
    const read = file.readFloats("a"),
      expected = new Float32Array(Uint8Array.fromHex(goldens.blocks.Q4_1.floats).buffer);
    assert.equal(read.length, 64 * times);
    for (let i = 0; i < read.length; i++) if (read[i] !== expected[i % 64]) assert.fail(`number ${i}`);
  });
});

Deno.test("heads that lie are refused in one line that says where", () => {
  const tensor = { name: "a", type: 0, shape: [2], data: floats(1, 2) }, other = { ...tensor, name: "b" };
  const good = ggufBytes({ n: 1 }, [tensor]);
  const edited = (at: number, ...bytes: number[]) => {
    const copy = good.slice();
    copy.set(bytes, at);
    return copy;
  };
  const refused: readonly [bytes: Uint8Array, why: RegExp][] = [
    [new Uint8Array(3), /3 bytes, no GGUF file/],
    [edited(0, 0x50, 0x4b), /does not begin with GGUF/],
    [edited(4, 1), /GGUF version 1; 2 and 3 are read/],
    [edited(4, 0, 0, 0, 3), /a big-endian GGUF file/],
    [edited(15, 16), /tensors are announced where \d+ bytes are left/],
    [edited(23, 16), /1152921504606847000 values of metadata are announced/],
    [edited(31, 16), /bytes of a name in the metadata are announced/],
    [edited(33, 13), /n is of type 13, which is not known/],
    [good.subarray(0, 60), /cut off|announced/],
    [good.subarray(0, good.length - 30), /a ends at byte \d+ of \d+; the file is cut off/],
    [ggufBytes({ n: { type: 9, value: [], inner: 99 } }, []), /n is of type 99/],
    [ggufBytes({ "general.alignment": 7 }, []), /general\.alignment is no multiple of 8/],
    [ggufBytes({ "general.alignment": 0 }, []), /general\.alignment is no multiple of 8/],
    [ggufBytes({ "split.count": 2 }, []), /one of several parts; merge them/],
    [ggufBytes({ "a\nb": 1 }, []), /has a name "a\\nb"; the file is damaged/],
    [ggufBytes({}, [{ ...tensor, name: "\u202e" }]), /has a name ".+"; the file is damaged/],
    [ggufBytes({}, [tensor, { ...tensor }]), /has tensor a twice/],
    [ggufBytes({}, [{ ...tensor, shape: [2, 1, 1, 1, 1] }]), /a has 5 sizes/],
    [
      ggufBytes({}, [{ ...tensor, shape: [2 ** 40, 2 ** 40] }]),
      /a has the shape \[1099511627776,1099511627776\] in F32/,
    ],
    [ggufBytes({}, [{ ...tensor, type: 8 }]), /a has the shape \[2\] in Q8_0/],
    [ggufBytes({}, [{ ...tensor, type: 16 }]), /a is of type IQ2_XXS; take a file whose types are among F32, F16/],
    [ggufBytes({}, [{ ...tensor, type: 39 }]), /a is of type MXFP4; take a file/],
    [ggufBytes({}, [{ ...tensor, type: 4 }]), /a is of type number 4; take a file/],
    [ggufBytes({}, [tensor, other], { offsets: [0n, 0n] }), /tensors a and b overlap/],
    [ggufBytes({}, [tensor, other], { offsets: [0n, 4n] }), /b begins at 4, off 32/],
    [ggufBytes({}, [tensor], { offsets: [2n ** 60n] }), /the offset of a is 1152921504606846976/],
    [ggufBytes({}, [tensor], { offsets: [2n ** 40n] }), /a ends at byte 1\d+ of/],
  ];
  for (const [bytes, why] of refused) {
    withFile(bytes, (path) =>
      assert.throws(() => GgufFile.open(path).close(), (error: Error) => {
        assert.equal(error.name, "UserError", error.stack);
        assert.match(error.message, why);
        assert.ok(error.message.startsWith(path) && !error.message.includes("\n"), error.message);
        return true;
      }));
  }
});

Deno.test("lists in lists end somewhere", () => {
  let deep: { type: number; value: readonly unknown[]; inner: number } = { type: 9, value: [], inner: 0 };
  for (let i = 0; i < 50; i++) deep = { type: 9, value: [deep], inner: 9 };
  withFile(
    ggufBytes({ deep }, []),
    (path) => assert.throws(() => GgufFile.open(path), /^UserError: .*: deep has lists in lists in lists/),
  );
});
