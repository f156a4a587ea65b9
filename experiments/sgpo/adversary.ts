/**
 * The follower alone: pieces, groups, printed weights and an unrestricted support.
 *
 * @module
 */
import { follower, groupingGap, meanLoss, printedWeights, solvePieces, tangents } from "../../lib/losses/mod.ts";
import { formatNumber } from "../../lib/report/numbers.ts";
import { type Claim, question, type UnitContext } from "../../lib/run/experiment.ts";
import { all } from "../../lib/run/needs.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import { below } from "../../lib/statistics/claims.ts";
import { fitPairs, type LabelledPairs, marginsOf } from "./learner.ts";
import { aRadius, type Needs } from "./needs.ts";
import type { SgpoOptions } from "./options.ts";
import { dpoLoss, type PairLoss, sigmoid, softplus } from "./pair_losses.ts";
import { label } from "./reading.ts";
import { columns, drawWorld, supplyOf } from "./study.ts";

const SPACES = ["ssapo-margin", "ssapo-probability"] as const;
/** Low enough that the support is unrestricted in effect. */
const UNRESTRICTED = -1e6;

/** What a follower sees: points of one space, the loss there with its slope, and the window. */
interface Arena {
  readonly points: Float64Array;
  readonly loss: (point: number) => number;
  readonly slope: (point: number) => number;
  readonly lo: number;
  readonly hi: number;
  readonly radius: number;
  readonly pairs: LabelledPairs;
  /** θ that the margins are those of. */
  readonly theta: Float64Array;
}

/** The margins of DPO trained on every pair of a world, whose labels are noisy. */
function* arenas(
  { options: o, arm, streams }: Pick<UnitContext<SgpoOptions, unknown>, "options" | "arm" | "streams">,
): Generator<Arena> {
  for (const rng of streams("world")) {
    const pairs = supplyOf(drawWorld(o, rng), o, { seedShare: o.seedShare, epsilon: o.epsilon }, rng).all();
    const start = new Float64Array(o.features);
    const { theta } = fitPairs({ differences: pairs.differences }, dpoLoss, { start, proximal: o.proximal });
    const margins = marginsOf(pairs.differences, theta), [low, high] = [Math.min(...margins), Math.max(...margins)];
    const shared = { radius: o.epsilon, pairs: { differences: pairs.differences }, theta };
    yield arm === "ssapo-margin"
      ? {
        ...shared,
        points: margins,
        loss: (xi) => softplus(-xi),
        slope: (xi) => -sigmoid(-xi),
        lo: low - o.tau,
        hi: high + o.tau,
      }
      : {
        ...shared,
        points: margins.map((xi) => Math.max(sigmoid(xi), o.floor)),
        loss: (v) => -Math.log(v),
        slope: (v) => -1 / v,
        lo: o.floor,
        hi: 1,
      };
  }
}

/** Largest distance between θ of DPO's step and of the step with the weights that algorithm 1, line 7 prints. */
function printedDistance({ pairs, theta }: Arena, weights: Float64Array, proximal: number): number {
  const weighted: PairLoss = (margin, i, out) => {
    dpoLoss(margin, i, out);
    for (let k = 0; k < 3; k++) out[k] *= weights[i];
  };
  const [plain, printed] = [dpoLoss, weighted].map((loss) => fitPairs(pairs, loss, { start: theta, proximal }).theta);
  return plain.reduce((top, v, k) => Math.max(top, Math.abs(v - printed[k])), 0);
}

/** log10 of how far lemma 3.1 is off where the window reaches far down. */
function freeExcess({ points, loss, radius }: Arena, still: number): number {
  const worst = meanLoss(points, follower(points, { radius, lo: UNRESTRICTED }), loss);
  return Math.log10(Math.max(1e-16, Math.abs(worst - still - radius)));
}

const at = (pieces: number) => ({ pieces });
/** Largest change of the distance moved between the fewest and the most pieces, over arms and seeds. */
const largestChange = (view: View, o: SgpoOptions) =>
  view.arms.reduce((top, arm) => {
    const [few, many] = [fewest(o), most(o)].map((K) => view.series(arm, "moved", at(K)).values);
    return few.reduce((largest, v, r) => Math.max(largest, Math.abs(v - many[r])), top);
  }, 0);
