/**
 * What is measured of a policy, where, and what the words of a place need of the options.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { all, reaching, several, zero } from "../../lib/run/needs.ts";
import type { Needs } from "../../lib/run/needs.ts";
import { type Place, place } from "../../lib/run/place.ts";
import { Metric, type Quantity, quantity, Reading } from "../../lib/run/quantity.ts";
import { ofEach } from "../../lib/run/statistic.ts";
import type { View } from "../../lib/run/view.ts";
import { CORRELATION, type Range } from "../../lib/statistics/range.ts";
import { meanRankCorrelation } from "../../lib/statistics/ranks.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { CORE, learners } from "./collection.ts";
import type { CompareOptions, PopulationOptions } from "./options.ts";
import { type departuresOf, ends, PRICES, sizesOf } from "./settings.ts";

/** Whose a claim is that no paper makes: ours, or a control's, with what it asks. */
export const OURS = { kind: "question", source: "in no paper" } as const;
export const control = (source: string) => ({ kind: "control", source }) as const;

/** At equal KL. */
export const value = new Metric("value", "value", 3);
export const regret = new Metric("regret", "regret", 3, "regret at equal KL");
export const worstType = new Metric("worst-type", "value for the worse-off reader type", 3);
export const worstTopic = new Metric("worst-topic", "worst prompts", 3);
export const entropy = Metric.amount("entropy", "entropy", 3);
export const klToTarget = Metric.amount("kl-to-target", "KL(π ‖ π*)", 3);
/** As trained. */
export const objective = new Metric("objective-as-trained", "objective", 3);
export const valueAsTrained = new Metric("value-as-trained", "value", 3);
export const klAsTrained = Metric.amount("kl-as-trained", "KL(π ‖ π0)", 3);
export const entropyAsTrained = Metric.amount("entropy-as-trained", "entropy", 3);
export const klToTargetAsTrained = Metric.amount("kl-to-target-as-trained", "KL(π ‖ π*)", 3);
export const slope = new Metric("reward-slope", "slope", 2);
export const correlation = Metric.correlation("reward-correlation", "correlation", 2);
export const calibration = Metric.share(
  "calibration-error",
  "calibration error",
  3,
  "calibration error of the implicit reward",
);
/** Of what a language model writes, and on the candidates that it learned from. */
export const klSpent = Metric.amount("kl-spent", "KL met", 2, "KL(π ‖ π0), nats a text");
/** Budgets of a run, ascending. */
export function budgetsOf({ languageBudget, languageFrontier }: CompareOptions): number[] {
  return [...new Set([languageBudget, ...languageFrontier])].sort((a, b) => a - b);
}
/** Value at one of them. */
export function valueAt(budget: number, { languageBudget }: CompareOptions): Metric {
  return budget === languageBudget ? value : new Metric(`value-at-${budget}`, `value at ${budget} nats`, 3);
}
export const fluency = new Metric("fluency", "log-prob a token", 2, "log-prob of a token under π0, nats");
export const candidateValue = new Metric("candidate-value", "value on candidates", 3);
export const candidateKl = Metric.amount("candidate-kl", "KL on candidates", 3);
export const gradient = Metric.amount("gradient-norm", "gradient", 4);

/** Claims on what happens without confounding, and under all of it. */
const without: Needs<PopulationOptions> = zero("confounding"),
  full: Needs<PopulationOptions> = reaching("confounding", 1);

/** Readers whose type moves what they like, and not what they are shown: what tastes cost as noise. */
export const noiseOnly = place("noise only", () => ({ world: "noise only", confounding: 0 }));
/** Readers whose type moves both, at the strongest confounding of a run. */
export const confounded = place(
  "full confounding",
  (o: PopulationOptions) => ends(o).most > 0 ? { world: "confounded", confounding: ends(o).most } : noiseOnly.of({}),
  full,
);
/** Readers who are shown as much by a type that has nothing to do with what they like: what overlap costs. */
export const unlinked = place("unlinked", (o: PopulationOptions) => ({ world: "unlinked", confounding: ends(o).most }));
/** Value lost to confounding: in the noise-only control, or the unlinked one, less under full confounding. */
export const lost = (arm: string, control: Place<PopulationOptions> = noiseOnly): Reading<PopulationOptions> =>
  value.of(arm, control).minus(confounded);

