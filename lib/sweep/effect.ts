/**
 * Whether every knob of a grid does something, found out before anything is computed.
 *
 * @module
 */
import { resolveOptions } from "../run/options.ts";
import type { Plan } from "../run/plan.ts";
import { createRunner } from "../run/runner.ts";
import { traced } from "../run/traced_options.ts";
import { unitsOf } from "../run/units.ts";
import { UserError } from "../user_error.ts";
import { textsOf } from "./compute.ts";
import type { Planned } from "./description.ts";
import { cellsOf, flagsOf, type Knob } from "./grid.ts";

/**
 * Refuses knobs that no question looks at. A smoke-sized cell is computed, unit after unit, until all knobs were looked at:
 * the first unit is enough for most.
 *
 * @throws UserError naming the knobs without effect
 */
export async function checkEffect({ experiment, args, plan }: Planned, knobs: readonly Knob[]): Promise<void> {
  const { values, switches } = textsOf(args);
  const texts = { ...values, ...flagsOf(cellsOf(knobs)[0]), seeds: "2" };
  const small = resolveOptions(experiment.options, { values: texts, switches }, "smoke", plan.only) as Plan["options"];
  const unread = new Set(knobs.map(({ option }) => option)), { options, reads } = traced(small);
  const look = (found: Iterable<string>) => {
    for (const option of found) unread.delete(option);
    return unread.size === 0;
  };
  for (const { question } of plan.questions) {
    question.conditions(options);
    question.seeds(options);
  }
  if (look(reads)) return;
  const runner = createRunner(experiment, { ...plan, options: small, preset: "smoke" });
  for (const unit of unitsOf({ questions: plan.questions, options: small }, 0)) {
    try {
      if (look((await runner.run(unit)).reads)) return;
    } catch (error) {
      // A cell so small may have no answer; what a larger one looks at is seen in the others.
      if (!(error instanceof UserError)) throw error;
    }
  }
  const names = knobs.filter(({ option }) => unread.has(option)).map(({ flag }) => flag).join(", ");
  const asked = plan.questions.map(({ question }) => question.id).join(", ");
  throw new UserError(
    `--grid: ${names} has no effect on what was asked for (${asked}); see --help for other questions`,
  );
}
