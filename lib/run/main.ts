/**
 * The command line of an experiment.
 *
 * @module
 */
import { startBackend } from "../tensor/backend.ts";
import { UserError } from "../user_error.ts";
import { createRunner, execute, unitsOf } from "./execute.ts";
import { atomicWrite, checkWritable } from "./files.ts";
import type { Experiment } from "./experiment.ts";
import { experimentFlags, helpText, type Plan, planRun } from "./plan.ts";
import { createProgress, duration } from "./progress.ts";
import { openResults, resultPaths } from "./results_file.ts";
import { conditionColumns, csvHeader } from "./rows.ts";
import { describeRun, type RunConfig } from "./run_config.ts";
import { type Engine, probeBackend, startEngine, startWorkers } from "./workers.ts";

/**
 * Runs a program and turns its outcome into an exit code: 2 and one line for a user's mistake, 1 and the stack for
 * ours.
 *
 * @example As a script this ends with code 2 and "error: no such folder"
 * ```ts
 * import { UserError } from "../user_error.ts";
 * if (import.meta.main) await exitWith(() => Promise.reject(new UserError("no such folder")));
 * ```
 */
export async function exitWith(program: () => Promise<void>): Promise<never> {
  try {
    await program();
  } catch (error) {
    if (error instanceof UserError) {
      console.error(`error: ${error.message.replaceAll(/\s+/g, " ")}`); // an argument may hold a line end
      Deno.exit(2);
    }
    console.error(error);
    Deno.exit(1);
  }
  Deno.exit(0);
}

/**
 * Runs an experiment from the command line and ends the process.
 *
 * @param module `import.meta.url` of the experiment's script, whose default export is the experiment
 * @example The last line of an experiment's script
 * ```ts
 * import toy from "./testdata/toy.ts";
 * if (import.meta.main) await main(toy, import.meta.url);
 * ```
 */
export async function main(experiment: Experiment, module: string): Promise<never> {
  return await exitWith(() => runExperiment(experiment, module, Deno.args));
}

/**
 * Parses flags, runs what is missing, and draws the report.
 *
 * @param module URL of the experiment's script, whose default export is the experiment
 * @param args what stands behind the task's name
 * @throws UserError for anything the user can mend
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const module = import.meta.resolve("./testdata/toy.ts");
 * await assert.rejects(runExperiment(toy, module, ["--sede", "3"]), /unknown flag --sede, did you mean --seed/);
 * ```
 */
export async function runExperiment(experiment: Experiment, module: string, args: readonly string[]): Promise<void> {
  const flags = experimentFlags(experiment, args);
  if (flags.switches.has("help")) return console.log(helpText(experiment));
  const mirror = mirrorFromEnvironment();
  const plan = await planRun(experiment, flags, mirror);
  await checkWritable(plan.out);
  for (const notice of plan.notices) console.error(`skipped: ${notice}`);
  const engine = await engineOf(plan), backend = engine.name;

  let config = await describeRun(experiment.name, args, plan, engine.label);
  const header = csvHeader(conditionColumns(experiment.questions, plan.options));
  const results = await openResults(plan.out, header, config.identity, plan.fresh);
  if (!plan.fresh) config = await continueFrom(plan.out, config);
  await saveConfig(plan.out, config);

  const units = unitsOf(plan);
  const progress = createProgress(experiment.name, units.length);
  if (results.dropped > 0) progress.say(`dropped ${results.dropped} bytes of an unfinished block`);
  const left = units.filter(({ name }) => !results.done.has(name) && !results.aside.has(name)).length;
  if (left === 0) progress.say(`all ${units.length} units are saved already: drawing the report (--fresh runs again)`);
  else if (left < units.length) progress.say(`resuming: ${units.length - left} of ${units.length} units are saved`);

  const count = Math.min(plan.workers, left);
  const pool = count > 1 ? startWorkers(count, { module, args, mirror, backend }, units) : undefined;
  if (count === 1 && backend !== "none") await startBackend(backend);
  const runners = pool?.runners ?? [createRunner(experiment, plan)];
  let interrupted = false;
  const onInterrupt = () => interrupted = true;
  Deno.addSignalListener("SIGINT", onInterrupt);
  const began = performance.now();
  try {
    const { complete } = await execute(units, runners, results, progress, () => interrupted);
    config = { ...config, complete };
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
    pool?.stop();
    progress.end();
    results.close();
    config = { ...config, wallSeconds: config.wallSeconds + (performance.now() - began) / 1000 };
    await saveConfig(plan.out, config);
  }
  if (interrupted) {
    throw new UserError(`stopped; rows so far are in ${resultPaths(plan.out).csv}, the same command continues`);
  }
  const { drawReport } = await import("./report.ts");
  const report = await drawReport(experiment, plan.out);
  if (plan.out.endsWith(`/${experiment.name}`)) {
    const { drawSite } = await import("./site.ts");
    await drawSite(plan.out.slice(0, -experiment.name.length - 1));
  }
  const { tallyText } = await import("../report/claims_table.ts");
  console.log(`${claimLines(report.claims)}\n${tallyText(report.claims)}`);
  const on = backend === "none" ? "" : ` on ${engine.label}`;
  console.log(`${duration(config.wallSeconds)} of work${on}; report: ${plan.out}/index.html`);
}

/** The engine that trains policies in this run. */
async function engineOf({ questions, workers, backend }: Plan): Promise<Engine> {
  if (!questions.some(({ question }) => question.tensors)) return { name: "none", label: "none" };
  return workers > 1 ? await probeBackend(backend) : await startEngine(backend);
}

/**
 * PREFLAB_MIRROR, where the task may read it; undefined where it is not set or may not be read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { state } = await Deno.permissions.query({ name: "env", variable: "PREFLAB_MIRROR" });
 * assert.equal(mirrorFromEnvironment(), state === "granted" ? Deno.env.get("PREFLAB_MIRROR") : undefined);
 * ```
 */
export function mirrorFromEnvironment(): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "PREFLAB_MIRROR" });
  return state === "granted" ? Deno.env.get("PREFLAB_MIRROR") : undefined;
}

/** Work time and first start of an earlier part of the same run. */
async function continueFrom(folder: string, config: RunConfig): Promise<RunConfig> {
  try {
    const before: RunConfig = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    if (before.identity !== config.identity) return config;
    return { ...config, started: before.started, wallSeconds: before.wallSeconds };
  } catch {
    return config; // absent or damaged: it is about to be written anew
  }
}

async function saveConfig(folder: string, config: RunConfig): Promise<void> {
  await atomicWrite(`${folder}/config.json`, JSON.stringify(config, null, 2) + "\n");
}

/** The claims as lines of text. */
function claimLines(claims: readonly { statement: string; verdict: string }[]): string {
  return claims.map(({ verdict, statement }) => `  ${verdict.padEnd(13)} ${statement}`).join("\n");
}
