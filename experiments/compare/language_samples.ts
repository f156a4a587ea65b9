/**
 * The population of `samples.ts` on texts that a language model wrote: its readers react to stories.
 *
 * @module
 */
import { scaledTo } from "../../lib/exact/kl_budget.ts";
import { expectation } from "../../lib/exact/laws.ts";
import type { UnitContext } from "../../lib/run/experiment.ts";
import type { Stories } from "../../lib/training/language/stories.ts";
import { population } from "../../lib/worlds/population.ts";
import { outcomeModel, type RewardModel, rewardModel } from "./nuisance.ts";
import type { CompareOptions } from "./options.ts";
import { recordOf } from "./record.ts";
import type { Sample, Setting } from "./samples.ts";

/** The readers of one seed's stories. */
export function readersOf(
  { options, streams }: Pick<UnitContext<CompareOptions, unknown>, "options" | "streams">,
  { table }: Stories,
  { n, record, ...knobs }: Setting,
): Sample {
  const { budget, languagePrompts: prompts, languageResponses: responses } = options;
  const [rng, logs, folds, draws, records] = ["world", "log", "folds", "samples", "record"].map((name) =>
    streams(name)[0]
  );
  const world = population({ prompts, responses, ...knobs }, rng, table), log = world.draw(n, logs);
  const cells = prompts * responses, identity = new Float64Array(cells * cells);
  for (let i = 0; i < cells; i++) identity[i * cells + i] = 1;
  const space = { logStart: world.logStart, features: identity, responses };
  // All laws on the candidates are of the class: the best at a distance tilts by quality.
  const { scale, logp } = scaledTo(space, world.quality, budget);
  let reward: RewardModel | undefined;
  return {
    ...{ world, log, space, record: recordOf(log, record, records), draws },
    model: outcomeModel(world, log, folds.fork("outcomes")),
    reward: () => reward ??= rewardModel(world, log, folds.fork("preferences")),
    principles: [new Float64Array(cells), new Float64Array(cells)],
    best: world.quality.map((q) => scale * q),
    bestValue: expectation(logp, world.quality, responses),
  };
}
