/**
 * `deno task bench`: how fast the engines are, beside PyTorch where there is one.
 *
 * @module
 */
import { cpus } from "node:os";
import { exitWith } from "../lib/run/exit.ts";
import { parseFlags } from "../lib/run/options.ts";
import { gitState } from "../lib/run/provenance.ts";
import { drawSite } from "../lib/run/site.ts";
import { openBlas } from "../lib/tensor/kernels/blas.ts";
import { backendList, startBackend } from "../lib/tensor/backend.ts";
import { UserError } from "../lib/user_error.ts";
import { experimentRows } from "./experiments.ts";
import { languageRows } from "./language.ts";
import { memoryRows, productRows } from "./kernels.ts";
import { logLinearRows } from "./log_linear.ts";
import { writeBench } from "./page.ts";
import { openPeers, pythonOf } from "./peers/peer.ts";
import { compileSgemm } from "./peers/sgemm.ts";
import { resamplingRows } from "./resampling.ts";
import type { BenchRow } from "./rows.ts";
import { valueRows } from "./values.ts";
import { replicateRows, scalingRows, type Stage, stepRows } from "./training.ts";
import { say } from "../lib/run/tell.ts";

const FOLDER = "reports/bench";
const GROUPS = [
  "kernels",
  "steps",
  "replicates",
  "scaling",
  "log-linear",
  "resampling",
  "experiments",
  "language",
  "values",
];
const HELP =
  `Measures the engines and writes reports/bench (a page, CSV and Markdown): kernels against the BLAS from C and a copy,
training steps and replicates against PyTorch on the same work, growth with each size, log-linear laws against JAX and numpy,
bootstraps and cross-fitting against OBP, scipy, DoubleML and numpy, whole experiments, a language model against PyTorch
with transformers, values of a log against OBP. Takes some minutes; what is compared takes turns, so that ratios hold on a busy machine.

Usage: deno task bench [flags]

Flags
  --only LIST     some of ${GROUPS.join(",")} (default all)
  --threads INT   threads of one operation, in the BLAS and in PyTorch (default: one a core)
  --rounds INT    turns that medians are taken over (default 7); 1 shows that all of it runs: nothing is warmed up, and the
                  language model has two layers
  --help          this text

Peers are looked for in the Python of PREFLAB_PYTHON, else in python3: PyTorch as pip installs it, the same tuned and
compiled (which needs a C++ compiler and takes a minute or so for each transformer), and JAX for tables and perceptrons.
What is missing is said to be not found; without any the ratios are left out. With one thread, steps and replicates are
measured in processor time.`;

await exitWith(async () => {
  const { values, switches } = parseFlags(Deno.args, ["only", "threads", "rounds"], ["help"]);
  if (switches.has("help")) return say(HELP);
  const groups = values.only?.split(",") ?? GROUPS;
  const unknown = groups.find((group) => !GROUPS.includes(group));
  if (unknown !== undefined) throw new UserError(`--only ${unknown}: choose from ${GROUPS.join(", ")}`);
  const whole = (name: string, fallback: number) => {
    const value = Number(values[name] ?? fallback);
    if (Number.isSafeInteger(value) && value >= 1) return value;
    throw new UserError(`--${name} ${values[name]}: expected a whole number >= 1`);
  };
  const threads = whole("threads", navigator.hardwareConcurrency), rounds = whole("rounds", 7);
  const engines: string[] = [], notes: string[] = [];
  for (const name of ["native", "wasm"]) {
    try {
      engines.push(await startBackend(name));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      notes.push(error.message);
    }
  }
  if (engines.length === 0) throw new UserError(`no engine to measure: ${notes.join("; ")}`);
  const peers = await openPeers(threads, notes);
  const stage: Stage = { engines, threads, rounds, peers, notes };
  const measures: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
    kernels: async () => {
      const compiled = await compileSgemm(`${FOLDER}/sgemm`);
      if (typeof compiled === "string") notes.push(compiled);
      const products = await productRows(engines, threads, rounds, typeof compiled === "string" ? undefined : compiled);
      return [...products, ...await memoryRows(engines, rounds)];
    },
    steps: () => stepRows(stage),
    replicates: () => replicateRows(stage),
    scaling: () => scalingRows(stage),
    "log-linear": () => logLinearRows({ rounds, python: pythonOf(), notes }),
    resampling: () => resamplingRows({ rounds, python: pythonOf(), notes }),
    experiments: () => experimentRows(engines, rounds),
    language: () => languageRows(engines.slice(0, 1), { threads, rounds, python: pythonOf(), notes }),
    values: () => valueRows({ folder: FOLDER, rounds, python: pythonOf(), notes }),
  };
  const rows: BenchRow[] = [];
  const { commit, dirty } = await gitState();
  const machine: [string, string][] = [
    ["processor", `${cpus()[0]?.model.trim() ?? "unknown"}, ${navigator.hardwareConcurrency} cores`],
    ["threads of an operation", String(threads)],
    [
      "engines",
      backendList.filter(({ name }) => engines.includes(name)).map(({ name, about }) => `${name}: ${about}`).join("; "),
    ],
    ["BLAS", blasOf(engines)],
    ["peers of steps", Object.values(peers).map(({ about }) => about).join("; ") || "none"],
    ["Deno", `${Deno.version.deno}, V8 ${Deno.version.v8}`],
    ["command", ["deno task bench", ...Deno.args].join(" ")],
    ["commit", `${commit}${dirty ? ", changed since" : ""}`],
  ];
  try {
    await Deno.mkdir(FOLDER, { recursive: true });
    for (const group of groups) {
      console.error(`bench: ${group}`);
      rows.push(...await measures[group]());
      await writeBench(FOLDER, rows, machine, notes); // after each group: a run that is stopped keeps them
    }
  } finally {
    await Promise.all(Object.values(peers).map(({ stop }) => stop()));
  }
  await drawSite("reports"); // its pages link to this one from now on
  for (const note of notes) console.error(note);
  for (const { group, work, by, ms, ratio, against } of rows) {
    const told = ms === null ? "not found".padStart(11) : `${ms.toPrecision(3).padStart(8)} ms`;
    const beside = ratio === null ? "" : `  ${ratio.toFixed(2)}x ${against}`;
    say(`${group.padEnd(38)} ${work.padEnd(58)} ${by.padEnd(14)} ${told}${beside}`);
  }
  say(`${FOLDER}/index.html`);
});

/** The library of `native` and whose kernels it takes: with those of another processor, products take another time. */
function blasOf(engines: readonly string[]): string {
  if (!engines.includes("native")) return "none";
  const { version, core } = openBlas(1);
  return `${version}, kernels for ${core ?? "an unknown processor"}`;
}
