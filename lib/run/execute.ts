/**
 * Runs a plan: unit by unit, rows to disk as they are made, resumable.
 *
 * @module
 */
import { confirmNumbers } from "../tensor/backend.ts";
import { Rng } from "../tensor/random.ts";
import { DivergenceError } from "../user_error.ts";
import type { Condition, Experiment, Metrics } from "./experiment.ts";
import { changedOptions, explained } from "./numeric_errors.ts";
import type { Plan, PlannedQuestion } from "./plan.ts";
import type { Progress } from "./progress.ts";
import type { ResultsFile } from "./results_file.ts";
import { conditionColumns, type ResultRow, rowsToCsv } from "./rows.ts";

/** One arm of one question at one condition for one block of seeds. */
export interface Unit {
  /** The question it belongs to. */
  readonly planned: PlannedQuestion;
  /** Id of the arm. */
  readonly arm: string;
  /** One of the question's conditions. */
  readonly condition: Condition;
  /** The replicates of this block, counted from 0. */
  readonly seeds: readonly number[];
  /** Question, arm, condition and seeds in words, unique in the plan: names its block of rows on disk. */
  readonly name: string;
  /** Units with the same text share work if one runner takes them all. */
  readonly shares?: string;
}

/**
 * All units of a plan, in the order of the file: by question, condition, arm and block of seeds.
 *
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * assert.equal(unitsOf(plan)[1].name, "sampling dr-cpo spread=0.5 seeds 0-1");
 * ```
 */
export function unitsOf(plan: Plan): Unit[] {
  return plan.questions.flatMap((planned) => {
    const { question, arms } = planned;
    const count = question.seeds(plan.options), block = question.block ?? count;
    return question.conditions(plan.options).flatMap((condition) =>
      arms.flatMap((arm) =>
        Array.from({ length: Math.ceil(count / block) }, (_, b) => {
          const seeds = Array.from({ length: Math.min(block, count - b * block) }, (_, i) => b * block + i);
          const setting = Object.entries(condition).map(([key, value]) => `${key}=${value}`).join(" ");
          const name = `${question.id} ${arm} ${setting} seeds ${seeds[0]}-${seeds.at(-1)}`;
          const shares = question.shares && `${question.id} ${arm} ${question.shares(condition)} ${b}`;
          return { planned, arm, condition, seeds, name, shares };
        })
      )
    );
  });
}

/** Computes the rows of units, one after the other; loads what a question shares once. */
export interface UnitRunner {
  /**
   * Rows of one unit as CSV.
   *
   * @throws DivergenceError naming question, arm, condition and changed options when a metric is not finite or the
   * mathematics has no answer under them; UserError when the engine failed; TypeError when a metric has the wrong length
   */
  run(unit: Unit): Promise<string>;
}

/**
 * A runner for the units of a plan.
 *
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * const [first] = unitsOf(plan);
 * assert.match(await createRunner(toy, plan).run(first), /^toy,synthetic,sampling,cpo,0,0.5,,error,[\d.e-]+\n/);
 * ```
 */
export function createRunner(experiment: Experiment, plan: Plan): UnitRunner {
  const columns = conditionColumns(experiment.questions, plan.options);
  const root = Rng.seed(plan.options.seed);
  const changed = changedOptions(experiment.options, plan.options, plan.preset);
  let preparedFor: unknown, prepared: unknown;
  return {
    async run(unit) {
      const { question } = unit.planned;
      const rng = root.fork(question.id);
      let rows: ResultRow[];
      try {
        if (preparedFor !== question) {
          prepared = await question.prepare?.({ options: plan.options, store: plan.store, rng: rng.fork("prepare") });
          preparedFor = question;
        }
        const metrics = question.run({
          options: plan.options,
          arm: unit.arm,
          condition: unit.condition,
          seeds: unit.seeds,
          streams: (name) => unit.seeds.map((seed) => rng.fork(seed).fork(name)),
          prepared,
        });
        rows = rowsOf(unit, metrics);
      } catch (error) {
        throw explained(error, unit.name, changed);
      } finally {
        await confirmNumbers(); // where the engine failed, that is why `run` did, or why its numbers must not be saved
      }
      return rowsToCsv(experiment.name, columns, rows);
    },
  };
}

