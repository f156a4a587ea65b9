/**
 * What is left of each kind of data when labels err.
 *
 * @module
 */
import { formatInterval } from "../../lib/report/numbers.ts";
import { type Claim, type Condition, question } from "../../lib/run/experiment.ts";
import { some } from "../../lib/run/needs.ts";
import { summaryLines } from "../../lib/run/view.ts";
import { above } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { type PairSource, pairSources } from "../../lib/worlds/revisions.ts";
import { objectiveIds } from "./objectives.ts";
import type { SyntheticOptions } from "./options.ts";
import { emptyCache, PROTOCOL, runsOf, standing } from "./runs.ts";
import { type Cell, dataLabel, detectable, differenceBetween, label, LEAST_GAIN, overData } from "./study.ts";

const noisiest = ({ noises }: SyntheticOptions) => Math.max(...noises);
const at = (o: SyntheticOptions, data: PairSource) => ({ data, noise: noisiest(o) });

const manyWrong = some<SyntheticOptions>("noises", (noise) => noise >= 0.2, "a value of --noises of 0.2 or more");

function noiseClaim(
  id: string,
  statement: string,
  cells: (o: SyntheticOptions) => readonly [Cell, Cell],
  quantity: string,
  told: Pick<Claim<SyntheticOptions>, "source" | "paper" | "arms">,
): Claim<SyntheticOptions> {
  return {
    kind: "question",
    id,
    statement: `${statement}, by ${LEAST_GAIN} or more`,
    ...told,
    quantity: `mean gain over checkpoints at the highest noise, ${quantity}`,
    rule: above(LEAST_GAIN),
    needs: manyWrong,
    unit: "paired seeds",
    evidence: (view, o) => differenceBetween(view, "gain-mean", ...cells(o)),
  };
}

const DESIGN = { source: "design check, not in the paper", paper: "noise of judges not studied" };

export const noise = question({
  id: "noise",
  asks: "What is left when labels err?",
  part: "synthetic",
  method:
    `${PROTOCOL}Some pairs are marked the wrong way round, whatever their kind; scores are means over checkpoints ` +
    "with SGD.",
  arms: objectiveIds,
  seeds: ({ seeds }: SyntheticOptions) => seeds,
  conditions: ({ noises }) => overData(noises.map((noise) => ({ noise }))),
  prepare: emptyCache,
  run(context) {
    const { data, noise } = context.condition as { data: PairSource; noise: number };
    const runs = runsOf(context, { data, optimiser: "SGD", noise });
    return {
      "gain-mean": runs.map(({ arena, checkpoints }) =>
        mean(checkpoints.slice(1).map((theta) => standing(arena, theta).gain))
      ),
    };
  },
  claims: [
    ...(["dpo", "apo-zero"] as const).map((arm) =>
      noiseClaim(
        `noisy-clair-beats-judge-${arm}`,
        `With ${label(arm)} and many wrong labels, revisions teach more than judged pairs of the model's own`,
        (o) => [[arm, at(o, "clair")], [arm, at(o, "on-policy")]],
        `${label(arm)} on CLAIR − on on-policy judge`,
        { ...DESIGN, arms: [arm] },
      )
    ),
    ...(["dpo", "apo-zero"] as const).map((other) =>
      noiseClaim(
        `noisy-down-beats-${other}`,
        `With many wrong labels on off-policy data, APO-down gains more than ${label(other)}`,
        (o) => [["apo-down", at(o, "off-policy")], [other, at(o, "off-policy")]],
        `APO-down − ${label(other)} on off-policy judge`,
        { ...DESIGN, arms: ["apo-down", other] },
      )
    ),
  ],
  figures(view, o) {
    const by = view.conditions.filter(({ data }) => data === "clair").map(({ noise }) => noise);
    const leads = view.arms.flatMap((arm) =>
      by.map((noise) => {
        const { estimate: value, lower, upper, n: seeds } = differenceBetween(
          view,
          "gain-mean",
          [arm, { data: "clair", noise }],
          [arm, { data: "on-policy", noise }],
        );
        return { arm, noise, value, lower, upper, seeds };
      })
    );
    const atMost = leads.filter((row) => row.noise === noisiest(o)).toSorted((a, b) => b.value - a.value);
    const decided = atMost.filter(({ lower, upper }) => lower > 0 || upper < 0);
    const told = pairSources.map((data) => {
      const [best] = view.arms.map((arm) => ({ arm, ...view.mean(arm, "gain-mean", at(o, data)) }))
        .toSorted((a, b) => b.estimate - a.estimate);
      return `${dataLabel(data)}: ${label(best.arm)} ${formatInterval(best.estimate, best.lower, best.upper)}`;
    });
    return [
      {
        id: "noise",
        ...summaryLines,
        data: view.summary("gain-mean").map((row) => ({ ...row, panel: dataLabel(String((row as Condition).data)) })),
        x: "noise",
        panel: "panel",
        xLabel: "chance that a pair is marked the wrong way round",
        yLabel: "mean gain over checkpoints",
        references: [{ value: 0, label: "π0" }],
        caption: `At a noise of ${noisiest(o)} the best objective is, on ${told.join("; ")}. Bands are 95% over seeds.`,
        alt: "Mean gain against label noise, one line per objective, one panel per kind of data.",
      },
      {
        id: "noise-lead",
        ...summaryLines,
        data: leads,
        x: "noise",
        xLabel: "chance that a pair is marked the wrong way round",
        yLabel: "mean gain from CLAIR − from on-policy judge",
        references: [{ value: 0, label: "equal" }],
        caption: `What revisions gain over judged pairs of the model's own. At a noise of ${noisiest(o)}, where the ` +
          `interval leaves out 0: ${
            decided.map((row) => `${label(row.arm)} ${formatInterval(row.value, row.lower, row.upper)}`).join(", ") ||
            "nowhere"
          }. Intervals are 95% of paired differences.`,
        alt:
          "Difference in mean gain between CLAIR and on-policy judged data against label noise, one line per objective.",
      },
    ];
  },
  tables: (view) => [{
    id: "noise",
    caption: "Mean gain over checkpoints under label noise.",
    columns: [
      { key: "from", label: "data" },
      { key: "noise", label: "noise" },
      { key: "arm", label: "objective", method: true },
      { key: "value", label: "mean gain", digits: 3, lower: "lower", upper: "upper" },
    ],
    rows: view.summary("gain-mean").map((row) => ({ ...row, from: dataLabel(String((row as Condition).data)) })),
  }],
  notes: (view, o) => detectable(view, "gain-mean", ["dpo", at(o, "clair")], ["dpo", at(o, "on-policy")]),
});
