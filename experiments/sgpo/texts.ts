/**
 * Self-annotation of real pairs: a thirtieth of the labels as seed, the rest for the policy to label.
 *
 * @module
 */
import { formatInterval, formatPercent } from "../../lib/report/numbers.ts";
import { type Claim, question } from "../../lib/run/experiment.ts";
import { all } from "../../lib/run/needs.ts";
import { rowCountMetrics, rowCountNote } from "../../lib/run/row_counts.ts";
import type { View } from "../../lib/run/view.ts";
import { above, between, type ClaimKind, type Evidence, type Rule } from "../../lib/statistics/claims.ts";
import { minimumDetectableEffect } from "../../lib/statistics/power.ts";
import { overSplits } from "../../lib/statistics/splits.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import { aRadius, cleanSeeds, type Needs, noisySeeds } from "./needs.ts";
import type { SgpoOptions } from "./options.ts";
import { type Cell, convergedNote, difference, extremes, label, roundsFigure } from "./reading.ts";
import { mainArms, methods, selfAnnotate } from "./self_annotation.ts";
import { lossesOf, POOLS } from "./study.ts";
import { prepareTexts, splitTexts, textMetrics, type TextSet, textSets, TRAINING } from "./text_pairs.ts";

const LAST = POOLS.length;
const clean = (o: SgpoOptions) => ({ noise: Math.min(...o.noises) });
const noisy = (o: SgpoOptions) => ({ noise: Math.max(...o.noises) });
const widened = (evidence: Evidence) => overSplits(evidence, TRAINING);
/** DPO on the seed stands still where self-DPO starts. */
const DRAWN = { arms: mainArms.filter((arm) => arm !== "dpo-seed"), of: widened } as const;
const PANEL = { panel: "noise", panelLabel: "seed labels flipped" } as const;

interface Contrast {
  readonly kind?: ClaimKind;
  readonly id: string;
  readonly statement: string;
  readonly source: string;
  readonly paper: string;
  readonly quantity: string;
  readonly rule: Rule;
  readonly needs: Needs;
  readonly one: (o: SgpoOptions) => Cell;
  readonly other: (o: SgpoOptions) => Cell;
}

const cell =
  (arm: string, name: string, at: (o: SgpoOptions) => Cell["at"], round: number = LAST) => (o: SgpoOptions): Cell => ({
    arm,
    metric: `${name}-${round}`,
    at: at(o),
  });

const contrasts: readonly Contrast[] = [
  {
    kind: "question",
    id: "annotation",
    statement: "self-annotation with SSAPO ranks better than DPO on the seed, by 0.01 or more",
    source: "tables 1 and 2",
    paper: "length-controlled win rate 24.44 over 9.03",
    quantity: "held-out accuracy, SSAPO in probability space − DPO on the seed, clean seeds",
    rule: above(0.01),
    needs: all(cleanSeeds, aRadius),
    one: cell("ssapo-probability", "accuracy", clean),
    other: cell("dpo-seed", "accuracy", clean),
  },
  {
    kind: "question",
    id: "follower",
    statement: "with noisy seeds SSAPO ranks better than self-DPO",
    source: "table on ε",
    paper: "length-controlled win rate 23.20 over 19.76",
    quantity: "held-out accuracy, SSAPO in probability space − self-DPO, noisy seeds",
    rule: above(0),
    needs: all(noisySeeds, aRadius),
    one: cell("ssapo-probability", "accuracy", noisy),
    other: cell("self-dpo", "accuracy", noisy),
  },
  {
    kind: "question",
    id: "spa",
    statement: "SSAPO ranks better than SPA, self-annotation with refined labels",
    source: "table 1",
    paper: "length-controlled win rate 24.44 over 15.39; it does not compare rankings",
    quantity: "held-out accuracy, SSAPO in probability space − SPA, noisy seeds",
    rule: above(0),
    needs: all(noisySeeds, aRadius),
    one: cell("ssapo-probability", "accuracy", noisy),
    other: cell("spa", "accuracy", noisy),
  },
  {
    kind: "question",
    id: "margin",
    statement: "SSAPO in margin space is self-DPO, within 0.01",
    source: "known negative",
    paper: "not reported",
    quantity: "held-out accuracy, SSAPO in margin space − self-DPO, noisy seeds",
    rule: between(-0.01, 0.01),
    needs: all(noisySeeds, aRadius),
    one: cell("ssapo-margin", "accuracy", noisy),
    other: cell("self-dpo", "accuracy", noisy),
  },
  {
    kind: "question",
    id: "few",
    statement: "few labels with SSAPO do as well as all of them with DPO, within 0.02",
    source: "2K of 60K labels in the paper's runs",
    paper: "length-controlled win rate 24.44 over 11.75 of a model with all labels",
    quantity: "held-out accuracy, SSAPO in probability space − DPO on all labels, clean seeds",
    rule: above(-0.02),
    needs: all(cleanSeeds, aRadius),
    one: cell("ssapo-probability", "accuracy", clean),
    other: cell("dpo-all", "accuracy", clean),
  },
  {
    kind: "question",
    id: "calibration",
    statement: "rounds of self-DPO cost calibration",
    source: "our addition",
    paper: "not reported",
    quantity: "confidence − accuracy, held out, last round − seed, self-DPO, noisy seeds",
    rule: above(0),
    needs: noisySeeds,
    one: cell("self-dpo", "overconfidence", noisy),
    other: cell("self-dpo", "overconfidence", noisy, 0),
  },
  {
    kind: "question",
    id: "ranker",
    statement: "SSAPO ranks better than DPO on the labels of an outside ranker",
    source: "table 1",
    paper: "length-controlled win rate 24.44 over 11.87",
    quantity: "held-out accuracy, SSAPO in probability space − outside ranker, clean seeds",
    rule: above(0),
    needs: all(cleanSeeds, aRadius),
    one: cell("ssapo-probability", "accuracy", clean),
    other: cell("pair-ranker", "accuracy", clean),
  },
];

