/**
 * What the questions on made worlds show: figures, tables and notes, each spread into its question.
 *
 * @module
 */
import { labels } from "../../lib/report/captions.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import type { Row } from "../../lib/report/types.ts";
import { curve, dots, type Knob, range, ranging } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { detectable } from "../../lib/run/notes.ts";
import type { Place } from "../../lib/run/place.ts";
import type { Metric } from "../../lib/run/quantity.ts";
import { centre, summaryLines, type View } from "../../lib/run/view.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { type PairSource, pairSources } from "../../lib/worlds/revisions.ts";
import type { Optimiser } from "./descent.ts";
import { objectiveIds, objectives } from "./objectives.ts";
import type { SyntheticOptions } from "./options.ts";
import * as terms from "./terms.ts";
import {
  atMiddleKl,
  chosen,
  dataLabel,
  end,
  gainAtKl,
  gainMean,
  middle,
  noisy,
  on,
  reached,
  rejected,
} from "./terms.ts";

/** One panel, and in tables a label, a kind of data. */
const DATA = { key: "data", label: "data", method: true };
const PANELS = { key: "data", methods: true };
const START = [{ value: 0, label: "π0" }];
const NOISE: Knob = { x: "noise", xLabel: "chance that a pair is marked the wrong way round" };

/** Some objectives in words. */
export const named = (arms: readonly string[]): string => arms.length > 0 ? labels(arms) : "no objective";

/** The objective with the most of a metric on each kind of data, in words. */
function best(
  view: View,
  o: SyntheticOptions,
  metric: Metric,
  at: (data: PairSource) => Place<SyntheticOptions>,
  among: (data: PairSource) => readonly string[] = () => view.arms,
): string {
  return pairSources.map((data) => {
    const value = (arm: string) => centre(view, arm, metric.name, at(data).of(o));
    const [first] = among(data).toSorted((a, b) => value(b) - value(a));
    return `${dataLabel(data)}: ${first === undefined ? "none" : `${labels([first])} ${formatNumber(value(first))}`}`;
  }).join("; ");
}

export const contrast: Drawn<SyntheticOptions> = {
  figures: (view, o) =>
    ([
      ["contrast-nuisance-distance", terms.nuisance],
      ["contrast-jaccard", terms.jaccard],
      ["contrast-levenshtein", terms.levenshtein],
    ] as const).map(([id, metric]) => dots(view, metric, { id, caption: ranging(view, o, metric, terms.here) })),
  tables: (view) => [
    measuresTable(view, {
      id: "contrast",
      caption: "What pairs differ in, and how their winners compare with the policy's mean response.",
      conditions: [],
      measures: [
        terms.nuisance,
        terms.jaccard,
        terms.levenshtein,
        terms.rewardDifference,
        terms.winnerAbovePolicy,
        terms.rightOrder,
      ],
    }),
  ],
};

/** Places of arrows on an axis, so that some stand around all of these values. */
function placesAround(values: readonly number[]): number[] {
  const low = Math.floor(Math.min(...values) - 0.5), high = Math.ceil(Math.max(...values) + 0.5);
  return Array.from({ length: 11 }, (_, i) => low + (high - low) * i / 10);
}

/** Arrows and paths of each objective: minus the slopes of its loss, as descent goes, and mean rewards along training. */
function fieldRows(view: View, o: SyntheticOptions): Row[] {
  const { beta } = o, shown = objectiveIds.filter((arm) => view.arms.includes(arm));
  const stations = shown.flatMap((arm) =>
    terms.SHOWN.flatMap((data) =>
      [0, ...terms.shownEpochs(o)].map((epoch) => {
        const reward = ({ name }: Metric) => epoch === 0 ? 0 : centre(view, arm, name, { data, epoch });
        return { arm, data, epoch, x: reward(terms.rewardChosen), y: reward(terms.rewardRejected) };
      })
    )
  );
  const across = placesAround(stations.map(({ x }) => x)), up = placesAround(stations.map(({ y }) => y));
  return shown.flatMap((id): Row[] => {
    const loss = objectives[id](beta), objective = labelOf(id), out = new Float64Array(3);
    const arrows = across.flatMap((x) =>
      up.map((y) => {
        loss(x / beta, y / beta, 0, 0, out);
        const [, w, l] = out;
        return { objective, data: null, epoch: null, x, y, dx: -w / beta + 0, dy: -l / beta + 0 };
      })
    );
    const path = stations.filter(({ arm }) => arm === id).map(({ arm: _, ...at }) => (
      { objective, ...at, dx: null, dy: null }
    ));
    return [...arrows, ...path];
  });
}

