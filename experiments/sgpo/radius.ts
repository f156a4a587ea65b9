/**
 * What the radius ε does to the learned policy, in either space; ε = 0 is self-DPO.
 *
 * @module
 */
import { formatInterval, formatNumber } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { all, some } from "../../lib/run/needs.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import { above, below, between } from "../../lib/statistics/claims.ts";
import type { SgpoOptions } from "./options.ts";
import { noisySeeds } from "./needs.ts";
import { type Cell, convergedNote, detectable, difference, differenceClaim, label, roundTable } from "./reading.ts";
import { outcomesOf, POOLS, roundMetrics } from "./study.ts";

const LAST = POOLS.length, SPACES = ["ssapo-probability", "ssapo-clamp", "ssapo-margin"] as const;
/** The gain at a KL that is the same for all ε: what is left once no policy is sharper than another. */
const AT_KL = "gain-at-kl";
const noisiest = (o: SgpoOptions) => Math.max(...o.noises), cleanest = (o: SgpoOptions) => Math.min(...o.noises);
/** ε that the others are held against: 0, which is self-DPO, where it is among them. */
const least = (o: SgpoOptions) => Math.min(...o.epsilons);
/** The smallest ε above that. */
const small = (o: SgpoOptions) => o.epsilons.toSorted((a, b) => a - b)[Math.min(1, o.epsilons.length - 1)];
const large = (o: SgpoOptions) => Math.max(...o.epsilons);
const compared = all<SgpoOptions>(
  some("epsilons", (epsilon) => epsilon === 0, "0 among --epsilons"),
  some("epsilons", (epsilon) => epsilon > 0, "a value of --epsilons above 0"),
  noisySeeds,
);

const cell = (arm: string, name: string, epsilon: number, noise: number): Cell => ({
  arm,
  metric: name === AT_KL ? name : `${name}-${LAST}`,
  at: { noise, epsilon },
});

function against0(
  arm: string,
  name: string,
  epsilon: (o: SgpoOptions) => number,
  noise: (o: SgpoOptions) => number,
  told: Parameters<typeof differenceClaim>[0],
) {
  const cells = (o: SgpoOptions) =>
    [cell(arm, name, epsilon(o), noise(o)), cell(arm, name, least(o), noise(o))] as const;
  return differenceClaim({ ...told, needs: compared }, cells, [arm]);
}

/** ε at which an arm's mean gain is largest, and by how much it is above that at the least ε. */
function best(view: View, arm: string, o: SgpoOptions, noise: number): string {
  const gains = o.epsilons.map((epsilon) => ({
    epsilon,
    ...difference(view, cell(arm, "gain", epsilon, noise), cell(arm, "gain", least(o), noise)),
  }));
  const { epsilon, estimate, lower, upper } = gains.toSorted((a, b) => b.estimate - a.estimate)[0];
  return epsilon === least(o)
    ? `${label(arm)}: no ε gains on ε = ${epsilon}`
    : `${label(arm)}: most at ε = ${epsilon}, by ${formatInterval(estimate, lower, upper)}`;
}

