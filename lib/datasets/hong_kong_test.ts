import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { loadHongKong, parseHongKong, TREATMENTS } from "./hong_kong.ts";
import { encode, realData } from "./data_test_helpers.ts";

const header =
  "resp,numtexts,treatycommit,brave,evil,flag,threat,economy,treatyviolation,resp_id,text1,text2,text3,text";

/** A wave from rows of response, coded treatments (seven digits) and sentences. */
function wave(...rows: [response: string, coded: string, ...sentences: string[]][]): Uint8Array {
  const lines = rows.map(([response, coded, ...sentences], i) =>
    [
      response,
      Math.max(2, sentences.length),
      ...coded,
      `id${i}`,
      ...[0, 1, 2].map((k) => sentences[k] ?? ""),
      sentences.join(" "),
    ].join(",")
  );
  return encode([header, ...lines].join("\n"));
}

Deno.test("a sentence's treatment follows from the rows that show it, by intersection or by elimination", async () => {
  // A is treatment 0 (coded in both its rows); B and C follow from A; D and E are told apart only through B and C.
  const first = wave(["10", "1100000", "A", "B"], ["20", "1010000", "A", "C"], ["30", "0101000", "B", "D"], [
    "40",
    "0010100",
    "C",
    "E",
  ]);
  const second = wave(["50", "0000000", "D", "E"], ["60", "1000000", "A"], ["70", "0000000"]);
  const { waves: [one, two] } = await parseHongKong(first, second);
  assert.equal(one.disagreements, 0);
  assert.deepEqual(one.treatments, one.coded);
  assert.deepEqual([...two.treatments.subarray(0, 7)], [0, 0, 0, 1, 1, 0, 0]);
  assert.deepEqual([...two.coded.subarray(0, 7)], [0, 0, 0, 0, 0, 0, 0]);
  assert.equal(two.disagreements, 1);
  assert.equal(two.emptyTexts, 1);
  assert.deepEqual(two.texts, ["D E", "A", ""]);
  assert.deepEqual(two.response, Float64Array.of(50, 60, 70));
  assert.deepEqual(two.ids, ["id0", "id1", "id2"]);
});

Deno.test("a sentence whose treatment is not identified stops the parser", async () => {
  const first = wave(["10", "1100000", "A", "B"]);
  await assert.rejects(parseHongKong(first, first), /^RangeError: .*no treatment is known for the sentence "A"/);
  const clear = wave(["10", "1000000", "A"]);
  await assert.rejects(
    parseHongKong(clear, wave(["10", "1000000", "Z"])),
    /HKRepData.csv: row 1: no treatment is known for the sentence "Z"/,
  );
});

Deno.test("responses outside 0..100 and blanks are refused with row and column", async () => {
  const clear = wave(["10", "1000000", "A"]);
  await assert.rejects(
    parseHongKong(clear, wave(["100.5", "1000000", "A"])),
    /HKRepData.csv: row 1 \(line 2\), column "resp": expected a number from 0 to 100, got 100\.5/,
  );
  await assert.rejects(
    parseHongKong(clear, wave(["", "1000000", "A"])),
    /row 1 \(line 2\), column "resp": expected a number from 0 to 100, got an empty text/,
  );
  await assert.rejects(
    parseHongKong(clear, wave(["1", "2000000", "A"])),
    /row 1 \(line 2\), column "treatycommit".* from 0 to 1, got 2/,
  );
});

const store = await realData("hong-kong");

Deno.test({
  ...needingData({ "hong-kong": store }, "real data: counts and means as a separate reading of the files found them"),
  async fn() {
    const { waves: [one, two] } = await loadHongKong(store!);
    // Reference: Python's csv module, statistics.mean and stdev over `resp`, sums over the treatment columns.
    assert.deepEqual([one.n, two.n], [1983, 2072]);
    for (
      const [wave, mean, sd] of [
        [one, 67.5844679778114, 27.65810072343193],
        [two, 69.79777992277992, 27.06460134497025],
      ] as const
    ) {
      const ours = wave.response.reduce((a, b) => a + b) / wave.n;
      const variance = wave.response.reduce((a, y) => a + (y - ours) ** 2, 0) / (wave.n - 1);
      // Sums of 2,000 integers below 100 are exact in float64; a few roundings remain.
      assert.ok(Math.abs(ours - mean) < 1e-12 && Math.abs(Math.sqrt(variance) - sd) < 1e-11, `${ours} ${variance}`);
      assert.equal(new Set(wave.ids).size, wave.n);
    }
    const sums = (values: Uint8Array) =>
      TREATMENTS.map((_, k) => values.reduce((sum, x, i) => sum + (i % 7 === k ? x : 0), 0));
    assert.deepEqual(sums(one.coded), [1641, 560, 553, 567, 541, 531, 522]);
    assert.deepEqual(one.treatments, one.coded);
    assert.deepEqual(sums(two.coded), [1066, 524, 513, 486, 552, 553, 520]);
    assert.deepEqual(sums(two.treatments), [941, 703, 694, 665, 714, 738, 698]);
    assert.deepEqual([one.disagreements, two.disagreements, one.emptyTexts, two.emptyTexts], [0, 1017, 0, 6]);
    // One treatment a sentence, in both waves, save for the readers who saw none.
    for (const wave of [one, two]) {
      for (let i = 0; i < wave.n; i++) {
        const count = wave.treatments.subarray(i * 7, (i + 1) * 7).reduce((a, b) => a + b, 0);
        assert.equal(count, wave.texts[i] === "" ? 0 : wave.numTexts[i]);
      }
    }
  },
});
