/**
 * Which method is best where?
 *
 * @module
 */
import { labels } from "../../lib/report/captions.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { type Claim, type Condition, type Question, question } from "../../lib/run/experiment.ts";
import { extremes } from "../../lib/run/levels.ts";
import type { View } from "../../lib/run/view.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { rankCorrelation, seedRanks } from "../../lib/statistics/ranks.ts";
import { mean } from "../../lib/statistics/summary.ts";
import {
  armsOf,
  bestIn,
  type Collection,
  CORE,
  ends,
  full,
  learners,
  PROTOCOL,
  valuesOf,
  without,
} from "./collection.ts";
import type { CompareOptions } from "./options.ts";
import { CENTRE, type Setting } from "./tasks.ts";

const label = (arm: string): string => methodStyle(arm).label;

/** Departures from the centre, one knob each. */
const DEPARTURES: Readonly<Record<string, (o: CompareOptions) => Partial<Setting>>> = {
  "plain": () => ({}),
  "noisy labels": ({ noise }) => ({ noise }),
  "poor overlap": () => ({ overlap: 1.5 }),
  "quality beyond policies": () => ({ complexity: 0.5 }),
  "few labels": ({ n }) => ({ n: Math.ceil(n / 4) }),
};

/** Columns of the heat map. */
function conditionsOf(o: CompareOptions): Condition[] {
  return extremes(o.confounding).flatMap((confounding) =>
    Object.keys(DEPARTURES).map((setting) => ({ setting, confounding }))
  );
}

/** The setting of a condition. */
export function departureOf({ setting, confounding }: Condition, options: CompareOptions): Setting {
  return { ...CENTRE, n: options.n, confounding: Number(confounding), ...DEPARTURES[setting](options) };
}

function nameOf({ setting, confounding }: Condition, o: CompareOptions): string {
  const { least, most } = ends(o);
  if (confounding === 0) return String(setting);
  return confounding === least && least < most ? `${setting}, at ${least}` : `${setting}, confounded`;
}

/** Mean rank of every learner in every condition `[conditions][arms]`. */
function meanRanks(view: View, arms: readonly string[]): number[][] {
  return view.conditions.map((condition) => seedRanks(valuesOf(view, arms, condition)).map(mean));
}

function heatMap(collection: Collection, view: View, o: CompareOptions): FigureSpec[] {
  const ordered = armsOf(collection, view, "pairs", "reward", "other", "outcomes");
  const arms = ordered.length > 0 ? ordered : learners(view);
  if (arms.length < 2) return [];
  const byCondition = meanRanks(view, arms);
  const data = arms.flatMap((arm, k) =>
    view.conditions.map((condition, c) => ({
      arm,
      condition: nameOf(condition, o),
      rank: byCondition[c][k],
      value: mean(view.series(arm, "value", condition).values),
      shown: byCondition[c][k].toFixed(1),
    }))
  );
  const spread = arms.map((arm, k) => {
    const own = byCondition.map((row) => row[k]);
    return { arm, best: Math.min(...own), worst: Math.max(...own) };
  });
  const most = spread.toSorted((a, b) => (b.worst - b.best) - (a.worst - a.best))[0];
  const steady = spread.toSorted((a, b) => a.worst - b.worst)[0];
  return [{
    id: "ranks",
    kind: "cells",
    data,
    x: "condition",
    by: "arm",
    value: "rank",
    text: "shown",
    domain: [arms.length, 1],
    xLabel: "condition",
    yLabel:
      `mean rank by value among ${arms.length} methods over ${o.seeds} seeds: 1 is best, with the strongest shade`,
    caption: `${label(most.arm)} moves most, from mean rank ${most.best.toFixed(1)} to ` +
      `${most.worst.toFixed(1)}; the steadiest is ${label(steady.arm)}, at worst ` +
      `${steady.worst.toFixed(1)}.`,
    alt: "Heat map of mean ranks: methods by conditions, without and with confounding.",
  }];
}

/** Winners by condition, from the rows. */
function whichWhen(view: View, o: CompareOptions): TableSpec {
  const arms = learners(view);
  const rows = view.conditions.map((condition) => {
    const values = valuesOf(view, arms, condition);
    const { moved, arms: [best, ...near] } = bestIn(view, condition, arms);
    const worst = values.map(mean).reduce((low, v, k, all) => v < all[low] ? k : low, 0);
    const { estimate, lower, upper } = view.mean(best, "value", condition);
    return {
      condition: nameOf(condition, o),
      best,
      moved: moved ? "yes" : "no",
      value: estimate,
      lower,
      upper,
      regret: mean(view.series(best, "regret", condition).values),
      near: near.length > 0 ? labels(near) : "—",
      worst: arms[worst],
      least: mean(values[worst]),
    };
  });
  return {
    id: "which-when",
    caption:
      "Which method when: the highest mean value, whether it beats the untrained π0, and the methods whose paired difference to it has a 95% interval " +
      "that reaches 0. The best of many is picked on the same seeds, so its value is a little flattered.",
    columns: [
      { key: "condition", label: "condition" },
      { key: "best", label: "highest", method: true },
      { key: "moved", label: "beats π0" },
      { key: "value", label: "value", digits: 3, lower: "lower", upper: "upper" },
      { key: "regret", label: "regret", digits: 3 },
      { key: "near", label: "not separated from it" },
      { key: "worst", label: "worst", method: true },
      { key: "least", label: "its value", digits: 3 },
    ],
    rows,
  };
}

