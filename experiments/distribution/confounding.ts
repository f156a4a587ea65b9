/**
 * Confounded preferences: a hidden type of annotator moves both what is shown and what is preferred.
 *
 * @module
 */
import { labels } from "../../lib/report/captions.ts";
import { question } from "../../lib/run/experiment.ts";
import { all, reaching, zero } from "../../lib/run/needs.ts";
import { ends, type View } from "../../lib/run/view.ts";
import { above } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
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

const none = (o: SyntheticOptions) => ({ confounding: Math.min(...o.confounding) });
const full = (o: SyntheticOptions) => ({ confounding: Math.max(...o.confounding) });

const strong = reaching<SyntheticOptions>("confounding", 1);
const both = all(zero<SyntheticOptions>("confounding"), strong);

/** Who breaks first and who never does, in words: an arm breaks where its KL is twice that without confounding. */
function breaks(view: View, o: SyntheticOptions): string {
  const kl = (arm: string, confounding: number) => mean(view.series(arm, "forward-kl", { confounding }).values);
  const broken = (c: number) => view.arms.filter((arm) => kl(arm, c) > 2 * kl(arm, none(o).confounding));
  const first = o.confounding.toSorted((a, b) => a - b).find((c) => broken(c).length > 0);
  if (first === undefined) return "No arm's KL doubles";
  const whole = view.arms.filter((arm) => o.confounding.every((c) => !broken(c).includes(arm))).length;
  return `At a strength of ${first} the KL of ${labels(broken(first))} has doubled, ` +
    (whole > 0 ? `that of ${whole} of ${view.arms.length} arms never does` : "in the end that of every arm");
}

export const confounding = question({
  id: "confounding",
  asks: "Who breaks first when annotators choose what they compare?",
  part: "synthetic",
  method: `${PROTOCOL}Logits have an sd of ${SPREAD}. Two hidden types of annotator, equally common, see ` +
    "μ exp(±ch) and prefer with log-odds moved by ±c(h(a) − h(b)), h standard normal; averaged over types, preferences on " +
    "pairs shown at random would stay symmetric in h. An arm breaks where its KL is twice that without confounding.",
  arms: armIds,
  conditions: ({ confounding }: SyntheticOptions) => confounding.map((confounding) => ({ confounding })),
  seeds: ({ seeds }) => seeds,
  prepare: nothingDrawn,
  run: (context) =>
    learnAndMeasure(
      context.arm,
      tasksOf(context, { n: context.options.n, confounding: Number(context.condition.confounding) }),
    ),
  claims: [
    {
      kind: "question",
      id: "confounding-breaks-pmle",
      statement:
        "Confounding takes PMLE's consistency away: its KL under full confounding is more than twice that without",
      source: "our addition: the preference model has no hidden type",
      paper: "not reported",
      quantity: "KL of PMLE under full confounding over that without",
      rule: above(2),
      unit: "seeds",
      arms: ["pmle"],
      needs: both,
      evidence: (view, o) => ratioOfMeans(view, "pmle", "forward-kl", full(o), none(o)),
    },
    {
      kind: "question",
      id: "pmle-breaks-first",
      statement: "PMLE loses more of its accuracy than DPO does",
      source: "our addition",
      paper: "not reported",
      quantity: "log ratio of KL, full over no confounding, PMLE − DPO",
      rule: above(0),
      unit: "seeds",
      arms: ["pmle", "dpo"],
      needs: both,
      evidence: (view, o) =>
        view.statistic(
          ["pmle", "dpo"].flatMap((arm) => [full(o), none(o)].map((c) => view.series(arm, "forward-kl", c))),
          ([a, b, c, d]) => Math.log(mean(a) / mean(b)) - Math.log(mean(c) / mean(d)),
        ),
    },
    pairedClaim(["dpo", "pmle"], full, {
      kind: "question",
      id: "confounded-lead",
      statement: "PMLE is still nearer the target than DPO under full confounding",
      source: "our addition",
      paper: "not reported",
      quantity: "KL of DPO − PMLE, full confounding",
      needs: strong,
      rule: above(0),
    }),
    pairedClaim(["pmle", "rlhf-best"], full, {
      kind: "question",
      id: "confounded-regularised",
      statement: "Under full confounding staying near the start beats trusting the labels",
      source: "our addition",
      paper: "not reported",
      quantity: "KL of PMLE − RLHF by truth, full confounding",
      needs: strong,
      rule: above(0),
      note: "RLHF's β is tuned on the true KL, which no one can do outside a made world.",
    }),
    pairedClaim(["pmle", "rlhf-tuned"], full, {
      kind: "question",
      id: "confounded-regularised-held-out",
      statement: "And so it does with β tuned on held-out comparisons, which are confounded too",
      source: "our addition",
      paper: "not reported",
      quantity: "KL of PMLE − RLHF tuned, full confounding",
      needs: strong,
      rule: above(0),
    }),
  ],
  figures: (view, o) => [klFigure(view, {
    id: "confounding",
    x: "confounding",
    xLabel: "strength of the hidden annotator type",
    caption: `${o.confounding.length > 1 ? `${breaks(view, o)}. ` : ""}At a strength of ${full(o).confounding}: ` +
      `${ends(view, "forward-kl", full(o))}. n = ${o.n}.`,
  })],
  tables: (view) => [
    measureTable(view, "confounding", "Exact measures under confounded preferences.", [
      { key: "confounding", label: "confounding" },
    ]),
  ],
  notes: (view, o) => [convergedNote(view), ...detectable(view, ["dpo", "pmle"], full(o))],
});
