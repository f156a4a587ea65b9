/**
 * Hundreds of command lines of every task, most of them in process: a report, or one line that says what is wrong.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Experiment } from "../lib/run/experiment.ts";
import { flagName, type OptionSpecs } from "../lib/run/options.ts";
import { backendNames, startBackend } from "../lib/tensor/backend.ts";
import { runIn } from "../lib/run/process_test_helpers.ts";
import { inFolder } from "../lib/run/demo_test_helpers.ts";
import { Rng } from "../lib/random.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments } from "./all.ts";
import { runAndDraw, withoutGaps } from "./drawn_test_helpers.ts";
import { small } from "./small_runs_test_helpers.ts";

/** Command lines that run in process. */
const CASES = 300;

/** What no option takes. */
const WRONG = [
  "",
  " ",
  "abc",
  "NaN",
  "Infinity",
  "1e300",
  "-1e300",
  "1,,2",
  ",",
  "0x",
  "1;2",
  "--",
  "٣",
  "a\nb",
  "1e-400x",
];

const pick = <T>(rng: Rng, from: readonly T[]): T => from[rng.integer(from.length)];
const chance = (rng: Rng, p: number): boolean => rng.uniform() < p;

/** A value of an option: an end, one between them, a list of few or many, or what it does not take. */
function valueOf(rng: Rng, specs: OptionSpecs, key: string, cap: number, sound: boolean): string {
  const { min, max, integer, list } = specs[key].bounds!, top = Math.min(max, cap);
  const within = () => {
    if (chance(rng, 0.2)) return min;
    if (chance(rng, 0.2)) return top;
    // Sizes are spread over their orders of magnitude, so that small ones are tried as well.
    const spread = min > 0 ? min * (top / min) ** rng.uniform() : min + (top - min) * rng.uniform();
    return integer ? Math.min(top, Math.max(min, Math.round(spread))) : spread;
  };
  if (!sound && chance(rng, 0.2)) return pick(rng, WRONG);
  if (!sound && chance(rng, 0.1)) return `${chance(rng, 0.5) ? max + 1 : min - 1}`;
  if (!list) return `${within()}`;
  const count = pick(rng, [1, 1, 2, 2, 3, 4]), drawn = Array.from({ length: count }, within);
  const values = sound ? [...new Set(drawn)] : drawn;
  return values.join(chance(rng, 0.1) ? ", " : ",");
}

/** Some names of a list, now and then with one that is unknown, empty or there twice. */
function namesOf(rng: Rng, known: readonly string[], most: number, sound: boolean): string {
  const names = rng.permutation(known.length).slice(0, 1 + rng.integer(most)).reduce<string[]>(
    (all, i) => [...all, known[i]],
    [],
  );
  if (!sound && chance(rng, 0.1)) names.push(pick(rng, ["", "nobody", names[0], `${names[0]}s`, " "]));
  return names.join();
}

/** Harness flags that may fit nothing. */
function spoil(rng: Rng, given: Map<string, string>, questions: readonly string[]): void {
  if (chance(rng, 0.08)) given.set("questions", namesOf(rng, questions, 2, false));
  if (chance(rng, 0.08)) given.delete("arms");
  if (chance(rng, 0.05)) given.set("preset", pick(rng, ["", "tiny", "SMOKE", "smoke "]));
  if (chance(rng, 0.1)) given.set("only", pick(rng, ["synthetic", "synthetic", "benchmark", "both", ""]));
  if (chance(rng, 0.08)) given.set("workers", pick(rng, ["1", "2", "0", "257", "1.5", "two", ""]));
  if (chance(rng, 0.08)) given.set("backend", pick(rng, [...backendNames, "auto", "gpu", ""]));
  if (chance(rng, 0.05)) given.set("datasets", pick(rng, ["", "nobody", "polarity,polarity"]));
  if (chance(rng, 0.05)) given.set("out", pick(rng, ["", "reports/x/", "/", "a b"]));
}

/** A random command line of an experiment, small enough to be run. */
function argumentsOf(rng: Rng, name: string, experiment: Experiment): string[] {
  const { flags, capped = {} } = small[name].synthetic!;
  const given = new Map<string, string>([["preset", "smoke"], ["seeds", "2"]]);
  for (const [key, value] of Object.entries(flags)) given.set(flagName(key), value);
  const sound = chance(rng, 0.6);
  const synthetic = experiment.questions.filter(({ part }) => part === "synthetic");
  const question = pick(rng, synthetic);
  given.set("questions", question.id);
  given.set("arms", namesOf(rng, question.arms, 3, sound));
  const specs: OptionSpecs = experiment.options;
  const keys = Object.keys(specs).filter((key) => specs[key].part !== "benchmark" || (!sound && chance(rng, 0.1)));
  for (let changes = rng.integer(4); changes >= 0; changes--) {
    const key = pick(rng, keys);
    given.set(flagName(key), valueOf(rng, specs, key, key === "seeds" ? 4 : capped[key] ?? Infinity, sound));
  }
  if (!sound) spoil(rng, given, synthetic.map(({ id }) => id));
  const order = rng.permutation(given.size), pairs = [...given];
  const args = Array.from(order, (i) => pairs[i]).flatMap(([flag, value]) =>
    chance(rng, 0.3) ? [`--${flag}=${value}`] : [`--${flag}`, value]
  );
  if (!sound && chance(rng, 0.15)) {
    const at = rng.integer(args.length + 1);
    args.splice(
      at,
      0,
      pick(rng, [
        "--sede",
        "--fresh=1",
        "--fresh",
        "word",
        "--",
        "-x",
        "--seed",
        "--no-fresh",
        "--help=1",
        "=",
        "--=3",
      ]),
    );
  }
  return args;
}

