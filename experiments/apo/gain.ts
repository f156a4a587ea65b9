/**
 * The paper's table: how much each objective gains from each kind of data, over the checkpoints of a run.
 *
 * @module
 */
import { formatFixed, formatInterval } from "../../lib/report/numbers.ts";
import { type Claim, type Condition, question } from "../../lib/run/experiment.ts";
import { summaryDots, type View } from "../../lib/run/view.ts";
import { above, below, type Evidence, type Rule } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { type PairSource, pairSources } from "../../lib/worlds/revisions.ts";
import { type Optimiser, optimisers } from "./descent.ts";
import { objectiveIds } from "./objectives.ts";
import type { SyntheticOptions } from "./options.ts";
import { emptyCache, PROTOCOL, runsOf, standing } from "./runs.ts";
import { dataLabel, detectable, differenceBetween, label, LEAST_GAIN, overData } from "./study.ts";

const at = (data: PairSource, optimiser: Optimiser = "SGD") => ({ data, optimiser });

type Told = Pick<Claim<SyntheticOptions>, "kind" | "id" | "statement" | "source" | "paper"> & { note?: string };
const QUALITATIVE = "results of the paper, as told in notes on it";

/** A claim that one cell of the table lies above another, both with the mean over checkpoints. */
function lead(
  [arm, here]: readonly [string, Condition],
  [other, there]: readonly [string, Condition],
  told: Told,
): Claim<SyntheticOptions> {
  const name = (id: string, c: Condition) => `${label(id)} on ${dataLabel(String(c.data))}`;
  return {
    ...told,
    statement: `${told.statement}, by ${LEAST_GAIN} or more`,
    quantity: `mean gain over checkpoints, ${name(arm, here)} − ${name(other, there)}, ${here.optimiser}`,
    rule: above(LEAST_GAIN),
    unit: "paired seeds",
    arms: [...new Set([arm, other])],
    evidence: (view) => differenceBetween(view, "gain-mean", [arm, here], [other, there]),
  };
}

/** A claim about one cell of the table. */
function cell(arm: string, here: Condition, rule: Rule, told: Told): Claim<SyntheticOptions> {
  return {
    ...told,
    quantity: `mean gain over checkpoints of ${label(arm)} on ${dataLabel(String(here.data))}, ${here.optimiser}`,
    rule,
    unit: "seeds",
    arms: [arm],
    evidence: (view) => view.mean(arm, "gain-mean", here),
  };
}

/** One cell minus the best of others, the best chosen anew in every resample. */
function leadOver(
  view: View,
  one: readonly [string, Condition],
  others: readonly (readonly [string, Condition])[],
): Evidence {
  const series = [one, ...others].map(([arm, condition]) => view.series(arm, "gain-mean", condition));
  return view.statistic(series, ([first, ...rest]) => mean(first) - Math.max(...rest.map(mean)));
}

function everyCell(data: readonly PairSource[], arm: string, here: PairSource): [string, Condition][] {
  return data.flatMap((d) =>
    objectiveIds.filter((id) => id !== arm || d !== here).map((id): [string, Condition] => [id, at(d)])
  );
}

/** A figure of one metric under one optimiser, one panel a kind of data. */
function cellsFigure(view: View, id: string, metric: string, optimiser: Optimiser, what: string) {
  const data = view.summary(metric, { where: (c) => c.optimiser === optimiser }).map((row) => ({
    ...row,
    panel: dataLabel(String(row.data)),
  }));
  const told = pairSources.map((source) => {
    const ranked = data.filter((row) => row.panel === dataLabel(source)).toSorted((a, b) => b.value - a.value);
    const [best] = ranked, worst = ranked[ranked.length - 1];
    const text = `${dataLabel(source)}: ${label(best.arm)} ${formatInterval(best.value, best.lower, best.upper)}`;
    return ranked.length > 1 ? `${text}, last ${label(worst.arm)} ${formatFixed(worst.value, 2)}` : text;
  });
  return {
    id,
    ...summaryDots,
    data,
    panel: "panel",
    xLabel: `${what} over checkpoints of the gain in true reward over π0`,
    references: [{ value: 0, label: "π0" }],
    caption: `${what} gain with ${optimiser}, best first. ${told.join("; ")}.`,
    alt: `${what} gain of each objective on each kind of data under ${optimiser}.`,
  };
}

