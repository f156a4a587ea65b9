/**
 * Regret when the law of preferences shifts by a known distance: the paper's theory, put to the test on pairs.
 *
 * @module
 */
import { formatInterval, formatNumber } from "../../lib/report/numbers.ts";
import { type Claim, question, type UnitContext } from "../../lib/run/experiment.ts";
import { some } from "../../lib/run/needs.ts";
import { summaryLines, type SummaryRow, type View } from "../../lib/run/view.ts";
import { above, below, between, NothingToTest } from "../../lib/statistics/claims.ts";
import { meanInterval } from "../../lib/statistics/intervals.ts";
import { logLogSlope } from "../../lib/statistics/regression.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { candidateWorld, drawPairs, featureDifferences, rewardDifferences } from "../../lib/worlds/candidates.ts";
import { mixtureAt, type PreferenceLaw, turnedRound, worstLabels } from "../../lib/worlds/preference_shifts.ts";
import {
  bestInBall,
  freeMargins,
  games,
  gapDistance,
  type MarginClass,
  play,
  regret,
  windowOf,
  worstValue,
} from "./games.ts";
import { isGame } from "./learner.ts";
import type { Needs } from "./needs.ts";
import type { SgpoOptions } from "./options.ts";
import { sigmoid } from "./pair_losses.ts";
import { extremes, label } from "./reading.ts";
import { columns, lossesOf } from "./study.ts";

const FREE = "free margins", LINEAR = "log-linear";
const SHIFTS = {
  flips: "random flips",
  crowd: "other annotators",
  common: "worst for DPO",
  adversary: "worst for each",
} as const;
/** Nats below which regret is what the optimiser leaves. */
const NO_REGRET = 1e-8;
type Shift = keyof typeof SHIFTS;
const at = (policies: string) => ({ policies });
const positive = (o: SgpoOptions) => o.distances.filter((d) => d > 0).toSorted((a, b) => a - b);
const shifted: Needs = some("distances", (distance) => distance > 0, "a value of --distances above 0");
const severalShifts: Needs = (o) =>
  positive(o).length > 1 ? undefined : "this needs two values of --distances above 0 or more";
const farthest = (o: SgpoOptions) => Math.max(...o.distances);

/** The law that policies learn: a world's pairs, faultless annotators and as many flips as robust DPO assumes. */
function problemOf(o: SgpoOptions, policies: string, rng: ReturnType<UnitContext<SgpoOptions, unknown>["streams"]>[0]) {
  const { lawPairs, candidates, features, spread, beta, smoothing } = o;
  const world = candidateWorld({ prompts: lawPairs, candidates, features, spread }, rng.fork("candidates"));
  const still = { theta: new Float64Array(features), beta };
  const pairs = drawPairs(world, [0, lawPairs], still, { temperature: 1 }, rng.fork("pairs"));
  const gap = rewardDifferences(world, pairs), differences = featureDifferences(world, pairs);
  const flipped = (odds: number) => smoothing + (1 - 2 * smoothing) * sigmoid(odds);
  const law: PreferenceLaw = { gap, chance: gap.map(flipped) };
  const other = rng.fork("crowd").normals(features), length = Math.sqrt(other.reduce((sum, v) => sum + v * v, 0));
  const crowd: PreferenceLaw = {
    gap,
    chance: gap.map((_, i) => {
      let odds = 0;
      for (let k = 0; k < features; k++) odds += differences[i * features + k] * other[k] * spread / length;
      return flipped(odds);
    }),
  };
  const classOf: MarginClass = policies === FREE ? freeMargins(lawPairs) : { differences, dimensions: features };
  return { law, crowd, policies: classOf };
}