export const field: Drawn<SyntheticOptions> = {
  figures: (view, o) => [{
    id: "field",
    kind: "field",
    data: fieldRows(view, o),
    panel: "objective",
    x: "x",
    y: "y",
    dx: "dx",
    dy: "dy",
    by: "data",
    xLabel: "reward of the winner, r_w",
    yLabel: "reward of the loser, r_l",
    caption: `After ${o.epochs} epochs of SGD on CLAIR pairs r_w is ${
      range(view, o, terms.rewardChosen, end("clair"))
    }. Arrows, as long as the root of the slope: descent on one pair.`,
    alt:
      "One panel per objective: the gradient field in the plane of winner's and loser's reward, with mean training " +
      "paths on CLAIR and on off-policy data.",
  }],
  tables: (view, o) => [
    measuresTable(view, {
      id: "field",
      caption: "Mean rewards of pairs after the last epoch, and slopes before training, at β = 1.",
      conditions: [DATA],
      where: ({ epoch }) => epoch === o.epochs,
      measures: [terms.rewardChosen, terms.rewardRejected, terms.firstSlopeChosen, terms.firstSlopeRejected],
    }),
  ],
  notes: () => [
    "DPO and IPO see the difference of rewards only; arrows of KTO and both forms of APO also fade far from 0.",
    "Before training the slope on winners is 0 for APO-down, −1/4 for APO-zero and −1/2 for DPO (section 4): derivatives of the " +
    "losses, and so tests of the code and no claims.",
  ],
};

export const likelihood: Drawn<SyntheticOptions> = {
  figures: (view, o) =>
    ([["likelihood-winners", chosen, "winners"], ["likelihood-losers", rejected, "losers"]] as const).map(
      ([id, metric, who]) => {
        const raised = (data: PairSource) =>
          named(view.arms.filter((arm) => centre(view, arm, metric.name, end(data).of(o)) > 0));
        return curve(view, metric, {
          id,
          knob: { x: "epoch", xScale: "log", xLabel: "epochs" },
          panels: PANELS,
          references: START,
          caption: `After ${o.epochs} epochs of SGD ${who} are likelier than at the start under ${
            terms.SHOWN.map((data) => `${raised(data)} on ${dataLabel(data)}`).join(", under ")
          }.`,
        });
      },
    ),
  tables: (view, o) => [
    measuresTable(view, {
      id: "likelihood",
      caption: "Mean change of log π(y|x) over training pairs after the first epoch, and after the last.",
      conditions: [DATA, { key: "epoch", label: "epochs" }],
      where: ({ epoch }) => epoch === 1 || epoch === o.epochs,
      measures: [{ ...chosen, label: "winners" }, { ...rejected, label: "losers" }],
    }),
  ],
};

export const gain: Drawn<SyntheticOptions> = {
  figures: (view, o) =>
    ([
      ["gain-sgd", gainMean, "SGD"],
      ["gain-adam", gainMean, "Adam"],
      ["gain-max", terms.gainMax, "SGD"],
    ] as const).map(([id, metric, optimiser]) =>
      dots(view, metric, {
        id,
        panels: PANELS,
        where: (c) => c.optimiser === optimiser,
        references: START,
        caption: `Objectives ahead by ${metric.label}, with ${optimiser}. ${
          best(view, o, metric, (data) => on(data, optimiser))
        }.`,
      })
    ),
  tables: (view) => [
    measuresTable(view, {
      id: "gain",
      caption: "Gains in true reward over π0, over a checkpoint per epoch, and where training ended.",
      conditions: [DATA, { key: "optimiser", label: "optimiser" }],
      measures: [gainMean, terms.gainMax, terms.gainLast, terms.klLast, terms.gradientNorm],
    }),
  ],
  notes: (view, o) => detectable(view, o, gainMean.of("apo-zero", on("clair")).minus("dpo")),
};

