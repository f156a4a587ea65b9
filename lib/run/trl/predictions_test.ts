/** What predictions say of what is held out. */
import assert from "node:assert/strict";
import { heldOutOf } from "./held_out.ts";
import { type Prediction, readPredictions } from "./predictions.ts";
import { withText } from "./text_file_test_helpers.ts";

const read = (lines: readonly (object | string)[], reference = true) => {
  const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line)).join("\n");
  return withText("p.jsonl", text, (path) => readPredictions(path, reference));
};
const pair = {
  ...{ prompt: "a", chosen_logps: -3, rejected_logps: -4, ref_chosen_logps: -2, ref_rejected_logps: -5 },
};
const score = (side: string, of: string, completion_sum: number) => ({
  ...{ pair: 7, side, of, prompt: "a", completion: " b", completion_sum, completion_count: 2 },
});

/** A pair of a prompt of its own whose log-ratios differ by a margin. */
const apart = (margin: number, i: number): Prediction => ({
  ...{ prompt: `${i}`, policy: [-20 + margin, -20], reference: [-20, -20] },
});
const MARGINS = [-1, -1, -1, -1, -1, 1, 1, 1, 1];

Deno.test("a pair is read in TRL's names, or out of four lines of scores", async () => {
  assert.deepEqual(await read([pair]), [{ prompt: "a", policy: [-3, -4], reference: [-2, -5] }]);
  assert.deepEqual(await read([{ ...pair, chosen_tokens: 2, rejected_tokens: 3 }], false), [
    { prompt: "a", policy: [-3, -4], tokens: [2, 3] },
  ]);
  const scores = [
    ...[score("chosen", "policy", -3), score("rejected", "policy", -4)],
    ...[score("rejected", "reference", -5), score("chosen", "reference", -2)],
  ];
  assert.deepEqual(await read(scores), [{ prompt: "a", policy: [-3, -4], reference: [-2, -5], tokens: [2, 2] }]);
});

Deno.test("a wrong line is named, and what it should have", async () => {
  const refused = (lines: readonly (object | string)[], message: RegExp) =>
    assert.rejects(read(lines), { name: "UserError", message });
  await refused([], /p\.jsonl: has no line; write one for each pair that was held out$/);
  await refused([pair, "{"], /p\.jsonl:2: is no JSON \(/);
  await refused(["[]"], /p\.jsonl:1: is no object of JSON$/);
  await refused([{ ...pair, ref_chosen_logps: undefined }], /p\.jsonl:1: has no ref_chosen_logps$/);
  await refused([{ ...pair, chosen_logps: "-3" }], /p\.jsonl:1: chosen_logps is "-3", and no number$/);
  await refused([{ ...pair, chosen_logps: 0.5 }], /p\.jsonl:1: chosen_logps is 0\.5; a log-prob is at most 0$/);
  await refused(['{"chosen_logps": NaN}'], /p\.jsonl:1: is no JSON/);
  await refused(
    [{ prompt: "a", chosen: " b", rejected: " c" }],
    /p\.jsonl:1: has texts without log-probs: chosen_logps,/,
  );
  await refused([{ ...pair, chosen_tokens: 0, rejected_tokens: 1 }], /chosen_tokens is 0, and no number of tokens$/);
  await refused(
    [{ ...score("chosen", "policy", -1), of: undefined }],
    /p\.jsonl:1: is of deno task score and lacks "pair"/,
  );
  await refused(
    [score("chosen", "policy", -1), score("chosen", "policy", -1)],
    /:2: is the second one of pair 7, chosen po/,
  );
  await refused([score("chosen", "policy", -1)], /p\.jsonl: pair 7 has no line of its rejected under the policy$/);
});

Deno.test("four of nine right are 4/9 by pairs, and 0.44, 0.58 or 0.69 by batches, as TRL 1.16 logs them", async () => {
  const { claims } = JSON.parse(await Deno.readTextFile(new URL("testdata/claims.json", import.meta.url)));
  const logged = claims["evaluation-metrics-are-means-of-batch-means"].numbers;
  for (const batch of [9, 4, 8]) {
    const { lines: [{ ours }], asTrl } = heldOutOf(MARGINS.map(apart), { perToken: false, batch });
    assert.equal(ours, 4 / 9);
    // A mean of float32.
    assert.ok(Math.abs(asTrl! - logged[`accuracy in batches of ${batch}`]) < 1e-7);
  }
});

Deno.test("a tie to float32's rounding is a half, and wrong where TRL counts", () => {
  const { lines: [share], ties, asTrl } = heldOutOf([apart(1, 0), apart(0, 1), apart(1e-7, 2), apart(-1, 3)], {
    ...{ perToken: false, batch: 4 },
  });
  assert.deepEqual([share.ours, ties, asTrl], [1 / 2, 2, 1 / 2]);
});

Deno.test("means and margins are over pairs, beside the log's last look; a token's where the loss is", () => {
  const last = {
    ...{ step: 4, on: "held-out" as const, loss: 1, chosen: -19, rejected: -18, chosenRatio: 3, rejectedRatio: 1 },
    ...{ accuracy: 0.6, gradientNorm: NaN, learningRate: NaN },
  };
  const { lines } = heldOutOf(MARGINS.map(apart), { perToken: false, last });
  assert.deepEqual(lines.map(({ quantity, theirs }) => [quantity, theirs]), [
    ["share of pairs in the right order", 0.6],
    ["margin, nats", 2],
    ["log π of chosen responses, nats", -19],
    ["log-ratio of chosen responses, nats", 3],
    ["log π of rejected responses, nats", -18],
    ["log-ratio of rejected responses, nats", 1],
  ]);
  assert.ok(Math.abs(lines[1].ours + 1 / 9) < 1e-12);
  const [order, margin] = heldOutOf([{ prompt: "a", policy: [-6, -5], tokens: [3, 2] }], { perToken: true }).lines;
  assert.deepEqual([order.ours, margin.quantity, margin.ours], [1, "margin, nats a token", 0.5]);
});

Deno.test("intervals are over prompts: pairs of one prompt are no more evidence than one of them", () => {
  const many = Array.from({ length: 40 }, (_, i) => apart(i % 3 === 0 ? -1 : 1, i));
  const doubled = many.flatMap((each) => [each, each]);
  const widths = [many, doubled].map((rows) => {
    const [, { lower, upper }] = heldOutOf(rows, { perToken: false }).lines;
    return upper! - lower!;
  });
  assert.ok(Math.abs(widths[0] - widths[1]) < 1e-12);
  const alike = heldOutOf([...many, ...many].map((each) => ({ ...each, policy: [-1, -2] as const })), {
    perToken: false,
  });
  assert.deepEqual([alike.lines[0].lower, alike.lines[0].upper], [null, null]);
});
