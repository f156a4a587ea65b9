import assert from "node:assert/strict";
import { PICKLED_CLASS, unpickled } from "./pickle.ts";

const bytes = (...parts: readonly (string | number)[]) =>
  Uint8Array.from(parts.flatMap((part) => typeof part === "number" ? [part] : [...part].map((c) => c.charCodeAt(0))));
const text = (word: string) => ["X", word.length, 0, 0, 0, word];

Deno.test("what settings are made of is read", () => {
  // pickle.dumps({"n": -2, "big": 2**40, "x": 0.5, "list": [None, True, 300], "pair": (1, 2)}, protocol=2) of Python 3.11
  const hex =
    "80027d71002858010000006e71014afeffffff58030000006269677102 8a06000000000001580100000078710347 3fe0000000000000" +
    "58040000006c69737471045d710528 4e884d2c01655804000000706169727106 4b014b0286710775 2e";
  const pickle = Uint8Array.from(hex.replaceAll(" ", "").match(/../g)!, (pair) => parseInt(pair, 16));
  assert.deepEqual(unpickled(pickle, "f"), { n: -2, big: 2 ** 40, x: 0.5, list: [null, true, 300], pair: [1, 2] });
});

Deno.test("classes are named and never called", () => {
  const call = unpickled(bytes("cos\nsystem\n", ...text("rm"), 0x85, "R."), "f");
  assert.deepEqual(call, { [PICKLED_CLASS]: "os.system", args: ["rm"] });
  const object = unpickled(bytes("ca\nB\n)", 0x81, "}", ...text("beta"), "K", 3, "sb."), "f");
  assert.deepEqual(object, { [PICKLED_CLASS]: "a.B", beta: 3 });
});

Deno.test("a name of JavaScript's own is a name as others", () => {
  const read = unpickled(bytes("}", ...text("__proto__"), "}s."), "f");
  assert.deepEqual(Object.getOwnPropertyNames(read), ["__proto__"]);
});

Deno.test("every cut and every other code is one line", () => {
  const whole = bytes(0x80, 2, "}(", ...text("a"), "K", 7, ...text("b"), "]u.");
  assert.deepEqual(unpickled(whole, "f"), { a: 7, b: [] });
  for (let end = 0; end < whole.length; end++) {
    assert.throws(() => unpickled(whole.subarray(0, end), "f"), { name: "UserError", message: /^f: ends at byte/ });
  }
  assert.throws(() => unpickled(bytes("Q."), "f"), { message: /^f: unknown code 81 at byte 1 of the pickle; it is/ });
  for (const wrong of ["R.", "]K\x01s.", "a.", "t.", "h\x05.", ".", "(.", "N]b.", "NNR."]) {
    assert.throws(() => unpickled(bytes(wrong), "f"), { name: "UserError" }, wrong);
  }
});