/** One group of all pairs is no group. */
const grouped: Needs = all<SgpoOptions>(
  aRadius,
  ({ groups, prompts }) =>
    Math.max(...groups) < prompts ? undefined : `this needs --groups smaller than --prompts, ${prompts}`,
);
const fewest = (o: SgpoOptions) => Math.min(...o.pieces), most = (o: SgpoOptions) => Math.max(...o.pieces);

export const pieces = question({
  id: "pieces",
  asks: "What do the follower's pieces and the printed weights do?",
  part: "synthetic",
  method:
    "Margins of DPO trained on every pair of a world; the follower's program over K tangents is solved exactly. Knots are " +
    "even over the window in margin space, so that those of K = 2^j + 1 nest; in probability space they are k/K as in the " +
    "released code. v_K is the mean of log σ in the worst case that the tangents see, v* with the loss itself.",
  arms: [...SPACES],
  conditions: ({ pieces }: SgpoOptions) => pieces.map(at),
  seeds: ({ seeds }) => seeds,
  run(context) {
    const { options: o, condition } = context, K = Number(condition.pieces);
    return columns(
      Array.from(arenas(context), (arena) => {
        const { points, loss, slope, lo, hi, radius } = arena, ball = { radius, lo };
        const knots = Array.from(
          { length: K },
          (_, k) => context.arm === "ssapo-margin" ? lo + (hi - lo) * k / (K - 1) : (k + 1) / K,
        );
        const { weights, displacements, value } = solvePieces(points, tangents(loss, slope, knots), ball);
        const exact = meanLoss(points, follower(points, ball), loss),
          still = meanLoss(points, follower(points, { ...ball, radius: 0 }), loss);
        const printed = printedWeights(weights, K);
        return {
          value: -value,
          "exact-value": -exact,
          gap: exact - value,
          "worst-drop": exact - still,
          moved: displacements.reduce((a, b) => a + b, 0) / points.length,
          "printed-off": printed.reduce((top, w) => Math.max(top, Math.abs(w - 1)), 0),
          "printed-distance": printedDistance(arena, printed, o.proximal),
          // In probability space there is no unrestricted support: −log is infinite at 0.
          ...context.arm === "ssapo-margin" && { "free-excess": freeExcess(arena, still) },
        };
      }),
    );
  },
  claims: [
    {
      kind: "question",
      id: "pieces-limit",
      statement: "With the most pieces v_K is v* but for 0.005",
      source: "proposition 3.2",
      paper: "exact in the limit",
      quantity: "v_K − v*, most pieces, margin space",
      rule: below(0.005),
      unit: "seeds",
      arms: ["ssapo-margin"],
      evidence: (view, o) => view.mean("ssapo-margin", "gap", at(most(o))),
    },
  ],
  figures: (view, o) => [{
    id: "pieces",
    ...summaryLines,
    data: view.summary("gap"),
    x: "pieces",
    xScale: "log",
    yScale: "log",
    xLabel: "K, affine pieces",
    yLabel: "v_K − v*, nats",
    caption: `With ${most(o)} pieces v_K is above v* by ${
      view.arms.map((arm) => `${formatNumber(view.mean(arm, "gap", at(most(o))).estimate)} (${label(arm)})`).join(", ")
    }. ${
      o.pieces.length > 1
        ? `From the fewest to the most pieces, the mean distance moved changes by at most ${
          formatNumber(largestChange(view, o))
        }; the`
        : "The"
    } printed weights differ from 1 by at most ${
      formatNumber(Math.max(...view.arms.flatMap((arm) => [...view.series(arm, "printed-off", at(most(o))).values])))
    }.`,
    alt: "How far the program's value lies above the exact one against the number of pieces, one line per space.",
  }],
  tables: (view) => [{
    id: "pieces",
    caption:
      "The follower's program, solved exactly: its value, the exact worst case and its drop below the mean, the mean distance moved, the printed weights and the step they make.",
    columns: [
      { key: "pieces", label: "K", digits: 0 },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "v_K", digits: 4, lower: "lower", upper: "upper" },
      { key: "exact", label: "v*", digits: 4 },
      { key: "drop", label: "drop", digits: 4 },
      { key: "moved", label: "moved", digits: 4 },
      { key: "off", label: "max |w − 1|" },
      { key: "distance", label: "max |θ − DPO|" },
    ],
    rows: view.summary("value").map((row) => {
      const of = (metric: string) => view.mean(row.arm, metric, at(Number(row.pieces))).estimate;
      const values = (metric: string) => view.series(row.arm, metric, at(Number(row.pieces))).values;
      return {
        ...row,
        exact: of("exact-value"),
        drop: of("worst-drop"),
        moved: of("moved"),
        off: Math.max(...values("printed-off")),
        distance: Math.max(...values("printed-distance")),
      };
    }),
  }],
  notes: (view, o) => [
    "Tests of the code, and not claims: v_K falls where knots nest (proposition 3.2); the worst law for one convex decreasing " +
    "loss is worst for all, its tangents included, so that an exact follower's answer, and the policy trained against it, do " +
    "not depend on K: differences in K (22.89, 23.20 and 19.05 for 5, 6 and 7 pieces in the paper) are those of a solver; " +
    "Σ_k s_ik = 1 is a constraint, so that the weights of algorithm 1, line 7 are 1 and its step is DPO's; without a window " +
    "the worst case is the mean loss plus ε (lemma 3.1).",
    ...view.arms.includes("ssapo-margin")
      ? [
        `Here lemma 3.1 is off by ${
          formatNumber(10 ** Math.max(...view.series("ssapo-margin", "free-excess", at(fewest(o))).values))
        } at most, with a window that ends at −10⁶.`,
      ]
      : [],
  ],
});

