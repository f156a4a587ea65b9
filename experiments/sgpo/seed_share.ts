/**
 * How many labels the seed needs.
 *
 * @module
 */
import { formatPercent } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { all, some } from "../../lib/run/needs.ts";
import { summaryLines } from "../../lib/run/view.ts";
import { above } from "../../lib/statistics/claims.ts";
import { aRadius } from "./needs.ts";
import type { SgpoOptions } from "./options.ts";
import { type Cell, convergedNote, detectable, differenceClaim, extremes, roundTable, told } from "./reading.ts";
import { outcomesOf, POOLS, roundMetrics } from "./study.ts";

const LAST = POOLS.length;
const fewest = (o: SgpoOptions) => Math.min(...o.seedShares);
/** Where all pairs have labels, there is nothing to annotate. */
const fewLabels = all<SgpoOptions>(
  some("seedShares", (share) => share <= 0.5, "a value of --seed-shares of 0.5 or less"),
  aRadius,
);
const cell = (arm: string, name: string, o: SgpoOptions): Cell => ({
  arm,
  metric: `${name}-${LAST}`,
  at: { share: fewest(o) },
});

export const seedShare = question({
  id: "seed-share",
  asks: "How few labels are enough?",
  part: "synthetic",
  method:
    "The loop of the rounds above. The share of the pairs with a human label grows to all of them, where nothing is left to annotate " +
    "and the arms that start from DPO are one. Labels are not flipped.",
  arms: ["dpo-all", "dpo-seed", "self-dpo", "ssapo-margin", "ssapo-probability", "pair-ranker"],
  conditions: ({ seedShares }: SgpoOptions) => seedShares.map((share) => ({ share })),
  seeds: ({ seeds }) => seeds,
  run: (context) => {
    const { options: o, condition } = context;
    return roundMetrics(outcomesOf(context, { seedShare: Number(condition.share), epsilon: o.epsilon }), o);
  },
  claims: [
    differenceClaim(
      {
        id: "seed-share-gain",
        statement: "With the fewest labels, self-annotation with SSAPO gains over DPO on the seed",
        source: "table 1",
        paper: "length-controlled win rate 24.44 over 9.03",
        quantity: "gain, SSAPO in probability space − DPO on the seed, smallest share",
        rule: above(0),
        needs: fewLabels,
      },
      (o) => [cell("ssapo-probability", "gain", o), cell("dpo-seed", "gain", o)],
      ["ssapo-probability", "dpo-seed"],
    ),
    differenceClaim(
      {
        kind: "question",
        id: "seed-share-ranking",
        statement: "With the fewest labels it ranks as well as DPO on all of them, within 0.02",
        source: "2K of 60K labels in the paper's runs",
        paper: "length-controlled win rate 24.44 over 11.75 of a model with all labels",
        quantity: "share ranked right, SSAPO in probability space − DPO on all labels, smallest share",
        rule: above(-0.02),
        needs: fewLabels,
      },
      (o) => [cell("ssapo-probability", "accuracy", o), cell("dpo-all", "accuracy", o)],
      ["ssapo-probability", "dpo-all"],
    ),
  ],
  figures: (view, o) => [
    {
      id: "seed-share-gain",
      ...summaryLines,
      data: view.summary(`gain-${LAST}`),
      x: "share",
      xScale: "log",
      xLabel: "share of pairs with a human label",
      yLabel: "E_π r* − E_ref r*, held out",
      caption: told(
        view,
        `With ${formatPercent(fewest(o), 1)} of the labels SSAPO in probability space gains over DPO on the seed by`,
        cell("ssapo-probability", "gain", o),
        cell("dpo-seed", "gain", o),
      ) + told(
        view,
        "Over self-DPO it gains",
        cell("ssapo-probability", "gain", o),
        cell("self-dpo", "gain", o),
      ) + told(
        view,
        "With a label on every pair it gains",
        { ...cell("ssapo-probability", "gain", o), at: { share: Math.max(...o.seedShares) } },
        { ...cell("self-dpo", "gain", o), at: { share: Math.max(...o.seedShares) } },
        "",
      ) + `With the fewest labels, ${extremes(view, `gain-${LAST}`, { share: fewest(o) })}.`,
      alt: "True reward gained against the share of labelled pairs, one line per arm.",
    },
    {
      id: "seed-share-ranking",
      ...summaryLines,
      data: view.summary(`accuracy-${LAST}`),
      x: "share",
      xScale: "log",
      xLabel: "share of pairs with a human label",
      yLabel: "pairs of responses ranked right",
      caption: told(
        view,
        `With ${formatPercent(fewest(o), 1)} of the labels, DPO on all of them ranks better than SSAPO by`,
        cell("dpo-all", "accuracy", o),
        cell("ssapo-probability", "accuracy", o),
      ) + told(
        view,
        "Self-DPO ranks better than DPO on the seed by",
        cell("self-dpo", "accuracy", o),
        cell("dpo-seed", "accuracy", o),
      ) + `There, ${extremes(view, `accuracy-${LAST}`, { share: fewest(o) })}.`,
      alt: "Share of response pairs ranked right against the share of labelled pairs, one line per arm.",
    },
  ],
  tables: (view) => [
    roundTable(view, "seed-share", "Exact measures after the last round.", [{ key: "share", label: "share" }], LAST),
  ],
  notes: (view, o) => [
    convergedNote(view),
    ...detectable(
      view,
      "a difference in ranking between SSAPO and self-DPO",
      cell("ssapo-probability", "accuracy", o),
      cell("self-dpo", "accuracy", o),
    ),
  ],
});
