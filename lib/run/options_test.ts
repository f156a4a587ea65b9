import assert from "node:assert/strict";
import fc from "fast-check";
import { failure } from "../datasets/data_test_helpers.ts";
import { flagName, int, number, numbers, parseFlags, resolveOptions } from "./options.ts";
import { options } from "./demo_test_helpers.ts";

const valued = ["seed", "seeds", "out", "learning-rate"], switches = ["fresh", "help"];
const parse = (...args: string[]) => parseFlags(args, valued, switches);
const parseFailure = (...args: string[]) => failure(Promise.resolve().then(() => parse(...args)));
const failureOf = (run: () => unknown) => failure(Promise.resolve().then(run));

Deno.test("parseFlags splits values from switches, in both spellings", () => {
  const { values, switches } = parse("--seed", "3", "--out=a b", "--fresh");
  assert.deepEqual({ ...values }, { seed: "3", out: "a b" });
  assert.deepEqual([...switches], ["fresh"]);
  assert.equal(parse("--seed", "-3").values.seed, "-3");
  assert.equal(parse("--out=").values.out, "");
});

Deno.test("parseFlags: every mistake has its own message", async () => {
  const cases: [string[], string][] = [
    [["--sed", "3"], "unknown flag --sed, did you mean --seed? See --help"],
    [["--learningrate", "3"], "unknown flag --learningrate, did you mean --learning-rate? See --help"],
    [["--temperature", "3"], "unknown flag --temperature? See --help"],
    [["-x"], "unknown flag --x? See --help"],
    [["--no-fresh"], "unknown flag --no-fresh? See --help"],
    [["--seed", "1", "--seed", "2"], "--seed is given twice"],
    [["--fresh", "--fresh"], "--fresh is given twice"],
    [["--seed"], "--seed needs a value"],
    [["--out", "--fresh"], "--out needs a value"],
    [["--fresh=yes"], '--fresh takes no value, got "yes"'],
    [["quick"], 'unexpected argument "quick": flags start with --, see --help'],
    [["--fresh", "yes"], 'unexpected argument "yes": flags start with --, see --help'],
    [["--", "quick"], 'unexpected argument "quick": flags start with --, see --help'],
  ];
  for (const [args, message] of cases) assert.equal(await parseFailure(...args), message, args.join(" "));
});

Deno.test("parseFlags: any list of words is parsed or refused in one line", async () => {
  const word = fc.oneof(
    fc.constantFrom("--seed", "--seed=1", "--fresh", "--help", "--", "-", "-s", "--__proto__", "--constructor=1"),
    fc.string(),
  );
  await fc.assert(fc.asyncProperty(fc.array(word, { maxLength: 5 }), async (words) => {
    const refused = await Promise.resolve().then(() => parse(...words)).then(() => false, () => true);
    if (refused) await parseFailure(...words);
  }));
});

Deno.test("flagName is kebab case", () => {
  assert.equal(flagName("learningRateDecay"), "learning-rate-decay");
});