function measure(o: SgpoOptions, arm: string, policies: string, rng: Parameters<typeof problemOf>[2]) {
  const problem = problemOf(o, policies, rng), { law, crowd } = problem;
  const settings = {
    ...lossesOf(o, arm === "ssapo-probability" ? o.gameProbability : o.gameRadius),
    alternations: o.alternations,
    settled: o.settled,
  };
  const { margins, turns, movement, unanswered } = play(games[arm], problem.policies, law, settings);
  const { margins: dpo, theta } = play(games.dpo, problem.policies, law, settings);
  const shifted: Record<Shift, (distance: number) => PreferenceLaw> = {
    flips: (distance) => mixtureAt(law, turnedRound(law), distance),
    crowd: (distance) => mixtureAt(law, crowd, distance),
    common: (distance) => worstLabels(law, dpo, distance),
    adversary: (distance) => worstLabels(law, margins, distance),
  };
  // The window that the games are played on.
  const lo = windowOf(dpo, o.tau), radius = o.gameRadius;
  const worst = worstValue(margins, law, { radius, lo }), own = worstValue(margins, law, { radius: 0, lo });
  return {
    ...Object.fromEntries(
      Object.entries(shifted).flatMap(([shift, to]) =>
        o.distances.map((distance) => [
          `${shift}-${distance}`,
          Math.max(0, regret(margins, problem.policies, to(distance))),
        ])
      ),
    ),
    // Pairs that the adversary turns round, wholly or in part.
    turned: shifted.adversary(nearRadius(o)).chance.filter((p, i) => p !== law.chance[i]).length / law.chance.length,
    "gap-distance": gapDistance(margins, law, shifted.adversary(farthest(o))),
    "worst-value": worst,
    "worst-drop": own - worst,
    "from-dpo": margins.reduce((top, xi, i) => Math.max(top, Math.abs(xi - dpo[i])), 0),
    movement,
    turns,
    unanswered,
    settled: movement <= o.settled && unanswered <= o.settled ? 1 : 0,
    // One arm stands for the search of the best policy: it is the same for all.
    ...arm === "dpo" && policies === LINEAR && {
      "best-worst-value": bestInBall(problem.policies, law, { radius, lo, start: theta }).worst,
    },
  } as Record<string, number>;
}

/** Regret of each arm against distance, one row a shift. */
function regretRows(view: View, o: SgpoOptions, policies: string): SummaryRow[] {
  return (Object.keys(SHIFTS) as Shift[]).flatMap((shift) =>
    view.arms.flatMap((arm) =>
      o.distances.map((distance) => {
        const { estimate: value, lower, upper, n: seeds } = view.mean(arm, `${shift}-${distance}`, at(policies));
        return { shift: SHIFTS[shift], distance, arm, value, lower, upper, seeds };
      })
    )
  );
}

/** The distance nearest the margin game's ε; not 0, where nothing shifts, unless there is no other. */
const nearRadius = (o: SgpoOptions) =>
  [...positive(o), 0].sort((a, b) =>
    Number(a === 0) - Number(b === 0) || Math.abs(a - o.gameRadius) - Math.abs(b - o.gameRadius)
  ).find((distance) => o.distances.includes(distance))!;

/**
 * Mean regret of an arm over DPO's under a shift to the distance nearest ε.
 *
 * @throws NothingToTest where DPO has no regret on some seeds
 */
function overDpo(view: View, arm: string, policies: string, shift: Shift, o: SgpoOptions) {
  const series = [arm, "dpo"].map((id) => view.series(id, `${shift}-${nearRadius(o)}`, at(policies)));
  if (Math.min(...series[1].values) < NO_REGRET) {
    throw new NothingToTest(
      `this needs a distance at which DPO has regret on every seed; at ${nearRadius(o)} it has none`,
    );
  }
  return view.statistic(series, ([a, b]) => mean(a) / mean(b));
}

function contrastClaim(
  arm: string,
  policies: string,
  shift: "common" | "adversary",
  note?: string,
): Claim<SgpoOptions> {
  const where = shift === "common" ? "under the labels that are worst for DPO" : "each under its own worst labels";
  return {
    id: `shifts-contrast-${arm}-${shift}-${policies === FREE ? "free" : "linear"}`,
    statement: `${label(arm)} has at most 0.9 of DPO's regret, ${where}, ${policies}`,
    source: "theorems 2.5 and 2.6, corollary 2.7",
    paper: "DPO's regret grows with the shift, SGPO's stays below 2ε",
    quantity: "regret over DPO's, distance nearest ε",
    rule: below(0.9),
    needs: shifted,
    unit: "seeds",
    arms: [arm, "dpo"],
    evidence: (view, o) => overDpo(view, arm, policies, shift, o),
    ...note && { note },
  };
}

