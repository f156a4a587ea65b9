import assert from "node:assert/strict";
import { traced } from "./traced_options.ts";

Deno.test("every way to look at an option is noted, and what was not looked at is not", () => {
  const ways: [string, (o: { a: number; b: readonly number[]; c: string }) => unknown, string[]][] = [
    ["one", (o) => o.a, ["a"]],
    ["taken apart", ({ a, c }) => [a, c], ["a", "c"]],
    ["a list", ({ b }) => b.map((x) => x + 1), ["b"]],
    ["asked for", (o) => "c" in o, ["c"]],
    ["copied", (o) => ({ ...o, a: 9 }).a, ["a", "b", "c"]],
    ["the rest", ({ a: _, ...rest }) => rest, ["a", "b", "c"]],
    ["listed", (o) => Object.keys(o), ["a", "b", "c"]],
    ["as JSON", (o) => JSON.stringify(o), ["toJSON", "a", "b", "c"]],
    ["none", () => 0, []],
  ];
  for (const [way, look, expected] of ways) {
    const plain = { a: 1, b: [2, 3], c: "x" };
    const { options, reads } = traced(plain);
    assert.deepEqual(look(options), look(plain), way);
    assert.deepEqual([...reads].sort(), expected.toSorted(), way);
  }
});
