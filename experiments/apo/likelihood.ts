/**
 * Where each objective takes the likelihood of winners and losers.
 *
 * @module
 */
import { formatFixed } from "../../lib/report/numbers.ts";
import { type Claim, type Condition, question } from "../../lib/run/experiment.ts";
import { over } from "../../lib/run/needs.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import { above, below, type Rule } from "../../lib/statistics/claims.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { type PairSource, pairSources } from "../../lib/worlds/revisions.ts";
import { objectiveIds } from "./objectives.ts";
import type { SyntheticOptions } from "./options.ts";
import { emptyCache, movement, PROTOCOL, runsOf, shownEpochs } from "./runs.ts";
import { dataLabel, differenceBetween, label, overData } from "./study.ts";

const early = (data: PairSource) => ({ data, epoch: 1 });
const late = (o: SyntheticOptions, data: PairSource) => ({ data, epoch: o.epochs });

function movementClaim(
  id: string,
  statement: string,
  arm: string,
  [metric, when]: readonly ["chosen" | "rejected", "first" | "last"],
  rule: Rule,
  paper: string,
): Claim<SyntheticOptions> {
  return {
    id,
    statement,
    source: "section 4: gradients, and likelihood along training",
    paper,
    quantity: `mean change of log π of ${metric === "chosen" ? "winners" : "losers"}, ${
      label(arm)
    }, CLAIR, ${when} epoch`,
    rule,
    unit: "seeds",
    arms: [arm],
    ...when === "last" && { needs: over<SyntheticOptions>("epochs", 1) },
    evidence: (view, o) => view.mean(arm, metric, when === "first" ? early("clair") : late(o, "clair")),
  };
}

/** Lines over epochs, one panel a kind of data. */
function movementFigure(view: View, o: SyntheticOptions, metric: "chosen" | "rejected") {
  const who = metric === "chosen" ? "winners" : "losers";
  const ends = (data: PairSource) =>
    view.arms.map((arm) => ({ arm, value: view.mean(arm, metric, late(o, data)).estimate }));
  const told = pairSources.map((data) => {
    const all = ends(data),
      side = (sign: number) =>
        all.filter(({ value }) => sign * value > 0).toSorted((a, b) => sign * (b.value - a.value))
          .map(({ arm, value }) => `${label(arm)} ${formatFixed(value, 1)}`).join(", ");
    const up = side(1), down = side(-1);
    const short = metric === "chosen"
      ? up && `up ${up}` || "all down"
      : up && `up ${up}` || `all down, most ${down.split(",")[0]}`;
    return `${dataLabel(data)}: ${short}`;
  });
  return {
    id: `likelihood-${who}`,
    ...summaryLines,
    data: view.summary(metric).map((row) => ({ ...row, panel: dataLabel(String((row as Condition).data)) })),
    x: "epoch",
    xScale: "log" as const,
    panel: "panel",
    xLabel: "epochs",
    yLabel: `mean change of log π(y|x) of ${who}, nats`,
    references: [{ value: 0, label: "π0" }],
    caption: `Where ${who} end after ${o.epochs} epochs of SGD. ${told.join("; ")}. Bands are 95% over seeds.`,
    alt:
      `Mean change of the log-likelihood of ${who} along training, one line per objective, one panel per kind of data.`,
  };
}

export const likelihood = question({
  id: "likelihood",
  asks: "Does the likelihood of winners rise, and that of losers fall?",
  part: "synthetic",
  method: `${PROTOCOL}Changes of log π(y|x) are averages over the training pairs, with SGD.`,
  arms: objectiveIds,
  seeds: ({ seeds }: SyntheticOptions) => seeds,
  conditions: (o) => overData(shownEpochs(o).map((epoch) => ({ epoch }))),
  shares: ({ data }) => String(data),
  prepare: emptyCache,
  run(context) {
    const { data, epoch } = context.condition as { data: PairSource; epoch: number };
    const runs = runsOf(context, { data, optimiser: "SGD", noise: 0 });
    const moved = runs.map((run) => movement(run, run.checkpoints[epoch]));
    return { chosen: moved.map(({ chosen }) => chosen), rejected: moved.map(({ rejected }) => rejected) };
  },
  claims: [
    movementClaim(
      "zero-raises-winners-early",
      "APO-zero raises winners at first",
      "apo-zero",
      ["chosen", "first"],
      above(0),
      "up",
    ),
    movementClaim(
      "zero-raises-winners",
      "And they are still up at the end",
      "apo-zero",
      ["chosen", "last"],
      above(0),
      "up",
    ),
    movementClaim("zero-lowers-losers", "APO-zero lowers losers", "apo-zero", ["rejected", "last"], below(0), "down"),
    movementClaim(
      "down-lowers-winners",
      "APO-down comes to lower winners",
      "apo-down",
      ["chosen", "last"],
      below(0),
      "down",
    ),
    {
      id: "down-lowers-losers-more",
      statement: "And it lowers losers further",
      source: "section 4: gradients, and likelihood along training",
      paper: "both down, losers more",
      quantity: "mean change of log π, winners − losers, APO-down, CLAIR, last epoch",
      rule: above(0),
      unit: "seeds",
      arms: ["apo-down"],
      evidence: (view, o) => {
        const [w, l] = (["chosen", "rejected"] as const).map((m) =>
          view.series("apo-down", m, late(o, "clair")).values
        );
        return pairedDifference(w, l);
      },
    },
    movementClaim("dpo-lowers-winners", "DPO lowers winners too", "dpo", ["chosen", "last"], below(0), "often down"),
    movementClaim("sft-raises-winners", "SFT raises winners", "sft", ["chosen", "last"], above(0), "up"),
    {
      kind: "question",
      id: "dpo-follows-data",
      statement: "What DPO does to winners depends on the data: they fare better on CLAIR than on off-policy data",
      source: "figure in the released README: DPO “?”",
      paper: "not fixed by the loss",
      quantity: "mean change of log π of winners, DPO, last epoch, CLAIR − off-policy judge",
      rule: above(0),
      unit: "paired seeds",
      arms: ["dpo"],
      evidence: (view, o) =>
        differenceBetween(view, "chosen", ["dpo", late(o, "clair")], ["dpo", late(o, "off-policy")]),
    },
  ],
  figures: (view, o) => [movementFigure(view, o, "chosen"), movementFigure(view, o, "rejected")],
  tables: (view, o) => [{
    id: "likelihood",
    caption: "Mean change of log π(y|x) over training pairs after the last epoch, and after the first.",
    columns: [
      { key: "from", label: "data" },
      { key: "arm", label: "objective", method: true },
      { key: "value", label: "winners", digits: 2, lower: "lower", upper: "upper" },
      { key: "loser", label: "losers", digits: 2 },
      { key: "first", label: "winners, first epoch", digits: 3 },
      { key: "firstLoser", label: "losers, first epoch", digits: 3 },
    ],
    rows: view.summary("chosen", { where: ({ epoch }) => epoch === o.epochs }).map((row) => {
      const data = (row as Condition).data as PairSource;
      return {
        ...row,
        from: dataLabel(data),
        loser: view.mean(row.arm, "rejected", late(o, data)).estimate,
        first: view.mean(row.arm, "chosen", early(data)).estimate,
        firstLoser: view.mean(row.arm, "rejected", early(data)).estimate,
      };
    }),
  }],
});