/** Objectives all of whose runs got to the middle KL by themselves. */
const gotThere = (view: View, o: SyntheticOptions, data: PairSource, optimiser: Optimiser) =>
  view.arms.filter((arm) =>
    Math.min(...view.series(arm, reached.name, atMiddleKl(data, optimiser).of(o)).values) === 1
  );

export const frontier: Drawn<SyntheticOptions> = {
  figures: (view, o) =>
    ([["frontier-sgd", "SGD"], ["frontier-adam", "Adam"]] as const).map(([id, optimiser]) =>
      curve(view, gainAtKl, {
        id,
        knob: { x: "kl", xScale: "log", xLabel: "KL(π ‖ π0), nats" },
        panels: PANELS,
        where: (c) => c.optimiser === optimiser,
        references: START,
        caption: `Objectives ahead at ${middle(o)} nats, of those that got there with ${optimiser} on every seed. ${
          best(view, o, gainAtKl, (data) => atMiddleKl(data, optimiser), (data) => gotThere(view, o, data, optimiser))
        }.`,
      })
    ),
  tables: (view) => [
    measuresTable(view, {
      id: "frontier",
      caption: "Gain at equal KL, and the share of seeds whose run got there by itself.",
      conditions: [DATA, { key: "optimiser", label: "optimiser" }, { key: "kl", label: "KL" }],
      measures: [gainAtKl, reached],
    }),
  ],
  notes(view, o) {
    const prolonged = view.arms.flatMap((arm) => view.conditions.map((c) => 1 - centre(view, arm, reached.name, c)));
    return [
      `${formatPercent(mean(prolonged))} of the points are of runs that were prolonged: they say where a direction ` +
      "leads, not what training reaches.",
      ...detectable(view, o, gainAtKl.of("apo-zero", atMiddleKl("clair")).minus("dpo")),
    ];
  },
};

export const noise: Drawn<SyntheticOptions> = {
  figures(view, o) {
    const most = Math.max(...o.noises);
    const leads = view.arms.flatMap((arm) =>
      o.noises.map((noise) => {
        const gains = (data: PairSource) => gainMean.of(arm, { words: dataLabel(data), of: () => ({ data, noise }) });
        const { estimate: value, lower, upper, n: seeds } = gains("clair").minus(gains("on-policy")).evidence(view, o);
        return { arm, noise, value, lower, upper, seeds };
      })
    );
    const where = (apart: (row: typeof leads[number]) => boolean) =>
      named(leads.filter((row) => row.noise === most && apart(row)).map(({ arm }) => arm));
    return [
      curve(view, gainMean, {
        id: "noise",
        knob: NOISE,
        panels: PANELS,
        references: START,
        caption: `Objectives ahead at a noise of ${most}. ${best(view, o, gainMean, noisy)}.`,
      }),
      {
        id: "noise-lead",
        ...summaryLines,
        ...NOISE,
        data: leads,
        yLabel: "mean gain from CLAIR − from on-policy judge",
        references: [{ value: 0, label: "equal" }],
        caption: `At a noise of ${most} revisions gain more than judged pairs of the model's own under ${
          where(({ lower }) => lower > 0)
        }, less under ${where(({ upper }) => upper < 0)}.`,
        alt:
          "Difference in mean gain between CLAIR and on-policy judged data against label noise, one line per objective.",
      },
    ];
  },
  tables: (view) => [
    measuresTable(view, {
      id: "noise",
      caption: "Mean gain over checkpoints under label noise.",
      conditions: [DATA, { key: "noise", label: "noise" }],
      measures: [gainMean],
    }),
  ],
  notes: (view, o) => detectable(view, o, gainMean.of("dpo", noisy("clair")).minus(noisy("on-policy"))),
};
