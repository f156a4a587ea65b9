/**
 * Runs a plan: unit by unit, rows to disk as they are made, resumable.
 *
 * @module
 */
import { Rng } from "../tensor/random.ts";
import type { Condition, Experiment, Metrics } from "./experiment.ts";
import type { Plan, PlannedQuestion } from "./plan.ts";
import type { Progress } from "./progress.ts";
import type { ResultsFile } from "./results_file.ts";
import { conditionColumns, type ResultRow, rowsToCsv } from "./rows.ts";

/** One arm of one question at one condition for one block of seeds. */
export interface Unit {
  readonly planned: PlannedQuestion;
  readonly arm: string;
  readonly condition: Condition;
  readonly seeds: readonly number[];
  readonly name: string;
}

/** All units of a plan, in the order of the file. */
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
          return { planned, arm, condition, seeds, name };
        })
      )
    );
  });
}

/**
 * Runs every unit that is not on disk yet.
 *
 * @throws Error naming question, arm, metric and seed when a metric is not finite or has the wrong length
 */
export async function execute(
  experiment: Experiment,
  plan: Plan,
  results: ResultsFile,
  progress: Progress,
  stopped: () => boolean,
): Promise<{ complete: boolean }> {
  const columns = conditionColumns(experiment.questions, plan.options);
  const root = Rng.seed(plan.options.seed);
  let preparedFor: unknown, prepared: unknown;
  for (const unit of unitsOf(plan)) {
    if (stopped()) return { complete: false };
    progress.start(unit.name);
    const skip = results.done.has(unit.name);
    if (!skip) {
      const { question } = unit.planned;
      const rng = root.fork(question.id);
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
      await results.append(unit.name, rowsToCsv(experiment.name, columns, rowsOf(unit, metrics)));
    }
    progress.finish(skip);
    await new Promise((resolve) => setTimeout(resolve)); // lets a signal be seen between units
  }
  return { complete: true };
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
        throw new Error(`${unit.name}: metric ${metric} is ${values[i]} at seed ${seed}; rows before it are saved`);
      }
      return { part: question.part, question: question.id, arm, seed, condition, metric, value: values[i] };
    })
  );
}
