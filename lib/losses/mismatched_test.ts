import assert from "node:assert/strict";
import fc from "fast-check";
import { mismatchedRows } from "./mismatched.ts";

const prompts = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 17 })
  .filter((rows) => new Set(rows).size > 1);

Deno.test("no row takes a response to its own prompt, for odd counts and repeated prompts too", () => {
  fc.assert(
    fc.property(prompts, (prompts) => {
      const taken = mismatchedRows(prompts);
      assert.equal(taken.length, prompts.length);
      taken.forEach((from, row) => assert.notEqual(prompts[from], prompts[row]));
    }),
    { numRuns: 500, seed: 1 },
  );
});

Deno.test("every response is used once where no prompt has more than half of the rows, else as evenly as can be", () => {
  fc.assert(
    fc.property(prompts, (prompts) => {
      const uses = new Uint32Array(prompts.length);
      for (const from of mismatchedRows(prompts)) uses[from]++;
      const sizes = [...Map.groupBy(prompts, (prompt) => prompt).values()].map((rows) => rows.length);
      const largest = Math.max(...sizes), others = prompts.length - largest;
      if (largest <= others) return assert.ok(uses.every((count) => count === 1));
      const most = Math.ceil(largest / others);
      assert.ok(uses.every((count) => count <= most), `${uses}`);
    }),
    { numRuns: 500, seed: 2 },
  );
});

Deno.test("by hand: pairs taken apart, a prompt with most rows, prompts out of order", () => {
  const cases: [(string | number)[], number[]][] = [
    [["p", "p", "q", "q", "r", "r"], [2, 3, 4, 5, 0, 1]],
    [[1, 2, 3, 4, 5], [1, 2, 3, 4, 0]],
    [["p", "q", "p", "q"], [1, 0, 3, 2]],
    [["p", "p", "p", "q"], [3, 3, 3, 0]],
    [["q", "p", "p", "p", "r"], [1, 0, 4, 0, 2]],
    [["", "a"], [1, 0]],
  ];
  for (const [prompts, taken] of cases) assert.deepEqual([...mismatchedRows(prompts)], taken, JSON.stringify(prompts));
});

Deno.test("rows of one prompt are refused, and so is what is no list", () => {
  const wanted = "prompts: expected at least two different prompts, so that a row can take a response to another, got ";
  const refused: [(string | number)[], string][] = [
    [["p", "p", "p"], `${wanted}"p" in all 3 rows`],
    [[4], `${wanted}4 in all 1 rows`],
    [[], `${wanted}no rows`],
  ];
  for (const [prompts, message] of refused) {
    assert.throws(() => mismatchedRows(prompts), { name: "RangeError", message });
  }
  assert.throws(() => mismatchedRows(4 as never), {
    name: "TypeError",
    message: "prompts: expected the prompt of each row, got number",
  });
});