const inGroups = (group: number) => ({ group });

export const grouping = question({
  id: "grouping",
  asks: "What does it cost to solve the follower in groups?",
  part: "synthetic",
  method:
    "The same margins; each group of G pairs, in random order, has the whole ε for its own mean distance. Shown is the share " +
    "of the adversary's gain that is lost against all pairs at once, which take O(N log N).",
  arms: [...SPACES],
  conditions: ({ groups }: SgpoOptions) => groups.map(inGroups),
  seeds: ({ seeds }) => seeds,
  run: (context: UnitContext<SgpoOptions, unknown>) => ({
    lost: Array.from(
      arenas(context),
      ({ points, loss, radius, lo }) =>
        groupingGap(points, loss, { radius, lo, group: Number(context.condition.group) }),
    ),
  }),
  claims: SPACES.map((arm): Claim<SgpoOptions> => ({
    kind: "question",
    id: `grouping-${arm}`,
    statement:
      `In ${arm === "ssapo-margin" ? "margin" : "probability"} space the largest groups cost the adversary less ` +
      "than 5% of its gain",
    source: "section 3.3 and appendix G: groups of 100 to 300",
    paper: "length-controlled win rate 13.70, 14.81, 16.95 with G = 100, 200, 300",
    quantity: "share of the adversary's gain lost, largest G",
    rule: below(0.05),
    needs: grouped,
    unit: "seeds",
    arms: [arm],
    evidence: (view, o) => view.mean(arm, "lost", inGroups(Math.max(...o.groups))),
  })),
  figures: (view, o) => [{
    id: "grouping",
    ...summaryLines,
    data: view.summary("lost"),
    x: "group",
    xScale: "log",
    xLabel: "G, pairs of a group",
    yLabel: "share of the adversary's gain lost",
    caption: `Groups of ${Math.max(...o.groups)} lose ${
      view.arms.map((arm) =>
        `${formatNumber(view.mean(arm, "lost", inGroups(Math.max(...o.groups))).estimate)} (${label(arm)})`
      ).join(", ")
    }${
      o.groups.length > 1
        ? `; groups of ${Math.min(...o.groups)} lose ${
          view.arms.map((arm) =>
            `${formatNumber(view.mean(arm, "lost", inGroups(Math.min(...o.groups))).estimate)} (${label(arm)})`
          ).join(", ")
        }`
        : ""
    }. The exact follower needs no groups.`,
    alt: "Share of the adversary's gain that grouping loses against the size of groups, one line per space.",
  }],
  tables: (view) => [{
    id: "grouping",
    caption: "Share of the adversary's gain that is lost in groups.",
    columns: [
      { key: "group", label: "G", digits: 0 },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "lost", digits: 4, lower: "lower", upper: "upper" },
    ],
    rows: view.summary("lost"),
  }],
});
