/**
 * The command line of an experiment.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { headlineOf } from "../report/answer.ts";
import type { Report } from "../report/types.ts";
import { startBackend } from "../tensor/backend.ts";
import { shellWord } from "../shell.ts";
import { UserError } from "../user_error.ts";
import { differences } from "./basis.ts";
import { checkVocabulary } from "./chosen_writer.ts";
import { execute, type Failure } from "./execute.ts";
import { exitWith } from "./exit.ts";
import type { Experiment } from "./experiment.ts";
import { takeFolder } from "./folder.ts";
import { openInBrowser } from "./open.ts";
import { experimentFlags, helpText, type Plan, planRun } from "./plan.ts";
import { createProgress, duration } from "./progress.ts";
import { describeRun, type RunConfig } from "./run_config.ts";
import { openRunStore, type RunStore, storePath } from "./run_store.ts";
import { createRunner } from "./runner.ts";
import { say, tell } from "./tell.ts";
import { type Unit, type UnitResult, unitsOf } from "./units.ts";
import { type Engine, probeBackend, startEngine, startWorkers } from "./workers.ts";

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
  return await exitWith(async () => {
    await runExperiment(experiment, module, Deno.args);
  });
}

/** A run that was asked to stop, by a signal: what follows it should not begin. */
export class StoppedError extends UserError {}

/** What became of a run. */
interface Outcome {
  /** Verdicts in words, such as "3 hold, 1 fails". */
  readonly tally: string;
  /** Seconds that the run took, over all its parts. */
  readonly seconds: number;
  /** Path of the report. */
  readonly page: string;
}

/**
 * Parses flags, runs what is missing, and draws the report.
 *
 * @param module URL of the experiment's script, whose default export is the experiment
 * @param args what stands behind the task's name
 * @returns what became of it; undefined where `--help` was all that was asked for
 * @throws UserError for anything the user can mend; where some units could not be computed, after the rest was drawn
 * @example
 * ```ts
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const module = import.meta.resolve("./testdata/toy.ts");
 * await assert.rejects(runExperiment(toy, module, ["--sede", "3"]), /unknown flag --sede, did you mean --seed/);
 * ```
 */
export async function runExperiment(
  experiment: Experiment,
  module: string,
  args: readonly string[],
): Promise<Outcome | undefined> {
  const flags = experimentFlags(experiment, args);
  if (flags.switches.has("help")) {
    say(helpText(experiment));
    return undefined;
  }
  const mirror = mirrorFromEnvironment();
  const plan = await planRun(experiment, flags, mirror);
  if (plan.writer !== undefined) await checkVocabulary(plan.writer);
  const folder = await takeFolder(plan.out);
  try {
    for (const notice of plan.notices) tell(`skipped: ${notice}\n`);
    const cores = navigator.hardwareConcurrency;
    if (plan.workers > cores) tell(`--workers ${plan.workers}: more threads than the ${cores} cores slow each other\n`);
    const engine = await engineOf(plan);
    const described = await describeRun(experiment, module, args, plan, engine.label, engine.facts);
    const { config, failures } = await computeMissing(experiment, described, plan, { module, args, mirror, engine });
    const { startDrawing } = await import("../report/drawing_thread.ts");
    using drawer = startDrawing();
    const { drawReport } = await import("./report.ts");
    const report = await drawReport(experiment, plan.out, drawer);
    if (plan.out.endsWith(`/${experiment.name}`)) {
      const { drawSite } = await import("./site.ts");
      await drawSite(plan.out.slice(0, -experiment.name.length - 1), drawer);
    }
    const { tallyText } = await import("../report/claims_table.ts");
    const tally = tallyText(report.claims), page = `${plan.out}/index.html`;
    const on = engine.name === "none" ? "" : ` on ${engine.label}`;
    say(`${headlines(report)}${tally}; ${duration(config.wallSeconds)} of work${on}`);
    const short = report.claims.filter(({ evidence }) => evidence?.short !== undefined);
    if (short.length > 0) {
      say(
        `${short.length} ${short.length === 1 ? "claim has" : "claims have"} no verdict: ${short[0].evidence!.short}`,
      );
    }
    say(`report: ${addressOf(page)}\nnext: ${nextCommand(experiment, plan)}`);
    const closed = plan.open ? await openInBrowser(addressOf(page)) : undefined;
    if (closed !== undefined) tell(`${closed}\n`);
    if (failures.length > 0) throw new UserError(failureText(failures, plan.out));
    return { tally, seconds: config.wallSeconds, page };
  } finally {
    folder.release();
  }
}