export const radius = question({
  id: "radius",
  asks: "Does a small ε help and a large one hurt?",
  part: "synthetic",
  method:
    "The loop of the rounds above at several ε. In margin space ε is a distance of margins and the window ends just " +
    "below the lowest margin; in probability space it is one of probabilities, on a support that ends above 0. The released form clamps instead: its " +
    "follower goes to 0, where a moved pair has no slope until the policy likes it better than it did. A gain also grows " +
    "with the sharpness of a policy, which ε changes; so gains are read at equal KL from π_ref as well, with θ scaled to it.",
  arms: [...SPACES],
  conditions: ({ noises, epsilons }: SgpoOptions) =>
    noises.flatMap((noise) => epsilons.map((epsilon) => ({ noise, epsilon }))),
  seeds: ({ seeds }) => seeds,
  run: (context) => {
    const { options: o, condition } = context;
    const setting = { seedShare: o.seedShare, epsilon: Number(condition.epsilon), noise: Number(condition.noise) };
    return roundMetrics(outcomesOf(context, setting), o);
  },
  claims: [
    against0("ssapo-probability", "gain", small, noisiest, {
      id: "radius-small-helps",
      statement: "With noisy seeds a small ε helps, in probability space",
      source: "table on ε",
      paper: "length-controlled win rate 24.44 at 0.01 over 19.76 at 0",
      quantity: "gain after the last round, smallest ε − ε = 0, noisy seeds",
      rule: above(0),
    }),
    against0("ssapo-probability", "gain", large, noisiest, {
      id: "radius-large-hurts",
      statement: "And a large one hurts",
      source: "table on ε: an inverted U",
      paper: "19.78 at 0.1, below 24.44 at 0.01",
      quantity: "gain after the last round, largest ε − ε = 0, noisy seeds",
      rule: below(0),
    }),
    ...(["ssapo-probability", "ssapo-clamp"] as const).flatMap((arm) => [
      against0(arm, AT_KL, small, noisiest, {
        kind: "control",
        id: `radius-small-helps-at-kl-${arm}`,
        statement: `A small ε helps at equal KL: ${label(arm)}`,
        source: "table on ε, without the part that sharpness plays",
        paper: "not reported",
        quantity: "gain at the set KL, smallest ε − ε = 0, noisy seeds",
        rule: above(0),
      }),
      against0(arm, AT_KL, large, noisiest, {
        kind: "control",
        id: `radius-large-hurts-at-kl-${arm}`,
        statement: `A large one hurts at equal KL: ${label(arm)}`,
        source: "table on ε, without the part that sharpness plays",
        paper: "not reported",
        quantity: "gain at the set KL, largest ε − ε = 0, noisy seeds",
        rule: below(0),
      }),
    ]),
    ...[
      against0("ssapo-clamp", "gain", small, noisiest, {
        id: "radius-clamp-small-helps",
        statement: "In the released form a small ε helps with noisy seeds",
        source: "table on ε",
        paper: "length-controlled win rate 24.44 at 0.01 over 19.76 at 0",
        quantity: "gain after the last round, smallest ε − ε = 0, noisy seeds",
        rule: above(0),
      }),
      against0("ssapo-clamp", "gain", large, noisiest, {
        id: "radius-clamp-large-hurts",
        statement: "In the released form a large ε hurts with noisy seeds",
        source: "table on ε: an inverted U",
        paper: "19.78 at 0.1, below 24.44 at 0.01",
        quantity: "gain after the last round, largest ε − ε = 0, noisy seeds",
        rule: below(0),
      }),
    ],
    against0("ssapo-margin", "gain", large, noisiest, {
      kind: "question",
      id: "radius-margin-flat",
      statement: "In margin space ε hardly matters, by 0.05 at most",
      source: "known negative: lemma 3.1 with a window just below the lowest margin",
      paper: "the same guidance for ε",
      quantity: "gain after the last round, largest ε − ε = 0, noisy seeds",
      rule: between(-0.05, 0.05),
    }),
    against0("ssapo-margin", "entropy", large, noisiest, {
      kind: "question",
      id: "radius-margin-surer",
      statement: "In margin space ε makes the policy surer",
      source: "slope of the displaced loss",
      paper: "not reported",
      quantity: "entropy after the last round in nats, largest ε − ε = 0, noisy seeds",
      rule: below(0),
    }),
    against0("ssapo-probability", "entropy", large, noisiest, {
      kind: "question",
      id: "radius-probability-less-sure",
      statement: "In probability space it makes it less sure",
      source: "slope of the displaced loss",
      paper: "not reported",
      quantity: "entropy after the last round in nats, largest ε − ε = 0, noisy seeds",
      rule: above(0),
    }),
  ],
  figures: (view, o) => [
    {
      id: "radius-gain",
      ...summaryLines,
      data: view.summary(`gain-${LAST}`),
      x: "epsilon",
      xLabel: "ε",
      yLabel: "E_π r* − E_ref r*, held out",
      panel: "noise",
      panelLabel: "seed labels flipped",
      caption: `True reward after the last round. With ${noisiest(o)} flipped, ${
        view.arms.map((arm) => best(view, arm, o, noisiest(o))).join("; ")
      }.`,
      alt: "True reward gained after the last round against ε, one line per space, one panel per noise of the seed.",
    },
    {
      id: "radius-gain-at-kl",
      ...summaryLines,
      data: view.summary(AT_KL),
      x: "epsilon",
      xLabel: "ε",
      yLabel: `E_π r* − E_ref r* at a KL of ${o.equalKl}, held out`,
      panel: "noise",
      panelLabel: "seed labels flipped",
      caption:
        `True reward after the last round where every policy has a KL of ${o.equalKl} nats from π_ref. Against ` +
        `ε = ${least(o)}, ε = ${large(o)} changes it by ${
          view.arms.map((arm) => {
            const { estimate, lower, upper } = difference(
              view,
              cell(arm, AT_KL, large(o), noisiest(o)),
              cell(arm, AT_KL, least(o), noisiest(o)),
            );
            return `${formatInterval(estimate, lower, upper)} (${label(arm)})`;
          }).join(", ")
        }, with ${noisiest(o)} flipped.`,
      alt: "True reward at equal KL after the last round against ε, one line per space, one panel per noise.",
    },
    {
      id: "radius-entropy",
      ...summaryLines,
      data: view.summary(`entropy-${LAST}`),
      x: "epsilon",
      xLabel: "ε",
      yLabel: "entropy of the policy, nats",
      panel: "noise",
      panelLabel: "seed labels flipped",
      caption: `Against ε = ${least(o)}, entropy at ε = ${small(o)} and at ε = ${large(o)} differs by ${
        view.arms.map((arm) => {
          const [few, many] = [small(o), large(o)].map((epsilon) => {
            const change = difference(
              view,
              cell(arm, "entropy", epsilon, noisiest(o)),
              cell(arm, "entropy", least(o), noisiest(o)),
            );
            return formatInterval(change.estimate, change.lower, change.upper);
          });
          return `${few} and ${many} (${label(arm)})`;
        }).join("; ")
      }, with ${noisiest(o)} flipped.`,
      alt: "Entropy of the policy after the last round against ε, one line per space, one panel per noise of the seed.",
    },
    {
      id: "radius-confidence",
      ...summaryLines,
      data: view.summary(`confidence-${LAST}`),
      x: "epsilon",
      xLabel: "ε",
      yLabel: "mean σ(|margin|), held out",
      panel: "noise",
      panelLabel: "seed labels flipped",
      caption: `How sure the implicit reward is of its verdicts. With ${cleanest(o)} flipped it changes between ε = ${
        least(o)
      } and ε = ${large(o)} by ${
        view.arms.map((arm) => {
          const { estimate } = difference(
            view,
            cell(arm, "confidence", large(o), cleanest(o)),
            cell(arm, "confidence", least(o), cleanest(o)),
          );
          return `${formatNumber(estimate)} (${label(arm)})`;
        }).join(" and ")
      }.`,
      alt: "Mean confidence of the implicit reward after the last round against ε, one line per space.",
    },
  ],
  tables: (view) => [
    roundTable(view, "radius", "Exact measures after the last round.", [
      { key: "noise", label: "flipped" },
      { key: "epsilon", label: "ε" },
    ], LAST),
  ],
  notes: (view, o) => [
    convergedNote(view),
    "In probability space a moved pair pulls with a slope of up to 1/(4 floor) instead of 1; in the released form it has none " +
    "where the follower left it. A change of entropy is one of sharpness: what ε does beside that is the gain at equal KL.",
    ...SPACES.filter((arm) => view.arms.includes(arm)).flatMap((arm) =>
      detectable(
        view,
        `a gain of ε = ${small(o)} over ${least(o)} (${label(arm)})`,
        cell(arm, "gain", small(o), noisiest(o)),
        cell(arm, "gain", least(o), noisiest(o)),
      )
    ),
  ],
});
