/** Sequences one after another, with beginnings that several share. */
import assert from "node:assert/strict";
import { Rng } from "../../random.ts";
import { type Group, type Sequences, sequencesOf, sharedSequences } from "./sequences.ts";

const listed = ({ ids, positions, previous, lengths, starts, prefixes, rows }: Sequences) => ({
  ...{ ids: [...ids], positions: [...positions], previous: [...previous], lengths: [...lengths] },
  ...{ starts: [...starts], prefixes: [...prefixes], rows: rows.map((each) => [...each]) },
});

Deno.test("sequences without anything shared are runs of their own", () => {
  assert.deepEqual(listed(sequencesOf([[5, 6, 7], [5], [5, 6]])), {
    ids: [5, 6, 7, 5, 5, 6],
    positions: [0, 1, 2, 0, 0, 1],
    previous: [-1, 0, 1, -1, -1, 4],
    lengths: [3, 1, 2],
    starts: [0, 3, 4],
    prefixes: [-1, -1, -1],
    rows: [[0, 1, 2], [3], [4, 5]],
  });
  assert.deepEqual(sequencesOf([]).ids.length, 0);
});

Deno.test("a beginning is there once, and each goes on from its last row", () => {
  const groups = [{ sequences: [[1, 2]], most: 2 }, { sequences: [[5, 6, 7, 8], [5, 6, 7], [5, 6, 9]], most: 9 }];
  assert.deepEqual(listed(sharedSequences(groups)), {
    ids: [1, 2, 5, 6, 7, 8, 7, 9],
    positions: [0, 1, 0, 1, 2, 3, 2, 2],
    previous: [-1, 0, -1, 2, 3, 4, 3, 3],
    lengths: [2, 2, 2, 1, 1],
    starts: [0, 2, 4, 6, 7],
    prefixes: [-1, -1, 1, 1, 1],
    rows: [[0, 1], [2, 3, 4, 5], [2, 3, 6], [2, 3, 7]],
  });
});

Deno.test("no more is shared than is asked for, nor the last token of the shortest", () => {
  const shared = (most: number, ...sequences: number[][]) => {
    const { prefixes, lengths } = sharedSequences([{ sequences, most }]);
    return prefixes[1] === undefined || prefixes[1] < 0 ? 0 : lengths[0];
  };
  assert.equal(shared(2, [1, 2, 3, 4], [1, 2, 3, 5]), 2);
  assert.equal(shared(9, [1, 2, 3], [1, 2, 3]), 2);
  assert.equal(shared(9, [1, 2, 3], [1]), 0);
  assert.equal(shared(9, [1, 2], [2, 2]), 0);
  assert.equal(shared(0, [1, 2], [1, 2]), 0);
});

Deno.test("rows give back every sequence, whatever is shared", () => {
  const rng = Rng.seed(3);
  for (let round = 0; round < 200; round++) {
    const groups: Group[] = Array.from({ length: 1 + rng.integer(3) }, () => ({
      most: rng.integer(5),
      sequences: Array.from(
        { length: 1 + rng.integer(4) },
        () => Array.from({ length: 1 + rng.integer(5) }, () => rng.integer(2)),
      ),
    }));
    const { ids, positions, previous, lengths, starts, prefixes, rows } = sharedSequences(groups);
    const given = groups.flatMap(({ sequences }) => sequences);
    assert.deepEqual(rows.map((each) => [...each].map((row) => ids[row])), given.map((each) => [...each as number[]]));
    for (const each of rows) {
      each.forEach((row, t) => assert.deepEqual([positions[row], previous[row]], [t, t === 0 ? -1 : each[t - 1]]));
    }
    assert.equal(lengths.reduce((a, b) => a + b, 0), ids.length);
    starts.forEach((start, run) => assert.equal(start, run === 0 ? 0 : starts[run - 1] + lengths[run - 1]));
    prefixes.forEach((prefix, run) => assert.ok(prefix < run));
  }
});

Deno.test("a sequence without tokens is named by its place among all", () => {
  const error = { name: "RangeError", message: "sequences[2] has no tokens" };
  assert.throws(() => sequencesOf([[1], [2], []]), error);
  assert.throws(() => sharedSequences([{ sequences: [[1], [1, 2]], most: 1 }, { sequences: [[]], most: 0 }]), error);
});
