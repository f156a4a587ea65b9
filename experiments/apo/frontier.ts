/**
 * Gains at one and the same distance from the starting policy.
 *
 * @module
 */
import { formatFixed, formatInterval, formatPercent } from "../../lib/report/numbers.ts";
import { type Claim, type Condition, question } from "../../lib/run/experiment.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import { above, NothingToTest } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { DivergenceError } from "../../lib/user_error.ts";
import { type PairSource, pairSources } from "../../lib/worlds/revisions.ts";
import { type Optimiser, optimisers } from "./descent.ts";
import { objectiveIds } from "./objectives.ts";
import type { SyntheticOptions } from "./options.ts";
import { emptyCache, PROTOCOL, runsOf, standing } from "./runs.ts";
import { atKl } from "./equal_kl.ts";
import { type Cell, dataLabel, detectable, differenceBetween, label, LEAST_GAIN, overData } from "./study.ts";

/** The KL in the middle of the list, where claims are tested. */
const middle = ({ kls }: SyntheticOptions) => kls.toSorted((a, b) => a - b)[Math.floor(kls.length / 2)];
const at = (o: SyntheticOptions, data: PairSource, optimiser: Optimiser = "SGD") => ({
  data,
  optimiser,
  kl: middle(o),
});

function frontierClaim(
  id: string,
  statement: string,
  cells: (o: SyntheticOptions) => readonly [Cell, Cell],
  quantity: string,
  paper: string,
  arms: readonly string[],
): Claim<SyntheticOptions> {
  return {
    kind: "question",
    id,
    statement: `${statement}, by ${LEAST_GAIN} or more`,
    source: "our addition: the paper does not compare at equal KL",
    paper,
    quantity: `gain at the middle KL of the list, ${quantity}`,
    rule: above(LEAST_GAIN),
    unit: "paired seeds",
    arms,
    evidence: (view, o) => {
      const both = cells(o), beyond = both.find((cell) => !gotThere(view, cell));
      if (beyond) {
        throw new NothingToTest(
          `this needs runs that get ${middle(o)} nats from π0 by themselves: some of ${label(beyond[0])} on ` +
            `${dataLabel(String(beyond[1].data))} ended before`,
        );
      }
      return differenceBetween(view, "gain", ...both);
    },
  };
}

/** Whether the runs of all seeds got to a KL by themselves; where one was prolonged, the point is not of training. */
const gotThere = (view: View, [arm, condition]: Cell): boolean =>
  Math.min(...view.series(arm, "reached", condition).values) === 1;

function frontierFigure(view: View, o: SyntheticOptions, optimiser: Optimiser) {
  const data = view.summary("gain", { where: (c) => c.optimiser === optimiser })
    .map((row) => ({ ...row, panel: dataLabel(String((row as Condition).data)) }));
  const told = pairSources.map((source) => {
    const there = view.arms.filter((arm) => gotThere(view, [arm, at(o, source, optimiser)]));
    const ranked = there.map((arm) => ({ arm, ...view.mean(arm, "gain", at(o, source, optimiser)) }))
      .toSorted((a, b) => b.estimate - a.estimate);
    if (ranked.length === 0) return `${dataLabel(source)}: no objective got there on every seed`;
    const [best] = ranked, worst = ranked[ranked.length - 1];
    const text = `${dataLabel(source)}: ${label(best.arm)} ${formatInterval(best.estimate, best.lower, best.upper)}`;
    return ranked.length > 1 ? `${text}, last ${label(worst.arm)} ${formatFixed(worst.estimate, 2)}` : text;
  });
  return {
    id: `frontier-${optimiser.toLowerCase()}`,
    ...summaryLines,
    data,
    x: "kl",
    xScale: "log" as const,
    panel: "panel",
    xLabel: "KL(π ‖ π0), nats",
    yLabel: "gain in true reward over π0",
    references: [{ value: 0, label: "π0" }],
    caption:
      `Gain at equal KL with ${optimiser}. At ${
        middle(o)
      } nats, first and last of those that got there on every seed: ${told.join("; ")}. ` +
      "Bands are 95% over seeds.",
    alt: `Gain in true reward against KL with ${optimiser}, one line per objective, one panel per kind of data.`,
  };
}

