import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { POOL, syntheticWorld } from "./outcomes.ts";
import { READERS } from "./population.ts";
import { parseWorld, readWorld } from "./world_file.ts";

const EXAMPLE = new URL("../../examples/world.json", import.meta.url).pathname;
const text = Deno.readTextFileSync(EXAMPLE);

/** The example with some fields replaced, by their place; undefined takes one out. */
function changed(fields: Readonly<Record<string, unknown>>): string {
  const world = JSON.parse(text);
  for (const [place, value] of Object.entries(fields)) {
    const keys = place.split("."), last = keys.pop()!;
    const at = keys.reduce((object, key) => object[key], world);
    if (value === undefined) delete at[last];
    else at[last] = value;
  }
  return JSON.stringify(world);
}

const message = (fields: Readonly<Record<string, unknown>>): string => {
  try {
    parseWorld(changed(fields), "w.json");
  } catch (error) {
    assert.equal((error as Error).name, "UserError");
    return (error as Error).message;
  }
  return "read";
};

Deno.test("the example is the world of the experiments", () => {
  const { pool, readers } = readWorld(EXAMPLE);
  const told = Object.fromEntries(Object.entries(pool!).filter(([, value]) => value !== undefined));
  assert.deepEqual({ ...told, linear: { spread: 0.18 }, interactions: { spread: 0.1 } }, POOL);
  assert.deepEqual([pool!.linear.coefficients, pool!.interactions.pairs, pool!.texts], [
    undefined,
    undefined,
    undefined,
  ]);
  const { choice, link, overlap, noise, complexity, record, ...made } = readers!;
  assert.deepEqual([choice, link, overlap, noise, complexity, record], [1, 1, 0.5, 0, 0, 1]);
  assert.deepEqual(made, READERS);
});

Deno.test("a part alone is read, and neither is refused", () => {
  assert.deepEqual(Object.keys(parseWorld(changed({ readers: undefined }), "w.json")), ["pool"]);
  assert.deepEqual(Object.keys(parseWorld(changed({ pool: undefined }), "w.json")), ["readers"]);
  assert.match(message({ pool: undefined, readers: undefined }), /^w.json: has neither pool nor readers/);
});

Deno.test("every wrong field is named with what it may be", () => {
  const texts = '"drawn", or a list of 10 to 5000 texts, each a list of attributes';
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
    [{ "pool.type.shift": "0.5" }, 'pool.type.shift: expected a number from -1000000 to 1000000, got "0.5"'],
    [{ "pool.type.choice": -1 }, "pool.type.choice: expected a number from 0 to 20, got -1"],
    [{ "pool.type.choice": null }, "pool.type.choice: expected a number from 0 to 20, got null"],
    [{ "pool.type.record": 0.4 }, "pool.type.record: expected a number from 0.5 to 1, got 0.4"],
    [{ "pool.log.overlap": undefined }, "pool.log.overlap is missing: a number from 0 to 5"],
    [{ "pool.log": undefined }, "pool.log is missing: an object with overlap, coefficients"],
    [{ "pool.texts": undefined }, `pool.texts is missing: ${texts}`],
    [{ "pool.texts": 200 }, `pool.texts: expected ${texts}, got 200`],
    [{ "pool.texts": [[1]] }, `pool.texts: expected ${texts}, got a list of 1`],
    [{ "pool.type.exposure": [] }, "pool.type.exposure: expected a list of 1 to 50 numbers, got a list of 0"],
    [{ "pool.type.exposure": [1, "2"] }, 'pool.type.exposure[1]: expected a number from -1000000 to 1000000, got "2"'],
    [
      { "pool.type.chioce": 1 },
      "pool.type.chioce is not known, did you mean choice? There are exposure, choice, shift, record",
    ],
    [
      { "pool.outcome.linear.coefficients": [1] },
      "pool.outcome.linear.coefficients: expected 7 numbers, as many as pool.type.exposure has, got 1",
    ],
    [
      { "pool.outcome.interactions.pairs": [[0, 7]] },
      "pool.outcome.interactions.pairs[0]: expected attributes from 0 to 6, got 0,7",
    ],
    [{ "readers.type.link": 2 }, "readers.type.link: expected a number from 0 to 1, got 2"],
    [{ "readers": 3 }, "readers: expected an object with responses, log, type, got 3"],
    [{ "about": "a\nb" }, 'about: expected a text of one line, got "a\\nb"'],
  ];
  for (const [fields, told] of cases) assert.equal(message(fields), `w.json: ${told}`);
  assert.equal(
    message({ "pool.type.choice": -1, "readers.type.link": 2 }),
    "w.json: pool.type.choice: expected a number from 0 to 20, got -1; readers.type.link: expected a number from 0 to 1, got 2",
  );
  assert.throws(() => parseWorld("{", "w.json"), /^UserError: w.json: no JSON \(.*\); docs\/world.md has the form$/);
  assert.throws(
    () => parseWorld("3", "w.json"),
    /^UserError: w.json: expected an object with pool or readers, or both, got 3$/,
  );
});