function valueTable(view: View, o: CompareOptions): TableSpec {
  return {
    id: "conditions",
    caption: "Value at equal KL of every method in every condition.",
    columns: [
      { key: "condition", label: "condition" },
      { key: "arm", label: "method", method: true },
      { key: "value", label: "value", digits: 3, lower: "lower", upper: "upper", better: "higher" },
      { key: "regret", label: "regret", digits: 3 },
    ],
    rows: view.summary("value").map((row) => {
      const condition = { setting: row.setting, confounding: row.confounding };
      return {
        condition: nameOf(condition, o),
        ...row,
        regret: mean(view.series(row.arm, "regret", condition).values),
      };
    }),
  };
}

type Told = Pick<Claim<CompareOptions>, "kind" | "id" | "statement" | "source" | "paper" | "note">;

/** A claim that one method is ahead of another in a setting. */
const aheadIn = (
  [arm, other]: readonly [string, string],
  setting: string,
  where: "least" | "most",
  told: Told,
): Claim<CompareOptions> => ({
  ...told,
  quantity: `value, ${label(arm)} − ${label(other)}: ${setting}, ${
    where === "least" ? "without" : "at full"
  } confounding`,
  rule: above(0),
  unit: "paired seeds",
  arms: [arm, other],
  needs: where === "least" ? without : full,
  evidence: (view, o) => view.paired(arm, other, "value", { setting, confounding: ends(o)[where] }),
});

/** A claim that a departure costs one method more value than another. */
const costsMore = ([arm, other]: readonly [string, string], setting: string, told: Told): Claim<CompareOptions> => ({
  ...told,
  quantity: `value lost from plain to ${setting}, ${label(arm)} − ${label(other)}, without confounding`,
  rule: above(0),
  unit: "paired seeds",
  arms: [arm, other],
  needs: without,
  evidence(view, o) {
    const { least: confounding } = ends(o);
    const lost = (id: string) => {
      const [plain, changed] = ["plain", setting].map((s) =>
        view.series(id, "value", { setting: s, confounding }).values
      );
      return plain.map((v, r) => v - changed[r]);
    };
    return pairedDifference(lost(arm), lost(other));
  },
});

export function conditionsQuestion(collection: Collection): Question<CompareOptions> {
  return question({
    id: "conditions",
    asks: "Which method is best where?",
    part: "synthetic",
    method: `${PROTOCOL} One knob at a time departs from the plain condition: a share of readers whose reaction is ` +
      "recorded the wrong way round, a logging law with strong tastes of its own, quality half of which lies in products " +
      "of features that reward models see, a quarter of the labels; each with readers who are shown the same whatever they like " +
      "(noise only), and with confounding.",
    arms: collection.ids,
    tensors: true,
    block: 20,
    seeds: ({ seeds }: CompareOptions) => seeds,
    conditions: conditionsOf,
    run: (context) => collection.run(context, departureOf(context.condition, context.options)),
    claims: [
      costsMore(["dpo", "ipo"], "noisy labels", {
        id: "ipo-noise",
        statement: "Noisy labels cost DPO more than IPO",
        source: "Azar et al., 2310.12036",
        paper: "IPO does not overfit to preferences that look deterministic",
      }),
      aheadIn(["ssapo-probability", "dpo"], "noisy labels", "least", {
        id: "ssapo-noise",
        statement: "With noisy labels SSAPO beats DPO",
        source: "Chu et al., 2502.18099, label-noise study",
        paper:
          "with a quarter of seed labels flipped, win rates fall from 26.9 to 19.7 (Mistral), rise from 33.3 to 43.7 (Llama)",
        note: "Without self-annotation: the follower and the leader on the same pairs.",
      }),
      costsMore(["cpo", "dpo"], "poor overlap", {
        kind: "question",
        id: "overlap-costs-cpo",
        statement: "Poor overlap costs CPO more than DPO",
        source: "known limit of importance weights",
        paper: "needs overlap",
      }),
      aheadIn(["dr-cpo", "cpo"], "poor overlap", "least", {
        id: "dr-poor-overlap",
        statement: "Under poor overlap DR-CPO beats CPO",
        source: "motivation of DR-CPO: lower variance",
        paper: "lower variance",
      }),
      aheadIn(["rlhf-fixed", "dpo"], "quality beyond policies", "least", {
        id: "two-stages",
        statement: "Where quality is beyond the policy class but not the reward model, RLHF beats DPO",
        source: "Yun et al., 2506.01523: reward class against policy class",
        paper: "methods with a reward model have the smaller class to learn",
      }),
      aheadIn(["distill-fresh", "pmle"], "quality beyond policies", "least", {
        id: "distillation-beats-pmle",
        statement: "Where quality is beyond the policy class but not the reward model, distillation beats PMLE",
        source: "Yun et al., 2506.01523: reward class against policy class",
        paper: "win rates 73.8 against 49.1 (2.8B), 83.9 against 59.0 (6.9B)",
      }),
      {
        kind: "question",
        id: "no-winner",
        statement: "No one order of methods holds in all conditions: rank correlations average below 0.8",
        source: "our question, in no paper",
        paper: "not reported",
        quantity: "rank correlation of mean values, averaged over all pairs of conditions",
        rule: below(0.8),
        unit: "seeds",
        arms: CORE,
        evidence(view) {
          const arms = learners(view), count = arms.length;
          const series = view.conditions.flatMap((c) => arms.map((arm) => view.series(arm, "value", c)));
          return view.statistic(series, (values) => {
            const means = values.map(mean);
            const orders = view.conditions.map((_, c) => means.slice(c * count, (c + 1) * count));
            return mean(orders.flatMap((a, i) => orders.slice(0, i).map((b) => rankCorrelation(a, b))));
          }, "rough");
        },
      },
    ],
    figures: (view, o) => heatMap(collection, view, o),
    tables: (view, o) => [whichWhen(view, o), valueTable(view, o)],
  });
}