/** log10 of the largest distance of a margin from DPO's, free margins. */
const logOf = (view: View, arm: string) =>
  meanInterval(view.series(arm, "from-dpo", at(FREE)).values.map((v) => Math.log10(Math.max(v, 1e-16))));

/** @throws NothingToTest where regret cannot be told from none, or the law has no farther to shift */
function slope(view: View, arm: string, shift: Shift, o: SgpoOptions) {
  const series = positive(o).map((distance) => view.series(arm, `${shift}-${distance}`, at(FREE)));
  const means = series.map(({ values }) => mean(values));
  if (means[0] < NO_REGRET) {
    throw new NothingToTest(`this needs regret at the smallest distance; at ${positive(o)[0]} there is none`);
  }
  const ends = means.findIndex((v, i) => i > 0 && v === means[i - 1]);
  if (ends > 0) {
    throw new NothingToTest(`this needs distances that the law can shift by; ${positive(o)[ends]} is too far`);
  }
  return view.statistic(series, (values) => logLogSlope(positive(o), values.map((v) => Math.max(mean(v), 1e-12))));
}

/** Regret of both forms of SSAPO over DPO's, in words; nothing where there is none to compare. */
function ratiosTold(view: View, policies: string, o: SgpoOptions): string {
  if (!view.arms.includes("dpo")) return "";
  try {
    return ["ssapo-margin", "ssapo-probability"].filter((arm) => view.arms.includes(arm)).map((arm) => {
      const { estimate, lower, upper } = overDpo(view, arm, policies, "common", o);
      return `${label(arm)} ${formatInterval(estimate, lower, upper)}`;
    }).join(", ");
  } catch (error) {
    if (error instanceof NothingToTest) return "";
    throw error;
  }
}

/** Worst value of the best policy found over an arm's, by seed. */
function worstAgainst(view: View, arm: string) {
  const own = view.series(arm, "worst-value", at(LINEAR)).values;
  return meanInterval(view.series("dpo", "best-worst-value", at(LINEAR)).values.map((v, r) => v - own[r]));
}

/** In how many worlds the search found a better worst value than a game's, and by how much, in words. */
function betterTold(view: View): string[] {
  if (!["dpo", "ssapo-margin"].every((arm) => view.arms.includes(arm))) return [];
  const own = view.series("ssapo-margin", "worst-value", at(LINEAR)).values;
  const gains = view.series("dpo", "best-worst-value", at(LINEAR)).values.map((v, r) => v - own[r]);
  return [
    `A log-linear policy with a better worst value than that of ${label("ssapo-margin")} was found in ${
      gains.filter((v) => v > 0).length
    } of ${gains.length} worlds, better by ${formatNumber(mean(gains))} on average and ${
      formatNumber(Math.max(...gains))
    } at most.`,
  ];
}

/** Largest loss in the worst case over ε, of all arms and both classes. */
const largestDrop = (view: View, o: SgpoOptions) =>
  Math.max(
    ...view.arms.flatMap((arm) =>
      view.conditions.flatMap((c) => [...view.series(arm, "worst-drop", c).values].map((drop) => drop / o.gameRadius))
    ),
  );

/** Which games settled, in words. */
function settledTold(view: View, o: SgpoOptions): string[] {
  return view.arms.filter((arm) => isGame(games[arm].loss)).flatMap((arm) =>
    view.conditions.map((c) => {
      const of = (metric: string) => [...view.series(arm, metric, c).values];
      const left = of("settled").filter((v) => v === 0).length, all = of("settled").length;
      return `${
        label(arm)
      }, ${c.policies}: ${left} of ${all} games had not settled after at most ${o.alternations} turns ` +
        `(most taken ${Math.max(...of("turns"))}; largest last move of a margin ${
          formatNumber(Math.max(...of("movement")))
        }, ` +
        `largest gain left to the follower ${formatNumber(Math.max(...of("unanswered")))} nats).`;
    })
  );
}