function claimOf(set: TextSet, { one, other, ...told }: Contrast): Claim<SgpoOptions> {
  const arms = [...new Set([one, other].map((c) => c({ noises: [0] } as unknown as SgpoOptions).arm))];
  return {
    ...told,
    id: `${set}-${told.id}`,
    statement: `On ${textSets[set].name}, ${told.statement}`,
    unit: "paired splits",
    arms,
    evidence: (view, o) => widened(difference(view, one(o), other(o))),
  };
}

/** A difference in words, with the interval over splits. */
function told(view: View, o: SgpoOptions, lead: string, one: Contrast["one"], other: Contrast["other"]): string {
  const cells = [one(o), other(o)];
  if (!cells.every(({ arm }) => view.arms.includes(arm))) return "";
  const { estimate, lower, upper } = widened(difference(view, cells[0], cells[1]));
  return `${lead} ${formatInterval(estimate, lower, upper)}. `;
}

/** The question on one data set. */
export function textQuestion(set: TextSet) {
  const { name } = textSets[set];
  return question({
    id: set,
    asks: `And on ${name}: what do a policy's own labels add to a few human ones?`,
    part: "benchmark",
    dataset: set,
    method:
      "Each pair is two texts, one preferred. A policy tilts a uniform law by features of the text (latent semantic " +
      `analysis, learned without labels). Each seed is a split: ${
        formatPercent(TRAINING, 0)
      } of the pairs to learn from, ` +
      "some of which, a tenth unless set otherwise, are set aside with labels for the outside ranker; of the rest a " +
      "thirtieth, unless set otherwise, has labels and is the seed, and the others are labelled in three rounds. Measured on " +
      "held-out pairs. DPO on the seed is self-DPO at round 0.",
    arms: [...mainArms],
    conditions: ({ noises }: SgpoOptions) => noises.map((noise) => ({ noise })),
    seeds: ({ seeds }) => seeds,
    block: 10,
    prepare: (context) => prepareTexts(set, context),
    run({ options: o, arm, condition, streams, prepared }) {
      const splits = streams("texts").map((rng) =>
        splitTexts(prepared, { noise: Number(condition.noise), options: o }, rng)
      );
      // Uniform over two texts, β drops out.
      const settings = { ...lossesOf(o, o.epsilon), beta: 1 };
      return {
        ...textMetrics(splits, splits.map(({ supply }) => selfAnnotate(methods[arm], supply, settings))),
        ...rowCountMetrics(prepared.counts, splits.length),
      };
    },
    claims: contrasts.map((contrast) => claimOf(set, contrast)),
    figures: (view, o) => [
      roundsFigure(view, "accuracy", LAST, {
        id: `${set}-accuracy`,
        ...PANEL,
        yLabel: "held-out pairs ranked right",
        caption: told(
          view,
          o,
          `With ${
            clean(o).noise
          } of seed labels flipped, three rounds of SSAPO in probability space change accuracy by`,
          cell("ssapo-probability", "accuracy", clean),
          cell("ssapo-probability", "accuracy", clean, 0),
        ) + told(
          view,
          o,
          "DPO on all labels is ahead of it by",
          cell("dpo-all", "accuracy", clean),
          cell("ssapo-probability", "accuracy", clean),
        ) +
          `With ${noisy(o).noise} flipped, after the last round, ${
            extremes(view, `accuracy-${LAST}`, noisy(o), { of: widened })
          }.`,
        alt: `Held-out accuracy on ${name} against rounds, one line per arm, one panel per noise of the seed.`,
      }, DRAWN),
      roundsFigure(view, "overconfidence", LAST, {
        id: `${set}-calibration`,
        ...PANEL,
        yLabel: "confidence − accuracy",
        references: [{ value: 0, label: "calibrated" }],
        caption: told(
          view,
          o,
          `With ${noisy(o).noise} flipped, rounds raise self-DPO's overconfidence by`,
          cell("self-dpo", "overconfidence", noisy),
          cell("self-dpo", "overconfidence", noisy, 0),
        ) + told(
          view,
          o,
          "SSAPO in probability space differs from self-DPO by",
          cell("ssapo-probability", "overconfidence", noisy),
          cell("self-dpo", "overconfidence", noisy),
        ) + `After the last round, ${extremes(view, `overconfidence-${LAST}`, noisy(o), { of: widened })}.`,
        alt: `Overconfidence on held-out ${name} against rounds, one line per arm, one panel per noise of the seed.`,
      }, DRAWN),
    ],
    tables: (view) => [{
      id: set,
      caption: `Held-out ${name} after the last round.`,
      columns: [
        { key: "noise", label: "flipped" },
        { key: "arm", label: "arm", method: true },
        { key: "value", label: "accuracy", digits: 3, lower: "lower", upper: "upper" },
        { key: "seed", label: "accuracy after the seed", digits: 3 },
        { key: "loss", label: "log-loss", digits: 3 },
        { key: "confidence", label: "confidence", digits: 3 },
        { key: "over", label: "too sure by", digits: 3 },
        { key: "gradient", label: "largest gradient" },
      ],
      rows: view.conditions.flatMap((at) =>
        view.arms.map((arm) => {
          const { estimate: value, lower, upper } = widened(view.mean(arm, `accuracy-${LAST}`, at));
          const average = (metric: string) => mean(view.series(arm, metric, at).values);
          return {
            ...at,
            arm,
            value,
            lower,
            upper,
            seed: average("accuracy-0"),
            loss: average(`log-loss-${LAST}`),
            confidence: average(`confidence-${LAST}`),
            over: average(`overconfidence-${LAST}`),
            gradient: Math.max(...view.series(arm, "gradient-norm", at).values),
          };
        })
      ),
    }],
    notes(view, o) {
      const notes = [
        rowCountNote(view, "pairs", {
          parted: "whose dialogues part before the last reply",
          equal: "whose two texts are equal, which holds no preference",
          sampled: "beyond --text-pairs, by chance",
        }),
        convergedNote(view),
        "Splits reuse the same pairs: intervals are widened as Nadeau and Bengio propose, and say nothing about other sets " +
        "of pairs. Both texts of a pair are given, so that a policy labels pairs that it did not write.",
      ];
      const arms = ["ssapo-probability", "self-dpo"];
      if (!arms.every((arm) => view.arms.includes(arm))) return notes;
      const [a, b] = arms.map((arm) => view.series(arm, `accuracy-${LAST}`, noisy(o)).values);
      const spread = standardDeviation(a.map((v, i) => v - b[i])) * Math.sqrt(1 / a.length + (1 - TRAINING) / TRAINING);
      return [
        ...notes,
        `Minimum detectable difference in accuracy between ${label(arms[0])} and ${
          label(arms[1])
        } over ${a.length} splits ` +
        `(80% power): ${minimumDetectableEffect(spread).toPrecision(2)}.`,
      ];
    },
  });
}

/** The questions on real pairs. */
export const textQuestions = (["politeness", "harmless", "paradetox"] as const).map(textQuestion);