export const gain = question({
  id: "gain",
  asks: "Which objective gains most from which data?",
  part: "synthetic",
  method:
    `${PROTOCOL}As in the paper, a run's score is the mean, and the maximum, over a checkpoint per epoch; all arms ` +
    "take the same number of steps with one step size an optimiser.",
  arms: objectiveIds,
  seeds: ({ seeds }: SyntheticOptions) => seeds,
  conditions: () => overData(optimisers.map((optimiser) => ({ optimiser }))),
  prepare: emptyCache,
  run(context) {
    const { data, optimiser } = context.condition as { data: PairSource; optimiser: Optimiser };
    const rows = runsOf(context, { data, optimiser, noise: 0 }).map(({ arena, checkpoints, gradientNorm }) => {
      const standings = checkpoints.slice(1).map((theta) => standing(arena, theta));
      const gains = standings.map(({ gain }) => gain);
      return {
        "gain-mean": mean(gains),
        "gain-max": Math.max(...gains),
        "gain-last": gains[gains.length - 1],
        "kl-last": standings[standings.length - 1].kl,
        "gradient-norm": gradientNorm,
      };
    });
    const names = Object.keys(rows[0]) as (keyof typeof rows[0])[];
    return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
  },
  claims: [
    lead(["apo-zero", at("clair")], ["apo-down", at("clair")], {
      id: "zero-fits-clair",
      statement: "Where winners are better than the model, APO-zero gains more than APO-down",
      source: "section 4: the variant must match the data",
      paper: "zero for better winners",
    }),
    lead(["apo-down", at("off-policy")], ["apo-zero", at("off-policy")], {
      id: "down-fits-off-policy",
      statement: "Where winners are worse than the model, APO-down gains more than APO-zero",
      source: "section 4: the variant must match the data",
      paper: "down best on off-policy data",
    }),
    lead(["apo-down", at("off-policy", "Adam")], ["apo-zero", at("off-policy", "Adam")], {
      kind: "question",
      id: "down-fits-off-policy-adam",
      statement: "And it does so with Adam as well as with SGD",
      source: "design check, not in the paper",
      paper: "one optimiser reported",
      note: "The score of a run mixes what a loss points at with how fast an optimiser goes there; see equal KL below.",
    }),
    cell("apo-down", at("clair"), below(0), {
      id: "down-hurts-on-clair",
      statement: "APO-down on CLAIR data makes the model worse",
      source: QUALITATIVE,
      paper: "negative",
    }),
    {
      id: "down-best-off-policy",
      statement: `APO-down is the best objective on off-policy data, by ${LEAST_GAIN} or more`,
      source: QUALITATIVE,
      paper: "best",
      quantity: "mean gain over checkpoints, APO-down − the best other objective, SGD",
      rule: above(LEAST_GAIN),
      unit: "seeds",
      arms: objectiveIds,
      evidence: (view) =>
        leadOver(view, ["apo-down", at("off-policy")], everyCell(["off-policy"], "apo-down", "off-policy")),
    },
    {
      id: "clair-zero-best",
      statement: `CLAIR with APO-zero gains more than every other combination, by ${LEAST_GAIN} or more`,
      source: "abstract",
      paper: "+7.65 points, the best",
      quantity: "mean gain over checkpoints, APO-zero on CLAIR − the best other combination, SGD",
      rule: above(LEAST_GAIN),
      unit: "seeds",
      arms: objectiveIds,
      evidence: (view) => leadOver(view, ["apo-zero", at("clair")], everyCell(pairSources, "apo-zero", "clair")),
    },
    lead(["apo-zero", at("clair")], ["dpo", at("clair")], {
      id: "zero-beats-dpo",
      statement: "On clean CLAIR data APO-zero gains more than DPO",
      source: "results of the paper",
      paper: "APO best on every data set",
      note: "At the start DPO's slope is twice that of APO-zero; see equal KL below.",
    }),
    ...(["dpo", "apo-zero", "apo-down"] as const).map((arm) =>
      lead([arm, at("clair")], [arm, at("stronger")], {
        id: `clair-beats-stronger-${arm}`,
        statement: `With ${label(arm)}, revisions teach more than answers of the stronger model`,
        source: "section 3: contrastive pairs",
        paper: "CLAIR best",
      })
    ),
    ...(["dpo", "apo-zero"] as const).map((arm) =>
      lead([arm, at("clair")], [arm, at("on-policy")], {
        id: `clair-beats-judge-${arm}`,
        statement: `With ${
          label(arm)
        } and labels without error, revisions teach more than judged pairs of the model's own`,
        source: "section 3: contrastive pairs",
        paper: "CLAIR best",
      })
    ),
    cell("dpo", at("stronger"), below(0), {
      id: "stronger-hurts",
      statement: "DPO on answers of the stronger model makes the model worse",
      source: QUALITATIVE,
      paper: "contrastive objectives hurt on Stronger Preferred",
    }),
    cell("sft", at("off-policy"), below(0), {
      id: "sft-hurts-off-policy",
      statement: "Fine-tuning on winners that are worse than the model makes it worse",
      source: "section 4",
      paper: "winners worse than the model must not become likelier",
    }),
    cell("sft", at("clair"), above(0), {
      id: "sft-helps-clair",
      statement: "Fine-tuning on revisions makes the model better",
      source: "section 4",
      paper: "winners better than the model",
    }),
  ],
  figures: (view) => [
    cellsFigure(view, "gain-sgd", "gain-mean", "SGD", "Mean"),
    cellsFigure(view, "gain-adam", "gain-mean", "Adam", "Mean"),
    cellsFigure(view, "gain-max", "gain-max", "SGD", "Best"),
  ],
  tables: (view) => [{
    id: "gain",
    caption: "Gains in true reward over π0, over a checkpoint per epoch, and where training ended.",
    columns: [
      { key: "from", label: "data" },
      { key: "optimiser", label: "optimiser" },
      { key: "arm", label: "objective", method: true },
      { key: "value", label: "mean gain", digits: 3, lower: "lower", upper: "upper" },
      { key: "max", label: "best gain", digits: 3 },
      { key: "last", label: "last gain", digits: 3 },
      { key: "kl", label: "last KL", digits: 2 },
      { key: "gradient", label: "last gradient", digits: 4 },
    ],
    rows: view.summary("gain-mean").map((row) => {
      const { data, optimiser } = row;
      const average = (metric: string) => mean(view.series(row.arm, metric, { data, optimiser }).values);
      return {
        ...row,
        from: dataLabel(String(data)),
        max: average("gain-max"),
        last: average("gain-last"),
        kl: average("kl-last"),
        gradient: average("gradient-norm"),
      };
    }),
  }],
  notes: (view) => detectable(view, "gain-mean", ["apo-zero", at("clair")], ["dpo", at("clair")]),
});