/** What a run's workers are started with. */
interface Start {
  readonly module: string;
  readonly args: readonly string[];
  readonly mirror: string | undefined;
  readonly engine: Engine;
}

/** Computes and saves what the store lacks; says first what is there, and why what is there cannot be used. */
async function computeMissing(
  experiment: Experiment,
  described: RunConfig,
  plan: Plan,
  { module, args, mirror, engine }: Start,
): Promise<{ config: RunConfig; failures: readonly Failure[] }> {
  const store = await openOrPutAside(plan);
  let config = described;
  const units = unitsOf(plan), backend = engine.name;
  const basisOfUnit = (unit: Unit) => config.questions[unit.question.id].basis;
  let seconds = 0, done = 0;
  const began = performance.now();
  const wallSeconds = () => (performance.now() - began) / 1000;
  try {
    const last = lastOf(store);
    if (last !== undefined && last.experiment !== experiment.name) {
      throw new UserError(`--out ${plan.out}: holds a run of ${last.experiment}; choose another folder`);
    }
    const finished = last?.identity === config.identity && last.complete;
    config = store.begin(config);
    const before = config.wallSeconds;
    const missing = units.filter((unit) => {
      const saved = store.find(unit, basisOfUnit(unit), plan.options);
      if (saved) seconds += saved.seconds;
      return !saved;
    });
    done = units.length - missing.length;
    for (const line of unusable(config, store, new Set(missing.map(({ question }) => question.id)))) tell(`${line}\n`);
    if (finished && missing.length > store.changed.length && !plan.fresh) {
      tell(`${missing.length - store.changed.length} units of this run are gone from its store and run again\n`);
    }
    // A run that goes on has told before how many of its units were there when it was begun.
    if (config.units.planned === 0) config = { ...config, units: { planned: units.length, reused: done } };
    store.record(config);
    if (store.changed.length > 0) {
      tell(`${store.changed.length} saved units are not as they were written and run again: ${store.changed[0]} ...\n`);
    }
    const progress = createProgress(experiment.name, units.length, done);
    if (missing.length === 0) progress.say(`all ${units.length} units are saved already: drawing the report`);
    else if (done > 0) progress.say(`resuming: ${done} of ${units.length} units are saved`);

    const count = Math.min(plan.workers, missing.length);
    const pool = count > 1 ? startWorkers(count, { module, args, mirror, backend }, units) : undefined;
    if (count === 1 && backend !== "none") await startBackend(backend);
    const runners = pool?.runners ?? [createRunner(experiment, plan)];
    const save = (unit: Unit, result: UnitResult) => {
      store.save(unit, basisOfUnit(unit), plan.options, result, before + wallSeconds());
      seconds += result.seconds;
      done++;
    };
    const stop = whenStopped();
    let failures: readonly Failure[] = [];
    try {
      failures = await execute(missing, runners, save, progress, stop.asked);
    } finally {
      stop.forget();
      pool?.stop();
      progress.end();
      config = {
        ...config,
        wallSeconds: before + wallSeconds(),
        unitSeconds: seconds,
        failures,
        complete: done === units.length,
      };
      store.record(config);
    }
    if (stop.asked()) {
      throw new StoppedError(`stopped; ${done} of ${units.length} units are saved, the same command continues`);
    }
    if (plan.fresh && config.complete) {
      store.prune(Object.fromEntries(Object.entries(config.questions).map(([id, { basis }]) => [id, basis])));
    }
    return { config, failures };
  } finally {
    store.close();
  }
}

