import assert from "node:assert/strict";
import { startBackend, tf } from "../tensor/backend.ts";
import * as library from "./mod.ts";
import { families, losses, lossNamed } from "./mod.ts";

/** Exported functions that are no losses but what losses are made of or fed with. */
const tools = new Set([
  ...["checkScale", "checkSmoothing", "logRatios", "logistic", "logisticLoss", "perToken", "powerDifference"],
  ...["scoreDifference", "transformedMargin", "splitMasks", "wpoWeights", "lossNamed"],
  ...["davidsonOutcome", "raoKupperOutcome", "powerOf", "withFiniteScores", "withFiniteTransform"],
  ...[
    "updateShift",
    "ktoReferencePoint",
    "mismatchedRows",
    "follower",
    "meanLoss",
    "tangents",
    "solvePieces",
    "printedWeights",
    "groupedFollower",
    "groupingGap",
    "mutualInformation",
  ],
  ...[
    "checkLaws",
    "exactKl",
    "exactJensenShannon",
    "exactAlpha",
    "k1",
    "k2",
    "k3",
    "tokenJaccard",
    "levenshtein",
    "tokenEdits",
    "lossTitle",
  ],
]);

Deno.test("the table holds every exported loss once, family by family, with all its columns filled", () => {
  const exported = Object.entries(library).filter(([name, value]) => typeof value === "function" && !tools.has(name));
  const listed = new Set(losses.map((entry) => entry.loss as unknown));
  assert.deepEqual(exported.filter(([, loss]) => !listed.has(loss)).map(([name]) => name), []);
  assert.equal(listed.size, losses.length);
  assert.equal(exported.length, losses.length);
  assert.equal(new Set(losses.map((entry) => entry.name)).size, losses.length);
  const order = losses.map((entry) => families.indexOf(entry.family));
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
  for (const entry of losses) {
    assert.match(entry.name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    for (const column of ["title", "tex", "source", "reduction", "pinned"] as const) {
      assert.ok(entry[column], `${entry.name}: ${column}`);
    }
    assert.ok(entry.inputs.length > 0, entry.name);
    assert.equal(entry.curve === undefined, entry.curveAt === undefined, entry.name);
    for (const option of Object.values(entry.options)) assert.ok(option.range && option.text, entry.name);
  }
});

Deno.test("every formula of the table is TeX", async () => {
  const { default: katex } = await import("katex");
  for (const { tex } of losses) assert.match(katex.renderToString(tex, { throwOnError: true }), /<math/);
});

Deno.test("every curve is finite with its slope, one number a margin", async () => {
  await startBackend("cpu");
  for (const { name, curve } of losses) {
    if (!curve) continue;
    const margin = tf.linspace(-6, 6, 25);
    const value = curve(margin);
    assert.deepEqual(value.shape, [25], name);
    const slope = tf.grad((x) => tf.sum(curve(x as typeof margin)))(margin);
    for (const numbers of [value, slope]) assert.ok(numbers.dataSync().every(Number.isFinite), name);
    assert.ok(slope.dataSync().some((v) => v !== 0), `${name}: pulls`);
  }
});

Deno.test("losses are found by name; a slip is guessed and the known names are listed", () => {
  for (const entry of losses) assert.equal(lossNamed(entry.name), entry);
  const known = losses.map((entry) => entry.name).join(", ");
  const guesses: [string, string][] = [
    ["ipo", "ipo-sum or ipo-mean"],
    ["cpo", "causal-cpo or dr-cpo"],
    ["apo_zero", "apo-zero"],
    ["dop", "dpo"],
    ["Robust DPO", "robust-dpo"],
    ["discopo", "discopop"],
  ];
  for (const [name, meant] of guesses) {
    assert.throws(() => lossNamed(name), {
      name: "RangeError",
      message: `unknown loss "${name}", did you mean ${meant}? Known are ${known}`,
    });
  }
  for (const name of ["", "x", "listmle", "cross-entropy"]) {
    assert.throws(() => lossNamed(name), {
      name: "RangeError",
      message: `unknown loss "${name}": known are ${known}`,
    });
  }
});
