/**
 * The project's question, answered from the rows: which methods survive confounding?
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { formatFixed, formatInterval } from "../../lib/report/numbers.ts";
import { adjustedTogether } from "../../lib/run/adjusted.ts";
import { centre, type View } from "../../lib/run/view.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { BOUNDS } from "./collection.ts";
import type { PopulationOptions } from "./options.ts";
import { ends } from "./settings.ts";
import { confounded, lost as lostToConfounding, noiseOnly, value } from "./terms.ts";

/** Some things in a sentence, at least one. */
const listed = (things: readonly string[]): string =>
  things.length === 1 ? things[0] : `${things.slice(0, -1).join(", ")} and ${things.at(-1)}`;

/** Methods that read no reaction: no confounder can reach them. */
const LABEL_FREE = ["sami"];
/** A method survives that surely loses less than this, in standard deviations of quality. */
const LEAST = 0.1;

/**
 * Two sentences: who survives, and what becomes of the others. A method survives that surely beats the untrained policy under
 * confounding, and surely loses less than a tenth of a standard deviation to it, against the noise-only control. Sure is
 * what holds as a claim would, adjusted for both tests of all methods.
 *
 * @returns a sentence that says why not, where replicates are too few; undefined where a run has no confounding, or no method that reads reactions
 */
export function answer(view: View, o: PopulationOptions): string | undefined {
  const arms = view.arms.filter((arm) => !BOUNDS.includes(arm) && !LABEL_FREE.includes(arm));
  if (arms.length === 0 || ends(o).most === 0) return undefined;
  const gained = arms.map((arm) => view.mean(arm, value, confounded.of(o)));
  const losses = arms.map((arm) => lostToConfounding(arm).evidence(view, o));
  const verdicts = adjustedTogether([
    ...gained.map((evidence) => ({ evidence, rule: above(0) })),
    ...losses.map((evidence) => ({ evidence, rule: below(LEAST) })),
  ]).map(({ verdict }) => verdict);
  const told = arms.map((arm, k) => {
    const beats = verdicts[k] === "holds";
    return { arm, lost: losses[k], beats, survives: beats && verdicts[arms.length + k] === "holds" };
  });
  const [short] = told.flatMap(({ lost }) => lost.short ?? []);
  if (short !== undefined) return `Which methods survive confounding cannot be told from this run (${short}).`;
  const survivors = told.filter(({ survives }) => survives), others = told.filter(({ survives }) => !survives);
  const methods = arms.length === 1 ? "the one method that learns" : `the ${arms.length} methods that learn`;
  const first = `Of ${methods} from readers' reactions, ` +
    `${
      survivors.length === 0
        ? "none is shown to"
        : listed(survivors.map(({ arm }) =>
          `${labelOf(arm)} (${formatFixed(centre(view, arm, value.name, confounded.of(o)), 2)})`
        ))
    } ` +
    `${survivors.length === 1 ? "survives" : "survive"} confounding of strength ${
      ends(o).most
    }: still better than no ` +
    `training, whose value is 0, at a loss of less than ${LEAST} standard deviations of quality.`;
  if (others.length === 0) return `${first} No other was run.`;
  const still = others.filter(({ beats }) => beats).length;
  const most = others.reduce((worst, one) => one.lost.estimate > worst.lost.estimate ? one : worst);
  const { estimate, lower, upper } = most.lost;
  const rest = survivors.length === 0 ? "these" : "the other";
  const counted = others.length === 1
    ? `The other ${still === 1 ? "still beats" : "is not shown to beat"} the untrained policy`
    : `${
      still === others.length
        ? `All ${survivors.length === 0 ? "" : "of the other "}${still}`
        : `Of ${rest} ${others.length}, ${still}`
    } still beat the untrained policy`;
  return `${first} ${counted}, and ${labelOf(most.arm)} loses most, ${formatInterval(estimate, lower, upper)} ` +
    `of the ${
      formatFixed(centre(view, most.arm, value.name, noiseOnly.of({})), 2)
    } that it has where nothing is confounded.`;
}
