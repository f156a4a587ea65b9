/**
 * What is left when pairs are drawn away from the target, labels are flipped, or γ is wrong.
 *
 * @module
 */
import { formatNumber } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { all, several, some, zero } from "../../lib/run/needs.ts";
import { ends } from "../../lib/run/view.ts";
import { above } from "../../lib/statistics/claims.ts";
import { armIds } from "./arms.ts";
import type { SyntheticOptions } from "./options.ts";
import {
  convergedNote,
  detectable,
  klFigure,
  learnAndMeasure,
  measureTable,
  nothingDrawn,
  pairedClaim,
  PROTOCOL,
  ratioOfMeans,
  SPREAD,
  tasksOf,
} from "./study.ts";

/** Wide enough that a tilt leaves responses of the target nearly unseen. */
const COVERAGE_SPREAD = 1;
const away = (o: SyntheticOptions) => ({ tilt: Math.min(...o.tilts) });
const neutral = (o: SyntheticOptions) => ({
  tilt: o.tilts.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0],
});

/** What is said of poor coverage needs pairs that are drawn away from the target. */
const hidden = some<SyntheticOptions>("tilts", (tilt) => tilt < 0, "a value of --tilts below 0");

export const coverage = question({
  id: "coverage",
  asks: "What does it cost when pairs are drawn away from the target?",
  part: "synthetic",
  method:
    `${PROTOCOL}Logits have an sd of ${COVERAGE_SPREAD}. Pairs come from μ ∝ π0 π*^κ, so that a negative κ hides ` +
    "what the target says most; the number of comparisons is fixed.",
  arms: armIds,
  conditions: ({ tilts }: SyntheticOptions) => tilts.map((tilt) => ({ tilt })),
  seeds: ({ seeds }) => seeds,
  prepare: nothingDrawn,
  run: (context) =>
    learnAndMeasure(
      context.arm,
      tasksOf(context, { n: context.options.n, spread: COVERAGE_SPREAD, tilt: Number(context.condition.tilt) }),
    ),
  claims: [
    {
      id: "coverage-costs",
      statement: "PMLE pays for pairs drawn away from the target",
      source: "coverage constant C_Π of theorem 4",
      paper: "the bound grows with C_Π",
      quantity: "KL of PMLE at the lowest κ over that at κ nearest 0",
      rule: above(1),
      unit: "seeds",
      arms: ["pmle"],
      needs: all(hidden, several<SyntheticOptions>("tilts")),
      evidence: (view, o) => ratioOfMeans(view, "pmle", "forward-kl", away(o), neutral(o)),
    },
    pairedClaim(["dpo", "pmle"], away, {
      kind: "question",
      id: "coverage-lead",
      statement: "PMLE is still nearer the target than DPO with poor coverage",
      source: "theorem 4 against DPO's limit",
      paper: "not reported",
      quantity: "KL of DPO − PMLE, lowest κ",
      needs: hidden,
      rule: above(0),
    }),
  ],
  figures: (view, o) => [klFigure(view, {
    id: "coverage",
    x: "tilt",
    xLabel: "κ of the sampling law π0 π*^κ",
    caption:
      `At κ = ${formatNumber(away(o).tilt)}: ${ends(view, "forward-kl", away(o))}. At κ = ${
        formatNumber(neutral(o).tilt)
      }: ` +
      `${ends(view, "forward-kl", neutral(o))}. n = ${o.n}.`,
  })],
  tables: (view) => [
    measureTable(view, "coverage", "Exact measures by the law that pairs are drawn from.", [
      { key: "tilt", label: "κ" },
    ]),
  ],
  notes: (view, o) => [convergedNote(view), ...detectable(view, ["dpo", "pmle"], away(o))],
});

const NOISE = "label noise", GAMMA = "γ of the learner / true γ";
const noisiest = (o: SyntheticOptions) => ({ wrong: NOISE, level: Math.max(...o.noises) });
const clean = (o: SyntheticOptions) => ({ wrong: NOISE, level: Math.min(...o.noises) });
const lowGamma = (o: SyntheticOptions) => ({ wrong: GAMMA, level: Math.min(...o.gammaRatios) });