/**
 * Runs every unit that is not on disk yet, on all runners at once, and writes rows in the order of the plan.
 *
 * A unit that is ready before its turn is set aside on disk, so that a kill loses only what is in flight, and the file is
 * the same for any number of runners. When a unit fails, those before it are still written.
 *
 * @param stopped asked between units; once true, units in flight are finished and written
 * @returns whether all units are on disk
 * @throws what a failing unit threw
 * @example
 * ```ts
 * import { experimentFlags, planRun } from "./plan.ts";
 * import { createProgress } from "./progress.ts";
 * import { openResults } from "./results_file.ts";
 * import toy from "./testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "2"]), undefined);
 * const units = unitsOf(plan), folder = await Deno.makeTempDir();
 * const results = await openResults(folder, "header\n", "identity", false);
 * const progress = createProgress("toy", units.length, { terminal: false, write: () => {} });
 * const run = (stopped: boolean) => execute(units, [createRunner(toy, plan)], results, progress, () => stopped);
 * assert.deepEqual(await run(true), { complete: false });
 * assert.deepEqual(await run(false), { complete: true });
 * results.close();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function execute(
  units: readonly Unit[],
  runners: readonly UnitRunner[],
  results: ResultsFile,
  progress: Progress,
  stopped: () => boolean,
): Promise<{ complete: boolean }> {
  const waiting = units.filter((unit) => !results.done.has(unit.name));
  const ready = new Map<number, string>();
  waiting.forEach(({ name }, i) => results.aside.has(name) && ready.set(i, results.aside.get(name)!));
  const missing = waiting.keys().filter((i) => !ready.has(i)).toArray();
  for (let i = missing.length; i < units.length; i++) progress.finish(true);
  const owners = new Map<string, UnitRunner>();
  /** The first unit left whose shared work no other runner has begun; when there is none, the first. */
  const take = (runner: UnitRunner): number => {
    const free = ({ shares }: Unit) => shares === undefined || (owners.get(shares) ?? runner) === runner;
    const [index] = missing.splice(Math.max(0, missing.findIndex((i) => free(waiting[i]))), 1);
    const { shares } = waiting[index];
    if (shares !== undefined) owners.set(shares, runner);
    return index;
  };
  let written = 0, failed = false;
  const writeReady = async () => {
    for (let text = ready.get(written); text !== undefined; text = ready.get(written)) {
      await results.append(waiting[written].name, text);
      ready.delete(written++);
    }
  };
  await writeReady();
  let writing = Promise.resolve();
  const save = async (index: number, text: string) => {
    ready.set(index, text);
    if (index === written) await writeReady();
    else await results.setAside(waiting[index].name, text);
  };
  const work = async (runner: UnitRunner) => {
    while (missing.length > 0 && !stopped() && !failed) {
      const index = take(runner);
      progress.start(waiting[index].name);
      const text = await runner.run(waiting[index]);
      await (writing = writing.then(() => save(index, text)));
      progress.finish(false);
      await new Promise((resolve) => setTimeout(resolve)); // lets a signal be seen between units
    }
  };
  const outcomes = await Promise.allSettled(runners.map((runner) =>
    work(runner).catch((error) => {
      failed = true;
      throw error;
    })
  ));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return { complete: written === waiting.length };
}

/** Rows of a unit: seed by seed, metrics in the order the question gave them. */
function rowsOf(unit: Unit, metrics: Metrics): ResultRow[] {
  const { planned: { question }, arm, condition, seeds } = unit;
  for (const [metric, values] of Object.entries(metrics)) {
    if (values.length !== seeds.length) {
      throw new TypeError(`${unit.name}: metric ${metric} has ${values.length} values for ${seeds.length} seeds`);
    }
  }
  return seeds.flatMap((seed, i) =>
    Object.entries(metrics).map(([metric, values]) => {
      if (!Number.isFinite(values[i])) {
        throw new DivergenceError(`metric ${metric} is ${values[i]} at seed ${seed}`);
      }
      return { part: question.part, question: question.id, arm, seed, condition, metric, value: values[i] };
    })
  );
}
