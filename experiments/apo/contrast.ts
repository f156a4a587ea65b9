/**
 * How much else differs between winner and loser beside quality.
 *
 * @module
 */
import { levenshtein, tokenJaccard } from "../../lib/losses/revision.ts";
import { formatInterval } from "../../lib/report/numbers.ts";
import { type Claim, question } from "../../lib/run/experiment.ts";
import { summaryDots, type View } from "../../lib/run/view.ts";
import { above, below, type Rule } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { FEATURES, nuisanceDistance, type PairSource, pairSources } from "../../lib/worlds/revisions.ts";
import { checkSize, type SyntheticOptions } from "./options.ts";
import { arenasOf, emptyCache, pairsOf } from "./runs.ts";
import { dataLabel } from "./study.ts";

/** What is measured of each pair, and whether contrastive pairs have much or little of it. */
const measures = {
  "nuisance-distance": { name: "distance in all features but quality", better: -1 },
  "jaccard": { name: "Jaccard similarity of tokens", better: 1 },
  "levenshtein": { name: "Levenshtein distance in characters", better: -1 },
} as const;
type Measure = keyof typeof measures;

function mostContrastive(measure: Measure, rule: Rule): Claim<SyntheticOptions> {
  const { name, better } = measures[measure];
  return {
    kind: measure === "nuisance-distance" ? "question" : "paper",
    id: `clair-${measure}`,
    statement: `CLAIR pairs are the most contrastive by ${name}`,
    source: "table 1",
    paper: "CLAIR best on both text measures",
    quantity: `mean ${name}, CLAIR − the nearest of the other kinds`,
    rule,
    unit: "seeds",
    arms: pairSources,
    evidence: (view) =>
      view.statistic(pairSources.map((data) => view.series(data, measure)), ([clair, ...others]) => {
        const rest = others.map(mean);
        return mean(clair) - (better > 0 ? Math.max(...rest) : Math.min(...rest));
      }),
  };
}

function contrastFigure(view: View, measure: Measure) {
  const { name, better } = measures[measure];
  const data = view.summary(measure);
  const told = data.toSorted((a, b) => better * (b.value - a.value))
    .map(({ arm, value, lower, upper }) => `${dataLabel(arm)} ${formatInterval(value, lower, upper)}`);
  return {
    id: `contrast-${measure}`,
    ...summaryDots,
    data,
    xLabel: `mean ${name} of winner and loser`,
    caption: `From most to least contrastive: ${told.join(", ")}.`,
    alt: `Mean ${name} of winner and loser in each kind of data.`,
  };
}

export const contrast = question({
  id: "contrast",
  asks: "How contrastive are the pairs of each kind of data?",
  part: "synthetic",
  method: "CLAIR: the policy's response and its minimal revision. On-policy judge: two of the policy's responses. " +
    "Off-policy judge: two responses of other models, nine in ten of them weaker. Stronger preferred: the policy's " +
    "response below one of a stronger model. Distances are exact in features; the measures of texts are taken of strings " +
    "in which every feature has words of its own.",
  arms: pairSources,
  seeds: ({ seeds }: SyntheticOptions) => seeds,
  conditions(o) {
    checkSize(o);
    return [{}];
  },
  prepare: emptyCache,
  run(context) {
    const arenas = arenasOf(context);
    const rows = pairsOf(context, arenas, context.arm as PairSource, 0).map(({ group, chosen, rejected }, r) => {
      const { world } = arenas[r], A = world.responses;
      const features = (i: number) => world.features.subarray(i * FEATURES, (i + 1) * FEATURES);
      const text = (i: number, x: number) => world.text(x, i - x * A);
      const pairs = Array.from(group, (x, i) => ({ w: chosen[i], l: rejected[i], x }));
      const texts = pairs.map(({ w, l, x }) => [text(w, x), text(l, x)]);
      const policy = mean(Array.from(group, (x) => {
        let value = 0;
        for (let i = x * A; i < (x + 1) * A; i++) value += Math.exp(world.logProb.policy[i]) * world.reward[i];
        return value;
      }));
      return {
        "nuisance-distance": mean(pairs.map(({ w, l }) => nuisanceDistance(features(w), features(l)))),
        "jaccard": mean(texts.map(([w, l]) => tokenJaccard(w.split(" "), l.split(" ")))),
        "levenshtein": mean(texts.map(([w, l]) => levenshtein(w, l))),
        "reward-difference": mean(pairs.map(({ w, l }) => world.reward[w] - world.reward[l])),
        "winner-above-policy": mean(pairs.map(({ w }) => world.reward[w])) - policy,
        "right-order": mean(pairs.map(({ w, l }) => Number(world.reward[w] > world.reward[l]))),
      };
    });
    const names = Object.keys(rows[0]) as (keyof typeof rows[0])[];
    return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
  },
  claims: [
    mostContrastive("nuisance-distance", below(0)),
    mostContrastive("jaccard", above(0)),
    mostContrastive("levenshtein", below(0)),
  ],
  figures: (view) => (Object.keys(measures) as Measure[]).map((measure) => contrastFigure(view, measure)),
  tables: (view) => [{
    id: "contrast",
    caption: "What pairs differ in, and how their winners compare with the policy's mean response.",
    columns: [
      { key: "arm", label: "data", method: true },
      { key: "value", label: "distance but quality", digits: 2, lower: "lower", upper: "upper" },
      { key: "jaccard", label: "Jaccard", digits: 2 },
      { key: "levenshtein", label: "Levenshtein", digits: 1 },
      { key: "difference", label: "difference in reward", digits: 2 },
      { key: "winner", label: "winner − policy's mean", digits: 2 },
      { key: "right", label: "winner truly better", digits: 2 },
    ],
    rows: view.summary("nuisance-distance").map((row) => {
      const average = (metric: string) => mean(view.series(row.arm, metric).values);
      return {
        ...row,
        jaccard: average("jaccard"),
        levenshtein: average("levenshtein"),
        difference: average("reward-difference"),
        winner: average("winner-above-policy"),
        right: average("right-order"),
      };
    }),
  }],
});
