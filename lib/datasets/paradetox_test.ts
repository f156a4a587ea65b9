import assert from "node:assert/strict";
import { loadParadetox, parseParadetox } from "./paradetox.ts";
import { encode, realData } from "./testing.ts";

const HEADER = "toxic\tneutral1\tneutral2\tneutral3\n";

Deno.test("the first rewrite is preferred; a quoted cell may hold a line break", () => {
  assert.deepEqual(parseParadetox(encode(`${HEADER}" a\nb "\tc\td\t\n`)), [{ chosen: "c", rejected: "a\nb" }]);
});

Deno.test("another table is refused", () => {
  assert.throws(() => parseParadetox(encode("toxic\tneutral\nx\ty\n")), {
    name: "TypeError",
    message: 'paradetox.tsv: header is "toxic,neutral", expected "toxic,neutral1,neutral2,neutral3"',
  });
});

const store = await realData("paradetox");

Deno.test({
  name: "real data: counts as a separate reading of the file found them",
  ignore: store === undefined,
  async fn() {
    const pairs = await loadParadetox(store!);
    // Reference: Python's csv.
    assert.equal(pairs.length, 11927);
    assert.equal(pairs.filter(({ chosen, rejected }) => chosen === rejected).length, 97);
    assert.equal(new Set(pairs.map(({ rejected }) => rejected)).size, 11927);
  },
});