/** The store of the run's folder; with --fresh a damaged one goes aside, and nothing of it is lost. */
async function openOrPutAside({ out, fresh }: Plan): Promise<RunStore> {
  try {
    return openRunStore(out, { fresh });
  } catch (error) {
    if (!fresh || !(error instanceof UserError)) throw error;
    const path = storePath(out), aside = `${path}.${Date.now()}.damaged`;
    for (const part of ["", "-wal", "-shm"]) {
      await Deno.rename(path + part, aside + part).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
    tell(`${error.message.split(";")[0]}: put aside as ${aside}\n`);
    return openRunStore(out, { fresh });
  }
}

/** The last run of a store; undefined where its record was changed by hand, which the run that begins replaces. */
function lastOf(store: RunStore): RunConfig | undefined {
  try {
    return store.latest();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    tell(`${error.message}\n`);
  }
}

/** One line for each reason why rows that are there are not those of this run. */
function unusable(config: RunConfig, store: RunStore, incomplete: ReadonlySet<string>): string[] {
  const reasons = new Map<string, string[]>();
  for (const [id, { basis }] of Object.entries(config.questions)) {
    if (!incomplete.has(id)) continue; // all its rows are there, from a run before the last
    const last = store.lastBasis(id);
    const parts = last ? differences(last, basis) : [];
    if (parts.length === 0) continue;
    const reason = parts.join(", ");
    reasons.set(reason, [...reasons.get(reason) ?? [], id]);
  }
  return [...reasons].map(([reason, ids]) =>
    `${reason} changed since the saved rows: ${ids.length} ${ids.length === 1 ? "question runs" : "questions run"} ` +
    `again (${ids.join(", ")})`
  );
}

/**
 * Asked to stop: by a signal, or because the task that started this process is gone.
 *
 * @example
 * ```ts ignore
 * const stop = whenStopped();
 * while (!stop.asked()) await next();
 * stop.forget();
 * ```
 */
export function whenStopped(): { asked: () => boolean; forget: () => void } {
  let asked = false;
  const ask = () => {
    if (asked) Deno.exit(2); // asked twice: units in flight are given up, what is saved is safe
    asked = true;
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, ask);
  // Started by `deno task`, a run ends with it: nobody would see it go on, and it would keep its folder locked.
  const parent = Deno.ppid, byTask = environment("PREFLAB_TASK") !== undefined;
  const watch = setInterval(() => byTask && Deno.ppid !== parent && Deno.exit(2), 500);
  return {
    asked: () => asked,
    forget: () => {
      clearInterval(watch);
      for (const signal of signals) Deno.removeSignalListener(signal, ask);
    },
  };
}

/** What could not be computed, in one line. */
function failureText(failures: readonly Failure[], folder: string): string {
  const [first, ...others] = failures;
  const rest = others.length === 0 ? "" : ` (and ${others.length} more units)`;
  return `${first.message}${rest}; everything else is saved and drawn in ${folder}/index.html`;
}

/** The engine that trains policies in this run. */
async function engineOf({ questions, workers, backend }: Plan): Promise<Engine> {
  if (!questions.some(({ question }) => question.tensors)) return { name: "none", label: "none", facts: {} };
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
  return environment("PREFLAB_MIRROR");
}

/** A variable of the environment, where it is set and may be read. */
function environment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

/** Claims that a run ends with; the report has all of them. */
const HEADLINES = 3;

/** The first claims that the report opens with, a line each. */
function headlines(report: Report): string {
  return headlineOf(report).slice(0, HEADLINES)
    .map(({ verdict, statement }) => `  ${verdict.padEnd(13)} ${statement}\n`).join("");
}

/** A path as an address that terminals make a link of. */
function addressOf(path: string): string {
  return pathToFileURL(resolve(path)).href;
}

/** What follows on this run. */
function nextCommand({ name, task }: Experiment, { preset, out }: Plan): string {
  const folder = (flag: string) => out === `reports/${name}` ? "" : ` --${flag} ${shellWord(out)}`;
  return preset === "smoke" && task === undefined
    ? `deno task ${name}${folder("out")}`
    : `deno task figures ${name} --venue icml --width half${folder("from")}`;
}
