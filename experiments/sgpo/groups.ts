/**
 * What grouping does to the learned policy: the paper solves its follower in groups of G pairs.
 *
 * @module
 */
import { question } from "../../lib/run/experiment.ts";
import { all, several } from "../../lib/run/needs.ts";
import { summaryLines } from "../../lib/run/view.ts";
import { above } from "../../lib/statistics/claims.ts";
import { aRadius } from "./needs.ts";
import type { SgpoOptions } from "./options.ts";
import { type Cell, convergedNote, detectable, differenceClaim, label, roundTable, told } from "./reading.ts";
import { outcomesOf, POOLS, roundMetrics } from "./study.ts";

const LAST = POOLS.length, ARM = "ssapo-probability", GAIN = `gain-${LAST}`, AT_KL = "gain-at-kl";
const fewest = (o: SgpoOptions) => Math.min(...o.groups), most = (o: SgpoOptions) => Math.max(...o.groups);
const cell = (metric: string, group: number): Cell => ({ arm: ARM, metric, at: { group } });
const severalGroups = all<SgpoOptions>(aRadius, several("groups"));

export const groups = question({
  id: "groups",
  asks: "Does a policy learn better against a follower of larger groups?",
  part: "synthetic",
  method:
    "The loop of the rounds above with as many flips of seed labels as the noisiest of them. The follower answers group by " +
    "group, in the order in which pairs came, each with the whole ε for its own mean distance.",
  arms: [ARM, "ssapo-clamp"],
  conditions: ({ groups }: SgpoOptions) => groups.map((group) => ({ group })),
  seeds: ({ seeds }) => seeds,
  run(context) {
    const { options: o, condition } = context, noise = Math.max(...o.noises);
    const setting = { seedShare: o.seedShare, epsilon: o.epsilon, noise, group: Number(condition.group) };
    return roundMetrics(outcomesOf(context, setting), o);
  },
  claims: ([[GAIN, "paper"], [AT_KL, "control"]] as const).map(([metric, kind]) =>
    differenceClaim(
      {
        kind,
        id: metric === GAIN ? "groups-gain" : "groups-gain-at-kl",
        statement: metric === GAIN
          ? "Larger groups make a better policy"
          : "And they do at equal KL, where no policy is sharper",
        source: "table on G",
        paper: metric === GAIN
          ? "length-controlled win rate 13.70, 14.81, 16.95 with G = 100, 200, 300"
          : "not reported",
        quantity: `gain ${
          metric === GAIN ? "after the last round" : "at the set KL"
        }, largest G − smallest, SSAPO in probability space`,
        rule: above(0),
        needs: severalGroups,
      },
      (o) => [cell(metric, most(o)), cell(metric, fewest(o))],
      [ARM],
    )
  ),
  figures: (view, o) => [{
    id: "groups",
    ...summaryLines,
    data: view.summary(GAIN),
    x: "group",
    xScale: "log",
    xLabel: "G, pairs of a follower's group",
    yLabel: "E_π r* − E_ref r*, held out",
    caption: told(
      view,
      `From groups of ${fewest(o)} to groups of ${most(o)} the gain of ${label(ARM)} changes by`,
      cell(GAIN, most(o)),
      cell(GAIN, fewest(o)),
    ) + told(view, "At equal KL it changes by", cell(AT_KL, most(o)), cell(AT_KL, fewest(o))) +
      "G is the size of a follower's group, in pairs.",
    alt: "True reward gained after the last round against the size of the follower's groups, one line per arm.",
  }],
  tables: (view) => [
    roundTable(view, "groups", "Exact measures after the last round.", [{ key: "group", label: "G" }], LAST),
  ],
  notes: (view, o) => [
    convergedNote(view),
    ...detectable(view, "a gain of the largest groups over the smallest", cell(GAIN, most(o)), cell(GAIN, fewest(o))),
  ],
});