const TEXTS = Array.from({ length: 12 }, (_, x) => [x % 2, x % 3, x]);
/** A pool whose every number is given. */
const given = (fields: Readonly<Record<string, unknown>> = {}) =>
  parseWorld(
    changed({
      "pool.texts": TEXTS,
      "pool.type.exposure": [0, 0, 1],
      "pool.outcome.linear.coefficients": [1, 0, 0],
      "pool.outcome.interactions.pairs": [[1, 2]],
      "pool.log.coefficients": [0, 1, 0],
      ...fields,
    }),
    "w.json",
  ).pool!;

Deno.test("a pool of which every number is given is the same whatever the seed, and as computed by hand", () => {
  const made = given(), strength = { texts: 12, confounding: 1, overlap: made.overlap, made };
  const [one, other] = [1, 2].map((seed) => syntheticWorld(strength, Rng.seed(seed)));
  assert.deepEqual(one.outcome, other.outcome);
  assert.deepEqual(one.logAssignment, other.logAssignment);
  const scaled = (values: readonly number[]) => {
    const mean = values.reduce((a, b) => a + b) / 12, centred = values.map((v) => v - mean);
    return centred.map((v) => v / Math.sqrt(centred.reduce((sum, c) => sum + c * c, 0) / 12));
  };
  const linear = scaled(TEXTS.map(([a]) => a)), product = scaled(TEXTS.map(([, b, c]) => b * c));
  const weights = scaled(TEXTS.map(([, b]) => b)).map((b) => Math.exp(0.5 * b));
  const total = weights.reduce((a, b) => a + b), read = scaled(TEXTS.map(([, , c]) => c));
  for (let x = 0; x < 12; x++) {
    assert.ok(Math.abs(one.outcome[x] - (0.5 + 0.18 * linear[x] + 0.1 * product[x])) < 1e-14);
    assert.ok(Math.abs(one.logAssignment[x] - Math.log(weights[x] / total)) < 1e-14);
    assert.ok(Math.abs(one.exposure[x] - read[x]) < 1e-14);
  }
  assert.deepEqual([one.choice, one.shift, one.spread], [1, 0.5, Math.hypot(0.5, 0.2)]);
});

Deno.test("choice and shift are knobs of their own: either alone confounds nothing", () => {
  const bias = (fields: Readonly<Record<string, unknown>>) => {
    const made = given(fields);
    const world = syntheticWorld({ texts: 12, confounding: 1, overlap: made.overlap, made }, Rng.seed(1));
    return Math.max(...world.expectedType.map((type) => Math.abs(world.shift * type)));
  };
  assert.equal(bias({ "pool.type.choice": 0 }), 0);
  assert.equal(bias({ "pool.type.shift": 0 }), 0);
  assert.ok(bias({}) > 0.1);
});

Deno.test("as many texts as are listed, or none", () => {
  const made = given();
  assert.throws(() => syntheticWorld({ texts: 11, confounding: 0, overlap: 0, made }, Rng.seed(1)), {
    name: "RangeError",
    message: "texts must be 12, as many as are described, got 11",
  });
});
