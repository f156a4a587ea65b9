import assert from "node:assert/strict";
import { skippedList } from "./skipped_list.ts";

const report = (...names: string[]) =>
  names.map((name) => `<testcase name="${name}" classname="./lib/a_test.ts"><skipped/></testcase>`).join("\n");

Deno.test("a test that is skipped without a word of why is refused", () => {
  assert.throws(() => skippedList(report("sums")), /lib\/a_test.ts: "sums" is skipped and does not say why/);
});

Deno.test("what a filter leaves out is not skipped, whether it says why or not", () => {
  const names = report("sums", "products [skipped: no data: emobank]", "laws [engine] [skipped: no BLAS]");
  assert.equal(skippedList(names, "[engine]").length, 2);
  assert.match(skippedList(names, "[engine]")[1], /no BLAS: 1 skipped/);
  assert.match(skippedList(names, "/^prod/")[1], /emobank/);
  assert.deepEqual(skippedList(names, "nothing of that name"), []);
});
