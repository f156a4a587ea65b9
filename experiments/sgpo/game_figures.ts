/**
 * What the questions on the follower alone and on shifts show: figures, tables and notes, each spread into its question.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { formatNumber } from "../../lib/report/numbers.ts";
import type { Row } from "../../lib/report/types.ts";
import { curve, type Knob, ranging, sentence } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { centre, summaryLines, type View } from "../../lib/run/view.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { games } from "./games.ts";
import { isGame } from "./learner.ts";
import type { SgpoOptions } from "./options.ts";
import * as terms from "./terms.ts";
import { fewestPieces, free, gap, linear, lost, mostPieces, nearRadius, overDpo, worst } from "./terms.ts";

const PIECES: Knob = { x: "pieces", xScale: "log", xLabel: "K, affine pieces" };
const GROUP: Knob = { x: "group", xScale: "log", xLabel: "G, pairs of a group" };

/** Largest change of the distance moved between the fewest and the most pieces, over arms and seeds. */
function largestChange(view: View, o: SgpoOptions): number {
  return Math.max(...view.arms.flatMap((arm) => {
    const [few, many] = [fewestPieces, mostPieces].map((at) => view.series(arm, "moved", at.of(o)).values);
    return [...few].map((v, r) => Math.abs(v - many[r]));
  }));
}

export const pieces: Drawn<SgpoOptions> = {
  figures: (view, o) => [
    curve(view, gap, { id: "pieces", knob: PIECES, yScale: "log", caption: ranging(view, o, gap, mostPieces) }),
  ],
  tables: (view) => [measuresTable(view, {
    id: "pieces",
    caption:
      "The follower's program, solved exactly: its value, the exact worst case and its drop below the mean, the mean distance moved, the printed weights and the step they make.",
    conditions: [{ key: "pieces", label: "K" }],
    measures: [
      { name: "value", label: "v_K", digits: 4 },
      { name: "exact-value", label: "v*", digits: 4 },
      { name: "worst-drop", label: "drop", digits: 4 },
      { name: "moved", label: "moved", digits: 4 },
      { name: "printed-off", label: "max |w − 1|", largest: true },
      { name: "printed-distance", label: "max |θ − DPO|", largest: true },
    ],
  })],
  notes: (view, o) => [
    "Tests of the code, and not claims: v_K falls where knots nest (proposition 3.2); the worst law for one convex decreasing " +
    "loss is worst for all, its tangents included, so that an exact follower's answer, and the policy trained against it, do " +
    "not depend on K: differences in K (22.89, 23.20 and 19.05 for 5, 6 and 7 pieces in the paper) are those of a solver; " +
    "Σ_k s_ik = 1 is a constraint, so that the weights of algorithm 1, line 7 are 1 and its step is DPO's; without a window " +
    "the worst case is the mean loss plus ε (lemma 3.1).",
    `From the fewest to the most pieces the mean distance moved changes by at most ${
      formatNumber(largestChange(view, o))
    } here.`,
    ...view.arms.includes("ssapo-margin")
      ? [
        `Lemma 3.1 is off by ${
          formatNumber(10 ** Math.max(...view.series("ssapo-margin", "free-excess", fewestPieces.of(o)).values))
        } at most, with a window that ends at −10⁶.`,
      ]
      : [],
  ],
};

export const grouping: Drawn<SgpoOptions> = {
  figures(view, o) {
    return [curve(view, lost, { id: "grouping", knob: GROUP, caption: ranging(view, o, lost, terms.grouped) })];
  },
  tables: (view) => [measuresTable(view, {
    id: "grouping",
    caption: "Share of the adversary's gain that is lost in groups; the exact follower needs none.",
    conditions: [{ key: "group", label: "G" }],
    measures: [{ name: lost.name, label: "lost", digits: lost.digits }],
  })],
};

/** Regret over DPO's under the labels that are worst for DPO, one row a class of policies, arm and distance. */
function regretRows(view: View, o: SgpoOptions): Row[] {
  const arms = view.arms.filter((arm) => arm !== "dpo");
  return view.conditions.flatMap((condition) =>
    arms.flatMap((arm) =>
      o.distances.map((distance) => {
        const [own, dpo] = [arm, "dpo"].map((id) => view.series(id, `common-${distance}`, condition));
        // Where nothing shifts DPO has no regret to compare with.
        if (Math.min(...dpo.values) < terms.NO_REGRET) return undefined;
        const { estimate: value, lower, upper, n: seeds } = view.statistic([own, dpo], ([a, b]) => mean(a) / mean(b));
        return { ...condition, arm, distance, value, lower, upper, seeds };
      }).filter((row) => row !== undefined)
    )
  );
}

