/**
 * Confounded seeds: who annotates depends on what is shown.
 *
 * @module
 */
import { question } from "../../lib/run/experiment.ts";
import { all, over, some } from "../../lib/run/needs.ts";
import { summaryLines } from "../../lib/run/view.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { aRadius } from "./needs.ts";
import type { SgpoOptions } from "./options.ts";
import { type Cell, convergedNote, detectable, differenceClaim, extremes, roundTable, told } from "./reading.ts";
import { outcomesOf, POOLS, roundMetrics } from "./study.ts";

const LAST = POOLS.length;
/** More than elsewhere, so that bias shows beside noise. */
const SEED_SHARE = 0.1;
const full = (o: SgpoOptions) => Math.max(...o.confounding), none = (o: SgpoOptions) => Math.min(...o.confounding);
const confounded = all<SgpoOptions>(
  some("confounding", (c) => c > 0, "a value of --confounding above 0"),
  over("taste"),
);
const bothSeeds = all(some<SgpoOptions>("confounding", (c) => c === 0, "0 among --confounding"), confounded);
const cell = (arm: string, name: string, confounding: number, round = LAST): Cell => ({
  arm,
  metric: `${name}-${round}`,
  at: { confounding },
});

export const confoundedSeed = question({
  id: "confounded-seed",
  asks: "What if who labels the seed depends on what is shown?",
  part: "synthetic",
  method:
    "The loop of the rounds above. Two types of annotator, equally common, add a taste for one feature to the log-odds or take it off; " +
    "asked at random they cancel. Here fans of the feature take the pairs in which it differs most: P(fan) = σ(c (|Δφ| − " +
    "E|Δφ|)). The weighted arm knows these chances and counts each seed pair by their inverse. The seed is a tenth of the " +
    "pairs, so that bias shows beside noise.",
  arms: ["dpo-all", "dpo-seed", "self-dpo", "self-dpo-weighted", "ssapo-margin", "ssapo-probability", "robust-dpo"],
  conditions: ({ confounding }: SgpoOptions) => confounding.map((confounding) => ({ confounding })),
  seeds: ({ seeds }) => seeds,
  run(context) {
    const { options: o, condition } = context, confounding = Number(condition.confounding);
    return roundMetrics(
      outcomesOf(context, { seedShare: SEED_SHARE, epsilon: o.epsilon, bias: o.taste, confounding }),
      o,
    );
  },
  claims: [
    differenceClaim(
      {
        kind: "question",
        id: "confounded-seed-hurts",
        statement: "A confounded seed costs self-annotation 0.01 or more of its ranking",
        source: "our addition",
        paper: "not reported",
        quantity: "share ranked right after the last round, most confounded − not confounded, self-DPO",
        rule: below(-0.01),
        needs: bothSeeds,
      },
      (o) => [cell("self-dpo", "accuracy", full(o)), cell("self-dpo", "accuracy", none(o))],
      ["self-dpo"],
    ),
    differenceClaim(
      {
        kind: "question",
        id: "confounded-seed-more-labels",
        statement: "More labels of the same kind do not take the loss away: 0.01 or more is left",
        source: "our addition",
        paper: "not reported",
        quantity: "share ranked right, most confounded − not confounded, DPO on all labels",
        rule: below(-0.01),
        needs: bothSeeds,
      },
      (o) => [cell("dpo-all", "accuracy", full(o)), cell("dpo-all", "accuracy", none(o))],
      ["dpo-all"],
    ),
    differenceClaim(
      {
        kind: "question",
        id: "confounded-seed-ssapo",
        statement: "SSAPO in probability space stands a confounded seed better than self-DPO",
        source: "theorem 2.5: regret bounded within the ball",
        paper: "not reported",
        quantity: "share ranked right after the last round, SSAPO in probability space − self-DPO, most confounded",
        rule: above(0),
        needs: all(confounded, aRadius),
      },
      (o) => [cell("ssapo-probability", "accuracy", full(o)), cell("self-dpo", "accuracy", full(o))],
      ["ssapo-probability", "self-dpo"],
    ),
    differenceClaim(
      {
        kind: "question",
        id: "confounded-seed-weights",
        statement: "Inverse propensities on the seed win back 0.01 or more",
        source: "our addition",
        paper: "not reported",
        quantity: "share ranked right after the last round, weighted seed − self-DPO, most confounded",
        rule: above(0.01),
        needs: confounded,
      },
      (o) => [cell("self-dpo-weighted", "accuracy", full(o)), cell("self-dpo", "accuracy", full(o))],
      ["self-dpo-weighted", "self-dpo"],
    ),
  ],
  figures: (view, o) => [{
    id: "confounded-seed",
    ...summaryLines,
    data: view.summary(`accuracy-${LAST}`),
    x: "confounding",
    xLabel: "c, how much who annotates depends on what is shown",
    yLabel: "pairs of responses ranked right",
    caption: told(
      view,
      `At c = ${full(o)} weights change what self-DPO ranks right by`,
      cell("self-dpo-weighted", "accuracy", full(o)),
      cell("self-dpo", "accuracy", full(o)),
    ) + told(
      view,
      `The follower (ε = ${o.epsilon}, probability space) changes it by`,
      cell("ssapo-probability", "accuracy", full(o)),
      cell("self-dpo", "accuracy", full(o)),
    ) + `There, ${extremes(view, `accuracy-${LAST}`, { confounding: full(o) })}.`,
    alt: "Share of response pairs ranked right after the last round against the strength of confounding, by arm.",
  }],
  tables: (view) => [
    roundTable(view, "confounded-seed", "Exact measures after the last round.", [
      { key: "confounding", label: "c" },
    ], LAST),
  ],
  notes: (view, o) => [
    convergedNote(view),
    ...detectable(
      view,
      "a difference in ranking between SSAPO in probability space and self-DPO",
      cell("ssapo-probability", "accuracy", full(o)),
      cell("self-dpo", "accuracy", full(o)),
    ),
  ],
});