export const shifts = question({
  id: "shifts",
  asks: "Whose regret grows when the law of preferences shifts?",
  part: "synthetic",
  method:
    "Policies learn a law on the pairs of a world exactly, without sampling: each pair's chance is Bradley-Terry with as many " +
    "flips as robust DPO assumes. The law then shifts by a known W1, where turning a pair round costs 2|Δr*|: by random " +
    "flips, towards another crowd, or by the labels that are worst for the policy at hand. Regret is what the best policy of " +
    "the class has more in E[log σ]. As printed the regret is 0, since its value does not depend on the policy once the law " +
    "of margins is fixed; here laws are on pairs. Games run until they have settled: no margin " +
    "moves and no answer of the follower gains by more than the set tolerance. All margin games have one window, which ends " +
    "just below DPO's margins; it is also the one that worst values are measured on. Beside the games the best policy in the " +
    "ball is searched directly, over the dual price of distance.",
  arms: Object.keys(games),
  conditions: () => [FREE, LINEAR].map(at),
  seeds: ({ seeds }: SgpoOptions) => seeds,
  block: 10,
  run: ({ options: o, arm, condition, streams }) =>
    columns(streams("world").map((rng) => measure(o, arm, String(condition.policies), rng))),
  claims: [
    {
      kind: "control",
      id: "shifts-window-differs",
      statement: "With a window SGPO is not DPO: a margin differs by 0.001 or more",
      source: "bounded support of the program",
      paper: "not distinguished",
      quantity: "log10 of the largest difference of a margin, SSAPO in margin space − DPO",
      rule: above(-3),
      unit: "seeds",
      arms: ["ssapo-margin"],
      evidence: (view) => logOf(view, "ssapo-margin"),
    },
    contrastClaim("ssapo-margin", FREE, "common"),
    contrastClaim(
      "ssapo-margin",
      FREE,
      "adversary",
      "Adversaries differ: labels of near ties are cheap to turn round, and DPO's adversary turns more pairs.",
    ),
    contrastClaim("ssapo-margin", LINEAR, "common"),
    contrastClaim("ssapo-margin", LINEAR, "adversary"),
    contrastClaim("ssapo-probability", FREE, "common"),
    contrastClaim("ssapo-probability", FREE, "adversary", "It buys this with regret where nothing has shifted."),
    contrastClaim("ssapo-probability", LINEAR, "common"),
    contrastClaim("ssapo-probability", LINEAR, "adversary"),
    ...(["adversary", "flips"] as const).map((shift): Claim<SgpoOptions> => ({
      id: `shifts-linear-${shift}`,
      statement: `DPO's regret grows linearly in the shift, with an exponent of 1 within 0.15: ${SHIFTS[shift]}`,
      source: "theorem 2.6",
      paper: "at least δ − 2ε",
      quantity: "slope of log regret on log distance, free margins",
      rule: between(0.85, 1.15),
      needs: severalShifts,
      unit: "seeds",
      arms: ["dpo"],
      evidence: (view, o) => slope(view, "dpo", shift, o),
    })),
    {
      id: "shifts-lower-bound",
      statement: "DPO's regret is at least δ − 2ε",
      source: "theorem 2.6, without its assumption D.8",
      paper: "regret >= δ − 2ε",
      quantity: "regret − (δ − 2ε) under the adversary, largest distance, log-linear; δ in margins of DPO",
      rule: above(0),
      needs: shifted,
      unit: "seeds",
      arms: ["dpo"],
      evidence: (view, o) =>
        view.statistic(
          [`adversary-${farthest(o)}`, "gap-distance"].map((metric) => view.series("dpo", metric, at(LINEAR))),
          ([regrets, distances]) => mean(regrets) - mean(distances) + 2 * o.epsilon,
        ),
      note: "The assumption says that the policy best for the shifted law has nearly DPO's margins.",
    },
    {
      id: "shifts-own-radius",
      statement: "No policy has a better worst value within its own ε than SGPO, by 0.01 or more",
      source: "the game itself",
      paper: "SGPO is optimal there",
      quantity: "worst value, best policy found − SSAPO in margin space, log-linear",
      rule: below(0.01),
      unit: "paired seeds",
      arms: ["ssapo-margin", "dpo"],
      evidence: (view) => worstAgainst(view, "ssapo-margin"),
      note:
        "Turns end where neither side gains with the other's answer held, which need not be the leader's best choice.",
    },
    {
      kind: "question",
      id: "shifts-own-radius-dpo",
      statement: "SGPO's worst value within its own ε is better than DPO's by 0.01 or more",
      source: "the game itself",
      paper: "SGPO is optimal there",
      quantity: "worst value, SSAPO in margin space − DPO, log-linear",
      rule: above(0.01),
      unit: "paired seeds",
      arms: ["ssapo-margin", "dpo"],
      evidence: (view) => view.paired("ssapo-margin", "dpo", "worst-value", at(LINEAR)),
    },
    {
      kind: "control",
      id: "shifts-own-radius-room",
      statement: "There is a policy whose worst value is better than DPO's by 0.01 or more",
      source: "whether the class leaves anything to gain",
      paper: "not reported",
      quantity: "worst value, best policy found − DPO, log-linear",
      rule: above(0.01),
      unit: "paired seeds",
      arms: ["dpo"],
      evidence: (view) => worstAgainst(view, "dpo"),
    },
  ],
  figures: (view, o) =>
    [FREE, LINEAR].map((policies) => {
      const ratios = ratiosTold(view, policies, o);
      return {
        id: `shifts-${policies === FREE ? "free" : "linear"}`,
        ...summaryLines,
        data: regretRows(view, o, policies),
        x: "distance",
        xLabel: "W1 of the shift, in reward",
        yLabel: "regret, nats",
        panel: "shift",
        caption: [
          `Policies: ${policies}.`,
          ...view.arms.includes("sgpo-free")
            ? [
              `Without a window SGPO's margins are DPO's within ${
                formatNumber(view.mean("sgpo-free", "from-dpo", at(policies)).estimate)
              }: its worst case is the mean loss plus ε, a constant.`,
            ]
            : [],
          ...ratios ? [`Regret at ${nearRadius(o)} under the labels that are worst for DPO, DPO = 1: ${ratios}.`] : [],
          ...view.arms.includes("ssapo-probability")
            ? [
              `In probability space regret is ${
                formatNumber(
                  view.mean("ssapo-probability", `flips-${Math.min(...o.distances)}`, at(policies)).estimate,
                )
              } at the smallest shift.`,
            ]
            : [`Under the labels worst for DPO, ${extremes(view, `common-${nearRadius(o)}`, at(policies))}.`],
        ].join(" "),
        alt:
          `Regret against the distance of a shift, one line per arm, one panel per kind of shift; policies: ${policies}.`,
      };
    }),
  tables: (view, o) => [{
    id: "shifts",
    caption:
      "Regret at the distance nearest ε by kind of shift, share of pairs that each adversary turns, worst value within ε, largest distance of a margin from DPO's, and its largest move in the last turn of follower and leader.",
    columns: [
      { key: "policies", label: "policies" },
      { key: "arm", label: "arm", method: true },
      { key: "value", label: "worst for each", digits: 3, lower: "lower", upper: "upper" },
      { key: "common", label: "worst for DPO", digits: 3 },
      { key: "flips", label: "flips", digits: 3 },
      { key: "crowd", label: "crowd", digits: 3 },
      { key: "turned", label: "turned", digits: 3 },
      { key: "worst", label: "worst value", digits: 3 },
      { key: "from", label: "|ξ − DPO|" },
      { key: "movement", label: "last move" },
    ],
    rows: view.summary(`adversary-${nearRadius(o)}`).map((row) => {
      const of = (metric: string) => mean(view.series(row.arm, metric, at(String(row.policies))).values);
      return {
        ...row,
        common: of(`common-${nearRadius(o)}`),
        turned: of("turned"),
        flips: of(`flips-${nearRadius(o)}`),
        crowd: of(`crowd-${nearRadius(o)}`),
        worst: of("worst-value"),
        from: of("from-dpo"),
        movement: of("movement"),
      };
    }),
  }],
  notes: (view, o) => [
    ...settledTold(view, o),
    ...betterTold(view),
    "Without a window SGPO is DPO: the worst case is the mean loss plus ε, a constant. And no policy loses more than ε in the " +
    "worst case within ε, since −log σ is 1-Lipschitz: theorem 2.4 holds for every policy and tells none from another. Both " +
    `are tests of the code and not claims; here the largest loss is ${formatNumber(largestDrop(view, o))} ε.`,
  ],
});
