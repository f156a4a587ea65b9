import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { loadEmoBank, parseEmoBank } from "./emobank.ts";
import { encode, realData } from "./data_test_helpers.ts";

const reader = '"id","V","A","D","stdV","stdA","stdD","N"\n"b","2","3","4","0.1","0.2","0.3","5"\n' +
  '"a","1.5","2.5","3.5","0","0","0","3"\n"no-text","3","3","3","0","0","0","2"\n"no-meta","3","3","3","0","0","0","2"\n';
const text =
  'id,split,V,A,D,text\na,train,9,9,9,"One, two."\nno-meta,dev,9,9,9,x\nno-rating,dev,9,9,9,y\nb,test,9,9,9,Three.\n';
const meta =
  "id\tdocument\tcategory\tsubcategory\nb\tnews-7\tnewspaper\tnyt\na\tblog-1\tblog\t \nno-text\tq\tblog\t\n" +
  "no-rating\tq\tblog\t\n";
const toy = { reader: encode(reader), text: encode(text), meta: encode(meta) };

Deno.test("rows are joined by id in the order of the texts, and the join is counted", async () => {
  const data = await parseEmoBank(toy);
  assert.deepEqual(data.ids, ["a", "b"]);
  assert.deepEqual(data.texts, ["One, two.", "Three."]);
  assert.deepEqual(data.genreNames, ["blog", "newspaper"]);
  assert.deepEqual(data.genre, Uint8Array.of(0, 1));
  assert.deepEqual(data.documents, ["blog-1", "news-7"]);
  // The readers' ratings, not the columns of the same name in emobank.csv.
  assert.deepEqual(data.valence, Float64Array.of(1.5, 2));
  assert.deepEqual(data.arousal, Float64Array.of(2.5, 3));
  assert.deepEqual(data.dominance, Float64Array.of(3.5, 4));
  assert.deepEqual(data.sd.arousal, Float64Array.of(0, 0.2));
  assert.deepEqual(data.raters, Uint8Array.of(3, 5));
  assert.deepEqual(data.counts, { reader: 4, text: 4, meta: 4, joined: 2 });
});

Deno.test("an id that occurs twice is refused", async () => {
  await assert.rejects(
    parseEmoBank({ ...toy, meta: encode(meta + "a\tblog-2\tblog\t\n") }),
    { name: "RangeError", message: 'meta.tsv: row 5: id "a" occurs twice' },
  );
});

const store = await realData("emobank");

Deno.test({
  ...needingData({ emobank: store }, "real data: counts and means as a separate reading of the files found them"),
  async fn() {
    const data = await loadEmoBank(store!);
    // Reference: Python's csv module and statistics.mean.
    assert.deepEqual(data.counts, { reader: 10325, text: 10062, meta: 10548, joined: 10062 });
    const mean = (values: Float64Array) => values.reduce((a, b) => a + b) / values.length;
    // 10,062 additions round by at most 1e4 * 2^-53 * 3e4 / 1e4 = 4e-12 of the mean.
    const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-11, `${a} ${b}`);
    close(mean(data.valence), 2.9739226793877958);
    close(mean(data.arousal), 3.0546133969389784);
    close(mean(data.dominance), 3.0493689127410057);
    const genres = data.genreNames.map((name, g) => {
      const members = data.valence.filter((_, i) => data.genre[i] === g);
      return [name, members.length, mean(members).toFixed(4)];
    });
    assert.deepEqual(genres, [
      ["SemEval", 1192, "2.8227"],
      ["blog", 1336, "2.9934"],
      ["essays", 1135, "2.9151"],
      ["fiction", 2753, "2.9127"],
      ["letters", 1413, "3.1573"],
      ["newspaper", 1314, "2.9607"],
      ["travel-guides", 919, "3.1347"],
    ]);
    assert.equal(new Set(data.documents).size, 136);
    assert.deepEqual([Math.min(...data.raters), Math.max(...data.raters)], [2, 7]);
  },
});