export const frontier = question({
  id: "frontier",
  asks: "And at the same distance from the starting policy?",
  part: "synthetic",
  method:
    `${PROTOCOL}Each run is read where it first is at a given KL, between checkpoints by a straight line in θ; a run ` +
    "that ends before is prolonged along the ray from π0, drawn and tabled, but named in no caption and tested in no claim. So neither step size nor number of steps decides.",
  arms: objectiveIds,
  seeds: ({ seeds }: SyntheticOptions) => seeds,
  conditions: ({ kls }) => overData(optimisers.flatMap((optimiser) => kls.map((kl) => ({ optimiser, kl })))),
  shares: ({ data, optimiser }) => `${data} ${optimiser}`,
  prepare: emptyCache,
  run(context) {
    const { data, optimiser, kl } = context.condition as { data: PairSource; optimiser: Optimiser; kl: number };
    const found = runsOf(context, { data, optimiser, noise: 0 }).map((run, r) => {
      const there = atKl(run.arena.candidates, run.checkpoints, run.arena.held, kl);
      if (!there) {
        throw new DivergenceError(
          `${kl} nats is farther from π0 than training goes, however long (arm ${context.arm}, seed ${
            context.seeds[r]
          }): ` +
            "ask for less with --kls, or for more --drafts or --versions",
        );
      }
      return { ...standing(run.arena, there.theta), reached: Number(there.reached) };
    });
    return {
      gain: found.map(({ gain }) => gain),
      "exact-kl": found.map(({ kl }) => kl),
      reached: found.map(({ reached }) => reached),
    };
  },
  claims: [
    frontierClaim(
      "equal-kl-zero-beats-dpo",
      "At equal KL, APO-zero on CLAIR data gains more than DPO",
      (o) => [["apo-zero", at(o, "clair")], ["dpo", at(o, "clair")]],
      "APO-zero − DPO, CLAIR, SGD",
      "APO best on every data set",
      ["apo-zero", "dpo"],
    ),
    frontierClaim(
      "equal-kl-zero-fits-clair",
      "At equal KL, APO-zero still gains more than APO-down on CLAIR data",
      (o) => [["apo-zero", at(o, "clair")], ["apo-down", at(o, "clair")]],
      "APO-zero − APO-down, CLAIR, SGD",
      "zero for better winners",
      ["apo-zero", "apo-down"],
    ),
    ...optimisers.map((optimiser) =>
      frontierClaim(
        `equal-kl-down-fits-off-policy-${optimiser.toLowerCase()}`,
        `At equal KL, APO-down gains more than APO-zero on off-policy data, with ${optimiser}`,
        (o) => [["apo-down", at(o, "off-policy", optimiser)], ["apo-zero", at(o, "off-policy", optimiser)]],
        `APO-down − APO-zero, off-policy judge, ${optimiser}`,
        "down best on off-policy data",
        ["apo-zero", "apo-down"],
      )
    ),
    frontierClaim(
      "equal-kl-clair-beats-stronger",
      "At equal KL, DPO gains more from revisions than from answers of the stronger model",
      (o) => [["dpo", at(o, "clair")], ["dpo", at(o, "stronger")]],
      "DPO on CLAIR − on stronger preferred, SGD",
      "CLAIR best",
      ["dpo"],
    ),
    frontierClaim(
      "equal-kl-clair-beats-judge",
      "At equal KL, DPO gains more from revisions than from judged pairs of the model's own",
      (o) => [["dpo", at(o, "clair")], ["dpo", at(o, "on-policy")]],
      "DPO on CLAIR − on on-policy judge, SGD",
      "CLAIR best",
      ["dpo"],
    ),
  ],
  figures: (view, o) => optimisers.map((optimiser) => frontierFigure(view, o, optimiser)),
  tables: (view) => [{
    id: "frontier",
    caption: "Gain at equal KL, and the share of seeds whose run got there by itself.",
    columns: [
      { key: "from", label: "data" },
      { key: "optimiser", label: "optimiser" },
      { key: "kl", label: "KL" },
      { key: "arm", label: "objective", method: true },
      { key: "value", label: "gain", digits: 3, lower: "lower", upper: "upper" },
      { key: "reached", label: "reached", digits: 2 },
    ],
    rows: view.summary("gain").map((row) => {
      const { data, optimiser, kl } = row as Condition;
      const reached = mean(view.series(row.arm, "reached", { data, optimiser, kl }).values);
      return { ...row, from: dataLabel(String(data)), reached };
    }),
  }],
  notes(view, o) {
    const prolonged = mean(
      view.arms.flatMap((arm) => view.conditions.map((c) => 1 - mean(view.series(arm, "reached", c).values))),
    );
    return [
      `${
        formatPercent(prolonged)
      } of the points are of runs that were prolonged: they say where a direction leads, not what ` +
      "training reaches.",
      ...detectable(view, "gain", ["apo-zero", at(o, "clair")], ["dpo", at(o, "clair")]),
    ];
  },
});