/** A departure from the plain condition where nothing is confounded. */
export const departed = (setting: ReturnType<typeof departuresOf>[number]["setting"]): Place<PopulationOptions> =>
  place(`${setting}, no confounding`, (o) => ({ setting, confounding: ends(o).least }), without);

export const recorded = place("type recorded", (_: PopulationOptions) => ({ type: "recorded", record: 1 }), full);
export const unrecorded = place("type unrecorded", (_: PopulationOptions) => ({ type: "unrecorded", record: 0 }), full);
export const partlyRecorded = place(
  "type partly recorded",
  ({ record }: PopulationOptions) => ({ type: "partly recorded", record }),
  all(full, ({ record }) => record > 0 && record < 1 ? undefined : "this needs a --record between 0 and 1"),
);

export const mostLabels = place(
  "most labels, full confounding",
  (o: PopulationOptions) => ({ n: sizesOf(o).at(-1)!, confounding: ends(o).most }),
  full,
);
/** The same, where something is said of several sizes. */
export const mostOfSeveral = place(mostLabels.words, mostLabels.of, all(full, several<PopulationOptions>("sizes")));
export const mostUnconfounded = place(
  "most labels, no confounding",
  (o: PopulationOptions) => ({ n: sizesOf(o).at(-1)!, confounding: ends(o).least }),
  all(without, several<PopulationOptions>("sizes")),
);

/** Value of an arm at one price for all. */
export const untuned = (arm: string): Reading<PopulationOptions> =>
  value.of(arm, place("one price", (_: PopulationOptions) => ({ price: PRICES[0] }), full));

/** Value of an arm at the price that held-out readers prefer, seed by seed. */
export const tuned = (arm: string): Reading<PopulationOptions> =>
  new Reading(`value of ${labelOf(arm)} at its chosen price`, [arm], full, (view) => {
    const at = (metric: string) => PRICES.map((price) => view.series(arm, metric, { price }).values);
    const scores = at("held-out-value"), values = at(value.name);
    const { seeds } = view.series(arm, value.name, { price: PRICES[0] });
    const best = (r: number) => PRICES.reduce((k, _, j) => scores[j][r] > scores[k][r] ? j : k, 0);
    return { seeds, values: values[0].map((_, r) => values[best(r)][r]) };
  });

/** A number made from the mean values of all methods in several places, of which each is one reading a method. */
export const ofAllMethods = (
  words: string,
  readings: (view: View, o: PopulationOptions) => readonly ((arm: string) => Reading<PopulationOptions>)[],
  of: (means: readonly (readonly number[])[]) => number,
  { needs = () => undefined, shape = "rough", range }: {
    readonly needs?: Needs<PopulationOptions>;
    readonly shape?: "smooth" | "rough";
    readonly range?: Range;
  } = {},
): Quantity<PopulationOptions> =>
  quantity({
    words,
    arms: CORE,
    needs,
    range,
    evidence(view, o) {
      const arms = learners(view), at = readings(view, o);
      const series = at.flatMap((reading) => arms.map((arm) => reading(arm).series(view, o)));
      const ofMeans = ofEach(
        mean,
        (means) => of(at.map((_, k) => means.slice(k * arms.length, (k + 1) * arms.length))),
      );
      return view.statistic(series, ofMeans, shape, range);
    },
  });

/** Rank correlation of all methods' mean values at two places. */
export const orderKept = ofAllMethods(
  "rank correlation of mean values of all methods, noise only against full confounding",
  () => [(arm) => value.of(arm, noiseOnly), (arm) => value.of(arm, confounded)],
  meanRankCorrelation,
  { needs: full, range: CORRELATION },
);