Deno.test("options parse what they say and refuse the rest, with the bounds", async () => {
  const wide = { min: -1e6, max: 1e6 }, three = { min: 0, max: 9, least: 2, most: 3 };
  assert.equal(int(1, "", wide).parse("1e3"), 1000);
  assert.equal(number(1, "", wide).parse("-0.5"), -0.5);
  assert.deepEqual(numbers([1], "", wide).parse("0, 0.5,1"), [0, 0.5, 1]);
  const cases: [() => unknown, string][] = [
    [() => int(1, "", { min: 1, max: 9 }).parse("0"), 'expected an integer from 1 to 9, got "0"'],
    [() => int(1, "", { min: 1, max: 9 }).parse("1.5"), 'expected an integer from 1 to 9, got "1.5"'],
    [() => int(1, "", { min: 1, max: 9 }).parse("1e300"), 'expected an integer from 1 to 9, got "1e300"'],
    [() => number(1, "", wide).parse(""), 'expected a number from -1000000 to 1000000, got ""'],
    [() => number(1, "", wide).parse(" "), 'expected a number from -1000000 to 1000000, got " "'],
    [() => number(1, "", wide).parse("NaN"), 'expected a number from -1000000 to 1000000, got "NaN"'],
    [() => number(1, "", wide).parse("Infinity"), 'expected a number from -1000000 to 1000000, got "Infinity"'],
    [() => number(1, "", wide).parse("abc"), 'expected a number from -1000000 to 1000000, got "abc"'],
    [() => numbers([1], "", { min: 0, max: 9 }).parse("1,,2"), 'expected a number from 0 to 9, got ""'],
    [
      () => numbers([1], "", { ...wide, integer: true }).parse("1,0.5"),
      'expected an integer from -1000000 to 1000000, got "0.5"',
    ],
    [() => numbers([1], "", wide).parse("1,2,1.0"), 'expected different numbers, got "1,2,1.0"'],
    [() => numbers([1], "", wide).parse("0,-0"), 'expected different numbers, got "0,-0"'],
    [() => numbers([1, 2], "", three).parse("1"), 'expected 2 to 3 numbers, got 1: "1"'],
    [() => numbers([1, 2], "", three).parse("1,2,3,4"), 'expected 2 to 3 numbers, got 4: "1,2,3,4"'],
  ];
  for (const [run, message] of cases) assert.equal(await failureOf(run), message);
});

Deno.test("an option whose ends or defaults cannot be is a mistake in the program", () => {
  assert.throws(() => int(1, "texts", { min: 1, max: Infinity }), TypeError);
  assert.throws(() => number(1, "texts", { min: 2, max: 1 }), TypeError);
  assert.throws(() => int(0, "texts", { min: 1, max: 9 }), {
    name: "TypeError",
    message: 'texts, preset smoke: expected an integer from 1 to 9, got "0"',
  });
  assert.throws(() => int(1, "texts", { min: 1, max: 9, presets: { paper: 10 } }), /texts, preset paper/);
  assert.throws(() => numbers([1], "sizes", { min: 1, max: 9, least: 2 }), /sizes, preset smoke: expected 2 to 20/);
});

Deno.test("two flags of one name are a mistake in the program, whatever the arguments", () => {
  const clash = { name: "TypeError", message: "two flags are called --fresh: rename the option" };
  assert.throws(() => parseFlags([], ["fresh", "seed"], ["fresh"]), clash);
  assert.throws(() => parseFlags([], ["fresh", "fresh"], []), clash);
});

Deno.test("resolveOptions: presets, flags over presets, keys as they were declared", () => {
  const quick = resolveOptions(options, parseFlags([], [], []), "quick", undefined);
  assert.deepEqual(quick, { seeds: 20, seed: 1, texts: 200, strengths: [0, 1], bootstraps: 100 });
  const flags = parseFlags(["--seeds", "5", "--strengths", "2"], ["seeds", "strengths"], []);
  assert.deepEqual(
    resolveOptions(options, flags, "smoke", "synthetic"),
    { seeds: 5, seed: 1, texts: 20, strengths: [2], bootstraps: 100 },
  );
});

Deno.test("resolveOptions: a bad value names its flag, a flag without effect says why", async () => {
  const resolve = (args: string[], only?: "synthetic" | "benchmark") =>
    failureOf(() => resolveOptions(options, parseFlags(args, Object.keys(options), []), "quick", only));
  assert.equal(await resolve(["--texts", "0"]), '--texts: expected an integer from 1 to 1000, got "0"');
  assert.equal(await resolve(["--strengths", "-1"]), '--strengths: expected a number from 0 to 9, got "-1"');
  assert.equal(
    await resolve(["--texts", "5"], "benchmark"),
    "--texts has no effect with --only benchmark: it belongs to the synthetic part",
  );
  assert.equal(
    await resolve(["--bootstraps", "5"], "synthetic"),
    "--bootstraps has no effect with --only synthetic: it belongs to the benchmark part",
  );
});
