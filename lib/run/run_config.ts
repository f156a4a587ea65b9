/**
 * The recorded configuration of a run, `config.json`.
 *
 * @module
 */
import { sha256Hex } from "./sha256.ts";
import type { Plan } from "./plan.ts";
import type { CommonValues } from "./plan.ts";
import { codeChecksum, gitState, versions } from "./provenance.ts";

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
  /** Question id to the arms that run and how many seeds. */
  readonly questions: Readonly<Record<string, { readonly arms: readonly string[]; readonly seeds: number }>>;
  /** Checksum of everything that decides a number. */
  readonly identity: string;
  /** Name of the engine that runs, with its device where numbers depend on it, or "none" when no question uses tensors. */
  readonly backend: string;
  /** Versions of Deno, V8 and the packages, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Commit of the code and whether files differ from it; "unknown" outside a checkout. */
  readonly git: { readonly commit: string; readonly dirty: boolean | "unknown" };
  /** SHA-256 of the code that makes numbers, in hex. */
  readonly code: string;
  /** SHA-256 of every data file that was read. */
  readonly data: Readonly<Record<string, string>>;
  /** One line for each question that was left out for want of data. */
  readonly notices: readonly string[];
  /** ISO time of the first start. */
  readonly started: string;
  /** Seconds of work, over all resumed parts. */
  readonly wallSeconds: number;
  /** Whether all planned rows are on disk. */
  readonly complete: boolean;
}

/**
 * The configuration of a run that is about to start.
 *
 * The identity covers what decides a number and leaves out what does not: where files lie, versions of packages that
 * only draw, and which data happened to be at hand (each data set's rows follow from its pinned checksum).
 *
 * @param name of the experiment
 * @param args what stands behind the task's name
 * @param backend name of the engine that runs with its device where numbers depend on it, or "none"
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * const config = await describeRun("toy", ["--seeds", "2"], plan, "none");
 * assert.equal(config.command, "deno task toy --seeds 2");
 * assert.deepEqual(config.questions.sampling, { arms: ["cpo", "dr-cpo"], seeds: 2 });
 * ```
 */
export async function describeRun(
  name: string,
  args: readonly string[],
  plan: Plan,
  backend: string,
): Promise<RunConfig> {
  const datasets = plan.questions.flatMap(({ question }) => question.dataset ? [question.dataset] : []);
  const code = await codeChecksum(name);
  const packages = versions();
  const only = plan.only ?? "both parts";
  const arms = plan.arms?.toSorted() ?? "all";
  const wanted = plan.wanted?.toSorted() ?? "all";
  const decides = { name, options: sorted(plan.options), only, wanted, arms, backend, code };
  return {
    experiment: name,
    command: ["deno task", name, ...args].join(" "),
    preset: plan.preset,
    only,
    options: plan.options,
    questions: Object.fromEntries(
      plan.questions.map(({ question, arms }) => [question.id, { arms, seeds: question.seeds(plan.options) }]),
    ),
    identity: await sha256Hex(JSON.stringify(decides)),
    backend,
    versions: packages,
    git: await gitState(),
    code,
    data: plan.store.checksums([...new Set(datasets)]),
    notices: plan.notices,
    started: new Date().toISOString(),
    wallSeconds: 0,
    complete: false,
  };
}

function sorted(values: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(values).sort(([a], [b]) => a < b ? -1 : 1);
}