/** A command line as a shell takes it. */
const command = (task: string, args: readonly string[]): string =>
  ["deno task", task, ...args.map((arg) => /^[\w.,=/-]+$/.test(arg) ? arg : `'${arg}'`)].join(" ");

/** The line that a user reads of an error. @throws the error when it is none of theirs, or not one line */
function lineOf(error: unknown): string {
  if (!(error instanceof UserError)) throw error;
  const line = error.message.replaceAll(/\s+/g, " "); // as exitWith prints it: an argument may hold a line end
  assert.ok(line.length > 10 && line.length < 1000, line);
  assert.doesNotMatch(line, /undefined|\[object| {4}at /);
  return line;
}

for (const name of Object.keys(experiments)) {
  Deno.test(`${name}: any command line ends in a report or in one line`, async () => {
    await startBackend("wasm");
    const { default: experiment } = await experiments[name]();
    const rng = Rng.seed(20).fork(name), failures: string[] = [];
    let drawn = 0, refused = 0;
    for (let i = 0; i < CASES / Object.keys(experiments).length; i++) {
      const args = argumentsOf(rng.fork(i), name, experiment);
      try {
        withoutGaps(await runAndDraw(experiment, args));
        drawn++;
      } catch (error) {
        try {
          lineOf(error);
          refused++;
        } catch (fault) {
          failures.push(`${command(name, args)}\n${(fault as Error).stack?.split("\n").slice(0, 6).join("\n")}`);
        }
      }
    }
    assert.equal(failures.length, 0, failures.join("\n\n"));
    assert.ok(drawn > refused / 3 && refused > drawn / 10, `${drawn} drawn, ${refused} refused: one is hardly tried`);
  });
}

/** Other tasks, with flags they may or may not know; none of them changes anything outside its folder. */
const OTHERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "tasks/report.ts": [[], ["nobody"], ["cpo"], ["cpo", "cpo"], ["--help"], [""], ["toString"], ["--preset", "x"]],
  "tasks/figures.ts": [[], ["cpo"], ["cpo", "--venue", "nowhere"], ["--help"], ["cpo", "--width="], [
    "__proto__",
  ]],
  "tasks/samples.ts": [["nobody"], ["cpo"], ["--help"], [""], []],
  "tasks/losses.ts": [["x"], ["--help"], ["--"], []],
  "tasks/sweep.ts": [
    [],
    ["x"],
    ["--help"],
    ["cpo", "--help"],
    ["cpo", "--grid"],
    ["cpo", "--grid", ""],
    [
      ...["cpo", "--grid", "n=1=2"],
    ],
    ["cpo", "--grid", "n=,"],
    ["cpo", "--grid", "__proto__=1"],
    ["cpo", "cpo"],
    ["cpo", "--draw"],
    ["--file", "x"],
    [
      ...["cpo", "--cell", "n=3"],
    ],
  ],
  "lib/run/data.ts": [["--list", "nobody"], ["--list=1"], ["--help"], ["--list"], ["--mirror"]],
  "lib/run/doctor.ts": [["x"], ["--help"], ["--help", "--help"]],
  "tasks/reproduce.ts": [["--preset", "x"], ["--workers", "0", "--offline"], ["--help"], ["x"], ["--seeds", "3"]],
};

Deno.test("as processes: exit code 0 with output, or 2 with one line on stderr", async () => {
  const rng = Rng.seed(21), chosen: (readonly [script: string, args: readonly string[]])[] = [];
  for (const [script, all] of Object.entries(OTHERS)) chosen.push(...all.map((args) => [script, args] as const));
  for (const [i, name] of [...Object.keys(experiments), ...Object.keys(experiments)].entries()) {
    const { default: experiment } = await experiments[name]();
    chosen.push([`experiments/${name}.ts`, argumentsOf(rng.fork(i), name, experiment)]);
  }
  const failures: string[] = [];
  await inFolder(async (folder) => {
    for (const [script, args] of chosen) {
      const { code, stdout, stderr } = await runIn(folder, script, args);
      const told = stderr.split("\n").filter((line) => !/^skipped: |^\S+ +\d+\/\d+|^$/.test(line));
      const fits = code === 0 ? stdout.length > 0 : code === 2 && told.at(-1)?.startsWith("error: ");
      const stack = /\n {4}at /.test(stderr);
      if (!fits || stack) failures.push(`${script} ${command("", args)}: ${code}\n${stdout.slice(0, 300)}\n${stderr}`);
    }
  });
  assert.equal(failures.length, 0, failures.join("\n\n"));
});