const noisy = some<SyntheticOptions>("noises", (noise) => noise > 0, "a value of --noises above 0");
const low = some<SyntheticOptions>("gammaRatios", (ratio) => ratio < 1, "a value of --gamma-ratios below 1");

export const misspecification = question({
  id: "misspecification",
  asks: "What survives flipped labels and a wrong γ?",
  part: "synthetic",
  method:
    `${PROTOCOL}Logits have an sd of ${SPREAD}. Labels are flipped with a chance that no learner knows, or learners ` +
    "use a γ that is not the annotators'; DPO's and APO's β are the learner's γ.",
  arms: armIds,
  conditions: ({ noises, gammaRatios }: SyntheticOptions) => [
    ...noises.map((level) => ({ wrong: NOISE, level })),
    ...gammaRatios.map((level) => ({ wrong: GAMMA, level })),
  ],
  seeds: ({ seeds }) => seeds,
  prepare: nothingDrawn,
  run(context) {
    const level = Number(context.condition.level), { n } = context.options;
    const setting = context.condition.wrong === NOISE ? { n, noise: level } : { n, gammaRatio: level };
    return learnAndMeasure(context.arm, tasksOf(context, setting));
  },
  claims: [
    {
      kind: "question",
      id: "noise-biases",
      statement:
        "Flipped labels take PMLE's consistency away: its KL at the highest noise is more than twice that without",
      source: "assumption of the preference model, equation 2",
      paper: "not reported",
      quantity: "KL of PMLE at the highest noise over that without",
      rule: above(2),
      unit: "seeds",
      arms: ["pmle"],
      needs: all(zero<SyntheticOptions>("noises"), noisy),
      evidence: (view, o) => ratioOfMeans(view, "pmle", "forward-kl", noisiest(o), clean(o)),
    },
    pairedClaim(["dpo", "pmle"], noisiest, {
      kind: "question",
      id: "noise-lead",
      statement: "PMLE is still nearer the target than DPO under the highest noise",
      source: "limits of both under noise",
      paper: "not reported",
      quantity: "KL of DPO − PMLE, highest noise",
      needs: noisy,
      rule: above(0),
    }),
    pairedClaim(["rlhf-best", "pmle"], lowGamma, {
      kind: "question",
      id: "wrong-gamma-lead",
      statement: "PMLE with the lowest γ is still nearer the target than RLHF at the best β",
      source: "π ∝ π*^(γ/γ') at a wrong γ'",
      paper: "not reported",
      quantity: "KL of RLHF by truth − PMLE, lowest γ of the learner",
      needs: low,
      rule: above(0),
      note: "Tuning β on the true KL takes a wrong γ out of RLHF; PMLE has no such knob here.",
    }),
  ],
  // Two figures and not two panels: the scales of the two mistakes have nothing in common.
  figures: (view, o) => [
    klFigure(view, {
      id: "label-noise",
      x: "level",
      xLabel: "chance that a label is flipped",
      where: ({ wrong }) => wrong === NOISE,
      caption: `At a noise of ${noisiest(o).level}: ${ends(view, "forward-kl", noisiest(o))}. n = ${o.n}.`,
    }),
    klFigure(view, {
      id: "wrong-gamma",
      x: "level",
      xLabel: GAMMA,
      where: ({ wrong }) => wrong === GAMMA,
      caption: `At a γ of ${lowGamma(o).level} times the true one: ${
        ends(view, "forward-kl", lowGamma(o))
      }. n = ${o.n}.`,
    }),
  ],
  tables: (view) => [
    measureTable(view, "misspecification", "Exact measures under a wrong preference model.", [
      { key: "wrong", label: "what is wrong" },
      { key: "level", label: "level" },
    ]),
  ],
  notes: (view, o) => [
    convergedNote(view),
    ...view.arms.includes("rlhf-best")
      ? ["RLHF with β by truth does not depend on the learner's γ: β takes it out."]
      : [],
    ...detectable(view, ["dpo", "pmle"], noisiest(o)),
  ],
});
