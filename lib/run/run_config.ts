/**
 * The recorded configuration of a run, `config.json`.
 *
 * @module
 */
import { shellWord } from "../shell.ts";
import { sha256Hex } from "./sha256.ts";
import type { Plan } from "./plan.ts";
import type { CommonValues } from "./plan.ts";
import { type Basis, basisOf } from "./basis.ts";
import { factsOf, type WriterFacts } from "./chosen_writer.ts";
import { gitState, versions } from "./provenance.ts";
import type { Failure } from "./execute.ts";

/** Everything that is recorded about a run. */
export interface RunConfig {
  /** Name of the experiment. */
  readonly experiment: string;
  /** The command line that started the run. */
  readonly command: string;
  /** Size of the run: smoke, quick or paper. */
  readonly preset: string;
  /** "synthetic", "benchmark" or "both parts". */
  readonly only: string;
  /** Values of the experiment's options. */
  readonly options: Readonly<Record<string, unknown>> & CommonValues;
  /** Question id to the arms that run, how many seeds, and what its numbers rest on. */
  readonly questions: Readonly<Record<string, PlannedRows>>;
  /** Checksum of everything that decides a number. */
  readonly identity: string;
  /** Name of the engine that runs, with its device where numbers depend on it, or "none" when no question uses tensors. */
  readonly backend: string;
  /** What the engine runs on, by name: library, version, core type, threads; empty where it needs nothing. */
  readonly engine: Readonly<Record<string, string>>;
  /** Versions of Deno, V8 and the packages, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Commit of the code and whether files differ from it; "unknown" outside a checkout. */
  readonly git: { readonly commit: string; readonly dirty: boolean | "unknown" };
  /** The checkpoint that writes in questions on a language model, where one was chosen. */
  readonly model?: WriterFacts;
  /** SHA-256 of every data file that was read. */
  readonly data: Readonly<Record<string, string>>;
  /** One line for each question that was left out for want of data. */
  readonly notices: readonly string[];
  /** ISO time of the first start. */
  readonly started: string;
  /** Seconds that this run took, over all its parts, a killed one too; rows of earlier runs are not in it. */
  readonly wallSeconds: number;
  /** Seconds that all its units took to compute, whichever run computed them, added up over threads. */
  readonly unitSeconds: number;
  /** Units of the plan, and how many of them an earlier run had computed. */
  readonly units: { readonly planned: number; readonly reused: number };
  /** Units that could not be computed, with one line each. */
  readonly failures: readonly Failure[];
  /** Whether all planned rows are on disk. */
  readonly complete: boolean;
}

/** Which rows of a question a run has. */
interface PlannedRows {
  /** Ids of the arms that run. */
  readonly arms: readonly string[];
  /** Number of replicates. */
  readonly seeds: number;
  /** What decides its numbers beside arms, conditions, seeds and options. */
  readonly basis: Basis;
}

/**
 * The configuration of a run that is about to start.
 *
 * The identity covers what decides which rows there are and what they hold; it leaves out what does not: where files
 * lie, how many threads share the work, versions of packages that only draw.
 *
 * @param module URL of the experiment's script
 * @param args what stands behind the task's name
 * @param backend name of the engine that runs with its device where numbers depend on it, or "none"
 * @param engine what the engine runs on
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * const config = await describeRun(toy, import.meta.resolve("./testdata/toy.ts"), ["--seeds", "2"], plan, "none");
 * assert.equal(config.command, "deno task toy --seeds 2");
 * assert.deepEqual(config.questions.sampling.arms, ["cpo", "dr-cpo"]);
 * ```
 */
export async function describeRun(
  { name, task = name }: { readonly name: string; readonly task?: string },
  module: string,
  args: readonly string[],
  plan: Plan,
  backend: string,
  engine: Readonly<Record<string, string>> = {},
): Promise<RunConfig> {
  const datasets = plan.questions.flatMap(({ question }) => question.dataset ? [question.dataset] : []);
  const model = plan.writer && factsOf(plan.writer), questions: Record<string, PlannedRows> = {};
  for (const { question, arms } of plan.questions) {
    const basis = await basisOf(question, module, plan.store, backend, model);
    questions[question.id] = { arms, seeds: question.seeds(plan.options), basis };
  }
  const decides = { name, options: sorted(plan.options), questions };
  return {
    experiment: name,
    // What opens the page makes none of its numbers.
    command: ["deno task", task, ...args.filter((arg) => arg !== "--open").map(shellWord)].join(" "),
    preset: plan.preset,
    only: plan.only ?? "both parts",
    options: plan.options,
    questions,
    identity: await sha256Hex(JSON.stringify(decides)),
    backend,
    engine,
    versions: versions(),
    git: await gitState(),
    ...model && { model },
    data: plan.store.checksums([...new Set(datasets)]),
    notices: plan.notices,
    started: new Date().toISOString(),
    wallSeconds: 0,
    unitSeconds: 0,
    units: { planned: 0, reused: 0 },
    failures: [],
    complete: false,
  };
}

function sorted(values: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(values).sort(([a], [b]) => a < b ? -1 : 1);
}
