/**
 * What if the platform did not record the type, or badly?
 *
 * @module
 */
import { fromTo } from "../../lib/report/captions.ts";
import { methodStyle } from "../../lib/report/methods.ts";
import type { FigureSpec, TableSpec } from "../../lib/report/types.ts";
import { type Claim, type Condition, type Question, question } from "../../lib/run/experiment.ts";
import { summaryLines, type View } from "../../lib/run/view.ts";
import { above } from "../../lib/statistics/claims.ts";
import { pairedDifference } from "../../lib/statistics/intervals.ts";
import { type Collection, ends, full, PROTOCOL } from "./collection.ts";
import type { CompareOptions } from "./options.ts";
import { CENTRE, type Setting } from "./tasks.ts";

const label = (arm: string): string => methodStyle(arm).label;

/** Methods that read propensities. */
const WEIGHTED = ["cpo", "dr-cpo", "dpo-weighted"];
/** With them their counterparts that read none, and the untrained policy; methods that bring a look of their own are added. */
const ARMS = [...WEIGHTED, "outcome-only", "dpo", "reference"];

/** What was recorded, from nothing to all; a record of no or full correlation is one of the ends. */
function recordsOf({ record }: CompareOptions): Condition[] {
  const partly = record > 0 && record < 1 ? [{ type: "partly recorded", record }] : [];
  return [{ type: "unrecorded", record: 0 }, ...partly, { type: "recorded", record: 1 }];
}

/** The setting of a condition. */
export function recordedOf({ record }: Condition, o: CompareOptions): Setting {
  return { ...CENTRE, n: o.n, confounding: ends(o).most, record: Number(record) };
}

const RECORDED: Condition = { type: "recorded", record: 1 }, UNRECORDED: Condition = { type: "unrecorded", record: 0 };
const partlyRecorded = ({ record }: CompareOptions): Condition => ({ type: "partly recorded", record });

/** That one record is worth more to a method than another. */
const worth = (
  arm: string,
  id: string,
  what: string,
  [better, worse]: readonly [(o: CompareOptions) => Condition, (o: CompareOptions) => Condition],
  needs: (o: CompareOptions) => string | undefined,
): Claim<CompareOptions> => ({
  kind: "question",
  id: `${arm}-${id}`,
  statement: `At full confounding ${label(arm)} has a higher value with ${what}, by 0.05 or more`,
  source: "our question, in no paper",
  paper: "not reported",
  quantity: `value of ${label(arm)} at full confounding, ${what}`,
  rule: above(0.05),
  unit: "paired seeds",
  arms: [arm],
  needs: (o) => full(o) ?? needs(o),
  evidence(view, o) {
    const [a, b] = [better(o), worse(o)].map((condition) => view.series(arm, "value", condition).values);
    return pairedDifference(a, b);
  },
});

/** A record between nothing and all. */
const between = ({ record }: CompareOptions): string | undefined =>
  record > 0 && record < 1 ? undefined : "this needs a --record between 0 and 1";

/** That a method is better than none, or than its counterpart that reads no propensity. */
const stillAhead = (arm: string, other: string): Claim<CompareOptions> => ({
  kind: "question",
  id: `unrecorded-${arm}-beats-${other}`,
  statement: `At full confounding through an unrecorded type ${label(arm)} beats ${
    other === "reference" ? "the untrained policy" : label(other)
  }`,
  source: "our question, in no paper",
  paper: "not reported",
  quantity: `value, ${label(arm)} − ${label(other)}, type unrecorded`,
  rule: above(0),
  unit: "paired seeds",
  arms: [arm, other],
  needs: full,
  evidence: (view) => view.paired(arm, other, "value", UNRECORDED),
});

function recordFigure(view: View, o: CompareOptions): FigureSpec[] {
  const arms = view.arms.filter((arm) => arm !== "reference");
  if (arms.length === 0) return [];
  const where = ({ record }: Condition) => record === 0;
  return [{
    id: "recording",
    ...summaryLines,
    data: view.summary("value", { arms }),
    x: "record",
    xLabel: "correlation of the record that propensities are given with the type; 0: unrecorded, 1: recorded",
    yLabel: `value at ${o.budget} nats of KL(π ‖ π0)`,
    references: [{ value: 0, label: "π0" }],
    caption: `At confounding ${ends(o).most}, with the type unrecorded, values go ` +
      `${fromTo(view.summary("value", { arms, where }))}. Methods without propensities read no record, and are level.`,
    alt: "Value against how well the platform recorded the readers' type, one line a method.",
  }];
}

function recordTable(view: View): TableSpec {
  return {
    id: "recording",
    caption:
      "Value at equal KL by what the platform recorded of the type. Propensities are the chance of what was shown " +
      "given the record: averaged over types where nothing was recorded.",
    columns: [
      { key: "type", label: "type" },
      { key: "record", label: "correlation" },
      { key: "arm", label: "method", method: true },
      { key: "value", label: "value", digits: 3, lower: "lower", upper: "upper", better: "higher" },
    ],
    rows: view.summary("value"),
  };
}

export function recordingQuestion(collection: Collection): Question<CompareOptions> {
  return question({
    id: "recording",
    asks: "What if the platform did not record the type, or badly?",
    part: "synthetic",
    method:
      `${PROTOCOL} The strongest confounding of the run. A record of the type is right, wrong at random, or absent; ` +
      "methods that read propensities get the chance of what was shown given the record.",
    arms: collection.methods.filter(({ id, look }) => ARMS.includes(id) || look).map(({ id }) => id),
    tensors: true,
    block: 20,
    seeds: ({ seeds }: CompareOptions) => seeds,
    conditions: recordsOf,
    run: (context) => collection.run(context, recordedOf(context.condition, context.options)),
    claims: WEIGHTED.flatMap((arm) => [
      worth(
        arm,
        "needs-record",
        "the type recorded than unrecorded",
        [() => RECORDED, () => UNRECORDED],
        () => undefined,
      ),
      worth(arm, "partial-record", "a noisy record than none", [partlyRecorded, () => UNRECORDED], between),
      stillAhead(arm, "reference"),
      stillAhead(arm, arm === "dpo-weighted" ? "dpo" : "outcome-only"),
    ]),
    figures: recordFigure,
    tables: (view) => [recordTable(view)],
  });
}