/** In how many worlds the search found a better worst value than a game's, and by how much, in words. */
function betterTold(view: View, o: SgpoOptions): string[] {
  if (!["dpo", "ssapo-margin"].every((arm) => view.arms.includes(arm))) return [];
  const { values } = terms.bestWorst.of("dpo", linear).minus(worst.of("ssapo-margin", linear)).series(view, o);
  return [
    `A log-linear policy with a better worst value than that of ${labelOf("ssapo-margin")} was found in ${
      values.filter((v) => v > 0).length
    } of ${values.length} worlds, better by ${formatNumber(mean(values))} on average and ${
      formatNumber(Math.max(...values))
    } at most.`,
  ];
}

/** Largest loss in the worst case over ε, of all arms and both classes. */
const largestDrop = (view: View, o: SgpoOptions) =>
  Math.max(
    ...view.arms.flatMap((arm) => view.conditions.flatMap((c) => [...view.series(arm, "worst-drop", c).values])),
  ) / o.gameRadius;

/** Which games settled, in words. */
function settledTold(view: View, o: SgpoOptions): string[] {
  return view.arms.filter((arm) => isGame(games[arm].loss)).flatMap((arm) =>
    view.conditions.map((c) => {
      const of = (metric: string) => [...view.series(arm, metric, c).values];
      const left = of("settled").filter((v) => v === 0).length, all = of("settled").length;
      return `${
        labelOf(arm)
      }, ${c.policies}: ${left} of ${all} games had not settled after at most ${o.alternations} ` +
        `turns (most taken ${Math.max(...of("turns"))}; largest last move of a margin ${
          formatNumber(Math.max(...of("movement")))
        }, largest gain left to the follower ${formatNumber(Math.max(...of("unanswered")))} nats).`;
    })
  );
}

export const shifts: Drawn<SgpoOptions> = {
  figures(view, o) {
    if (!view.arms.includes("dpo")) return [];
    const told = [free, linear].map((at) => {
      const ratios = ["ssapo-margin", "ssapo-probability"].flatMap((arm) =>
        sentence(view, o, overDpo(arm, "common", at), (ratio) => `${labelOf(arm)} ${ratio}`) || []
      );
      return ratios.length === 0 ? "" : `${at.words}: ${ratios.join(", ")}`;
    }).filter((one) => one !== "");
    const caption = told.length > 0
      ? `Regret over DPO's at ${nearRadius(o)}, labels worst for DPO. With ${told.join("; with ")}.`
      : "Regret over DPO's under the labels that are worst for DPO.";
    return [{
      id: "shifts",
      ...summaryLines,
      data: regretRows(view, o),
      x: "distance",
      yScale: "log",
      xLabel: "W1 of the shift, in reward",
      yLabel: "regret over DPO's",
      panel: "policies",
      references: [{ value: 1, label: "DPO" }],
      caption,
      alt: `Regret over DPO's against the distance of a shift, one panel per class of policies. ${caption}`,
    }];
  },
  tables(view, o) {
    const near = (shift: terms.Shift) => `${shift}-${nearRadius(o)}`;
    return [measuresTable(view, {
      id: "shifts",
      caption:
        "Regret at the distance nearest ε by kind of shift, share of pairs that each adversary turns, worst value within ε, largest distance of a margin from DPO's, and its largest move in the last turn of follower and leader.",
      conditions: [{ key: "policies", label: "policies" }],
      measures: [
        { name: near("adversary"), label: "worst for each", digits: 3 },
        { name: near("common"), label: "worst for DPO", digits: 3 },
        { name: near("flips"), label: "flips", digits: 3 },
        { name: near("crowd"), label: "crowd", digits: 3 },
        { name: "turned", label: "turned", digits: 3 },
        worst,
        { name: terms.fromDpo.name, label: "|ξ − DPO|" },
        { name: "movement", label: "last move" },
      ],
    })];
  },
  notes: (view, o) => [
    ...settledTold(view, o),
    ...betterTold(view, o),
    "Without a window SGPO is DPO: the worst case is the mean loss plus ε, a constant. And no policy loses more than ε in the " +
    "worst case within ε, since −log σ is 1-Lipschitz: theorem 2.4 holds for every policy and tells none from another. Both " +
    `are tests of the code and not claims; here the largest loss is ${formatNumber(largestDrop(view, o))} ε.`,
    ...view.arms.includes("sgpo-free")
      ? [
        `Here margins without a window are DPO's within ${
          formatNumber(centre(view, "sgpo-free", terms.fromDpo.name, free.of(o)))
        }, free margins.`,
      ]
      : [],
    ...view.arms.includes("ssapo-probability")
      ? [
        `In probability space regret at the smallest shift, ${Math.min(...o.distances)}, by random flips is ${
          formatNumber(centre(view, "ssapo-probability", `flips-${Math.min(...o.distances)}`, free.of(o)))
        } with free margins.`,
      ]
      : [],
  ],
};
