/**
 * What more training does: over-optimisation and what prevents it, one side of the loss against both, and starting again
 * against going on.
 *
 * @module
 */
import { formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import { type Condition, question } from "../../lib/run/experiment.ts";
import { all, over, several } from "../../lib/run/needs.ts";
import type { View } from "../../lib/run/view.ts";
import { above, below } from "../../lib/statistics/claims.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { paperSteps, someInformation } from "./needs.ts";
import type { SyntheticOptions } from "./options.ts";
import {
  casesOf,
  change,
  columns,
  curve,
  extremes,
  measure,
  measureTable,
  methodOf,
  pairedClaim,
  policyAt,
  PROTOCOL,
  ratio,
  told,
  trainingOf,
} from "./study.ts";
import { methods, train } from "./training.ts";

const few = (o: SyntheticOptions): Condition => ({ multiple: Math.min(...o.longer) });
const many = (o: SyntheticOptions): Condition => ({ multiple: Math.max(...o.longer) });
const multiples = ({ longer }: SyntheticOptions) => longer.map((multiple) => ({ multiple }));
const MULTIPLE = { x: "multiple", xScale: "log", xLabel: "multiple of the steps" } as const;

/** Trains an arm for a multiple of the steps and measures where it ends; the base policy's numbers stand beside it. */
function trainAndMeasure(context: Parameters<typeof casesOf>[0] & { arm: string; condition: Condition }) {
  const { arm, condition, options } = context;
  return columns(
    casesOf(context).map((each) => {
      const training = trainingOf(each, options, Number(condition.multiple));
      const base = measure(each, each.logBase);
      return {
        ...measure(each, policyAt(each, train(methodOf(arm), training, each.rng).at(-1)!)),
        "base-information": base.information,
        "base-junk": base.junk,
      };
    }),
  );
}

/** Mean of a metric over that of the base policy of the same seeds. */
const overBase = (view: View, arm: string, metric: "junk" | "information", at: Condition) =>
  view.statistic(
    [view.series(arm, metric, at), view.series(arm, `base-${metric}`, at)],
    ([now, base]) => mean(now) / mean(base),
  );

const baseLine = (view: View, metric: "junk" | "information", at: Condition) => [{
  value: mean(view.series(view.arms[0], `base-${metric}`, at).values),
  label: "base policy",
}];

/** Whether mutual information and win rate part ways as training goes on. */
function warning(view: View, o: SyntheticOptions): string {
  if (!view.arms.includes("sami")) return "";
  const steps = o.longer.toSorted((a, b) => a - b).map((multiple) => ({ multiple }));
  const of = (metric: string) => steps.map((at) => view.mean("sami", metric, at).estimate);
  const wins = of("win-rate"), information = of("information"), best = wins.indexOf(Math.max(...wins));
  const after = information.slice(best + 1);
  return after.length > 0 && after.every((v) => v > information[best])
    ? `It does not warn: it still rises after the win rate of SAMI has peaked, at ${
      steps[best].multiple
    } times the steps.`
    : `The win rate of SAMI peaks at ${steps[best].multiple} times the steps.`;
}

export const overOptimisation = question({
  id: "over-optimisation",
  asks: "What happens when SAMI trains for too long, and what prevents it?",
  part: "synthetic",
  method:
    `${PROTOCOL}Junk responses are unlikely, but their constitution-specific features are larger than those of any real ` +
    "response. All iterations are lengthened alike. SAMI starts every iteration from the base policy; continued, it does " +
    "not; with KL, the loss has β KL(π ‖ π_base), by enumeration. Responses are the likeliest ones, as in the paper, unless " +
    "they are said to be drawn.",
  arms: ["sami", "sami-kl", "sami-continue", "sami-drawn"],
  conditions: multiples,
  seeds: ({ seeds }) => seeds,
  run: trainAndMeasure,
  claims: [
    {
      id: "overtraining-junk",
      statement: "Trained too long without KL term, SAMI drifts to junk: at least twice the base policy's",
      source: "failure mode of over-training",
      paper: "gibberish",
      quantity: "P(junk) at the most steps over that of the base policy",
      rule: above(2),
      needs: several("longer"),
      unit: "seeds",
      arms: ["sami"],
      evidence: (view, o) => overBase(view, "sami", "junk", many(o)),
    },
    {
      kind: "question",
      id: "overtraining-wins",
      statement: "And it wins less often against the base policy than after few steps",
      source: "failure mode of over-training",
      paper: "gibberish",
      quantity: "win rate at the most steps − at the fewest",
      rule: below(0),
      needs: several("longer"),
      unit: "paired seeds",
      arms: ["sami"],
      evidence: (view, o) => change(view, "win-rate", "sami", many(o), few(o)),
    },
    {
      id: "few-steps-prevent",
      statement: "Few steps from a fresh start keep junk within half again of the base policy's",
      source: "regularisation by few gradient steps and restarts",
      paper: "used as regularisation",
      quantity: "P(junk) at the fewest steps over that of the base policy",
      rule: below(1.5),
      needs: paperSteps,
      unit: "seeds",
      arms: ["sami"],
      evidence: (view, o) => overBase(view, "sami", "junk", few(o)),
    },
    {
      kind: "question",
      id: "kl-prevents",
      statement: "A KL term at least halves the junk of too many steps",
      source: "KL term, an option of the released code",
      paper: "did not help in initial testing",
      quantity: "P(junk) of SAMI with KL over SAMI, most steps",
      rule: below(0.5),
      needs: all(several("longer"), over("klWeight")),
      unit: "seeds",
      arms: ["sami", "sami-kl"],
      evidence: (view, o) => ratio(view, "junk", ["sami-kl", many(o)], ["sami", many(o)]),
    },
    pairedClaim(["sami-kl", "sami"], "win-rate", few, {
      id: "kl-does-not-help",
      statement: "At few steps the KL term does not raise the win rate by a point",
      source: "KL term, β = 0 in the paper",
      paper: "did not help in initial testing",
      quantity: "win rate of SAMI with KL − SAMI, fewest steps",
      rule: below(0.01),
      needs: all(paperSteps, over("klWeight")),
    }),
  ],
  figures: (view, o) => [
    curve(view, "junk", {
      id: "over-optimisation-junk",
      ...MULTIPLE,
      yLabel: "P(junk)",
      references: baseLine(view, "junk", few(o)),
      caption: `P(junk) at ${many(o).multiple} times the steps: ${
        extremes(view, "junk", many(o))
      }; the base policy has ${formatPercent(baseLine(view, "junk", few(o))[0].value)}.`,
    }),
    curve(view, "win-rate", {
      id: "over-optimisation-wins",
      ...MULTIPLE,
      yLabel: "win rate against the base policy",
      references: [{ value: 0.5, label: "base policy" }],
      caption: `Win rate at ${many(o).multiple} times the steps: ${extremes(view, "win-rate", many(o))}; after the ` +
        `paper's few steps: ${extremes(view, "win-rate", few(o))}.`,
    }),
    curve(view, "kl", {
      id: "over-optimisation-kl",
      ...MULTIPLE,
      yScale: "log",
      yLabel: "KL(π ‖ base), nats",
      caption: `Distance from the base policy at ${many(o).multiple} times the steps: ${
        extremes(view, "kl", many(o))
      }.`,
    }),
    curve(view, "information", {
      id: "over-optimisation-information",
      ...MULTIPLE,
      yLabel: "I(Y;C|X), nats",
      references: baseLine(view, "information", few(o)),
      caption: `At ${many(o).multiple} times the steps: ${extremes(view, "information", many(o))}. ${warning(view, o)}`,
    }),
  ],
  tables: (view) => [
    measureTable(view, "over-optimisation", "Exact measures where training ends.", [
      { key: "multiple", label: "steps ×" },
    ]),
  ],
});

export const sides = question({
  id: "sides",
  asks: "What does each side of the loss do?",
  part: "synthetic",
  method:
    `${PROTOCOL}The constitution side contrasts constitutions for a response, the response side responses for a ` +
    "constitution; SAMI is their mean, at the same number of steps. Responses are the likeliest ones, as in the paper; drawn, " +
    "they are those that the bound is about.",
  arms: ["sami", "sami-constitution", "sami-response", "sami-drawn", "sami-drawn-constitution"],
  conditions: multiples,
  seeds: ({ seeds }) => seeds,
  run: trainAndMeasure,
  claims: [
    pairedClaim(["sami", "sami-constitution"], "information", few, {
      kind: "question",
      id: "sides-information",
      statement: "Both sides raise the mutual information more than the constitution side alone",
      source: "equation 2 against equation 4",
      paper: "symmetric loss used",
      quantity: "I(Y;C|X) of SAMI − constitution side, fewest steps, nats",
      rule: above(0),
      needs: paperSteps,
    }),
    pairedClaim(["sami-response", "sami"], "junk", many, {
      kind: "question",
      id: "sides-junk",
      statement: "The response side alone drifts to junk sooner than both",
      source: "equation 8 against equation 2",
      paper: "not reported",
      quantity: "P(junk) of response side − SAMI, most steps",
      rule: above(0),
      needs: several("longer"),
    }),
    pairedClaim(["sami", "sami-constitution"], "win-rate", few, {
      kind: "question",
      id: "sides-wins-constitution",
      statement: "Both sides win more often than the constitution side alone, after few steps",
      source: "equation 2 against equation 4",
      paper: "symmetric loss used",
      quantity: "win rate of SAMI − constitution side, fewest steps",
      rule: above(0),
      needs: paperSteps,
    }),
    pairedClaim(["sami", "sami-response"], "win-rate", few, {
      kind: "question",
      id: "sides-wins-response",
      statement: "Both sides win more often than the response side alone, after few steps",
      source: "equation 2 against equation 8",
      paper: "symmetric loss used",
      quantity: "win rate of SAMI − response side, fewest steps",
      rule: above(0),
      needs: paperSteps,
    }),
    {
      kind: "question",
      id: "drawn-wins",
      statement: "With drawn responses SAMI wins 51% or more against the base policy as well",
      source: "the bound, which is for drawn responses",
      paper: "not reported: responses at temperature 0",
      quantity: "win rate of SAMI, drawn responses, fewest steps",
      rule: above(0.51),
      needs: paperSteps,
      unit: "seeds",
      arms: ["sami-drawn"],
      evidence: (view, o) => view.mean("sami-drawn", "win-rate", few(o)),
    },
  ],
  figures: (view, o) => {
    const rows = view.summary("junk").map((row) => {
      const at = { multiple: row.multiple }, x = view.mean(row.arm, "information", at);
      return { ...row, information: x.estimate, left: x.lower, right: x.upper };
    });
    return [
      {
        id: "sides",
        kind: "scatter" as const,
        data: rows,
        x: "information",
        xLower: "left",
        xUpper: "right",
        y: "value",
        yLower: "lower",
        yUpper: "upper",
        by: "arm",
        xLabel: "I(Y;C|X), nats",
        yLabel: "P(junk)",
        caption: `Each point is a multiple of the steps (${o.longer.join(", ")}). At ${many(o).multiple} times: ` +
          view.arms.map((arm) =>
            `${told(view, arm, "information", many(o))} nats at ${
              formatPercent(view.mean(arm, "junk", many(o)).estimate)
            } junk`
          ).join("; ") + ". Bars are 95% intervals over seeds.",
        alt: "Probability of junk against mutual information for both sides of the loss and each alone.",
      },
      curve(view, "win-rate", {
        id: "sides-wins",
        ...MULTIPLE,
        yLabel: "win rate against the base policy",
        references: [{ value: 0.5, label: "base policy" }],
        caption: `Win rate after few steps: ${extremes(view, "win-rate", few(o))}; at ${
          many(o).multiple
        } times as many: ${extremes(view, "win-rate", many(o))}.`,
      }),
    ];
  },
  tables: (view) => [
    measureTable(view, "sides", "Exact measures where training ends.", [{ key: "multiple", label: "steps ×" }]),
  ],
  notes: (view, o) =>
    view.arms.includes("sami-drawn-constitution") && someInformation(o) === undefined
      ? [
        "The constitution side is the log-loss of guessing the constitution of a response, a proper score: on its own " +
        "drawn samples a policy guesses best already, and the expected gradient is zero. What it learns of them is noise: its mutual " +
        `information at ${many(o).multiple} times the steps is ${
          formatNumber(overBase(view, "sami-drawn-constitution", "information", many(o)).estimate)
        } times the base policy's. Greedy responses are no such sample.`,
      ]
      : [],
});

const lastOf = (o: SyntheticOptions): Condition => ({ iteration: o.steps.length });

export const restart = question({
  id: "restart",
  asks: "Start every iteration from the base policy, or go on?",
  part: "synthetic",
  method:
    `${PROTOCOL}At every iteration both have spent the same number of steps; started again, only those of the last ` +
    "iteration are in the policy. One iteration takes as many steps as the last one, on responses of the base policy: " +
    "what it lacks is better responses to learn from.",
  arms: ["sami", "sami-continue", "sami-once"],
  conditions: ({ steps }: SyntheticOptions) => steps.map((_, i) => ({ iteration: i + 1 })),
  seeds: ({ seeds }) => seeds,
  run(context) {
    const iteration = Number(context.condition.iteration), { options, arm } = context;
    return columns(
      casesOf(context).map((each) => {
        const training = trainingOf(each, options), once = arm === "sami-once";
        const steps = once ? [options.steps[iteration - 1]] : options.steps.slice(0, iteration);
        const method = once ? methods.sami : methodOf(arm);
        return measure(each, policyAt(each, train(method, { ...training, steps }, each.rng).at(-1)!));
      }),
    );
  },
  claims: [
    pairedClaim(["sami-continue", "sami"], "kl", lastOf, {
      id: "continue-drifts",
      statement: "Going on drifts further from the base policy than starting again, at equal steps",
      source: "Algorithm 1",
      paper: "restart as regularisation",
      quantity: "KL(π ‖ base) continued − restarted, last iteration, nats",
      rule: above(0),
      needs: several("steps"),
    }),
    pairedClaim(["sami-continue", "sami"], "junk", lastOf, {
      id: "continue-junk",
      statement: "And has more junk",
      source: "Algorithm 1",
      paper: "restart as regularisation",
      quantity: "P(junk) continued − restarted, last iteration",
      rule: above(0),
      needs: several("steps"),
    }),
    pairedClaim(["sami", "sami-continue"], "win-rate", lastOf, {
      id: "restart-wins",
      statement: "Starting again wins more often",
      source: "Algorithm 1",
      paper: "restart as regularisation",
      quantity: "win rate restarted − continued, last iteration",
      rule: above(0),
      needs: several("steps"),
    }),
    pairedClaim(["sami", "sami-once"], "information", lastOf, {
      kind: "question",
      id: "iterating-helps",
      statement: "Iterations are worth more than as many steps on responses of the base policy",
      source: "Algorithm 1",
      paper: "three iterations",
      quantity: "I(Y;C|X) of three iterations − one of as many last steps, nats",
      rule: above(0),
      needs: several("steps"),
    }),
  ],
  figures: (view, o) => [
    curve(view, "information", {
      id: "restart-information",
      x: "iteration",
      xLabel: "iteration",
      yLabel: "I(Y;C|X), nats",
      caption: `Mutual information after the last iteration: ${
        view.arms.map((arm) => told(view, arm, "information", lastOf(o))).join(", ")
      }.`,
    }),
    curve(view, "kl", {
      id: "restart-kl",
      x: "iteration",
      xLabel: "iteration",
      yLabel: "KL(π ‖ base), nats",
      caption: `Distance from the base policy after the last iteration: ${
        view.arms.map((arm) => told(view, arm, "kl", lastOf(o))).join(", ")
      }; win rates: ${
        view.arms.map((arm) => formatNumber(view.mean(arm, "win-rate", lastOf(o)).estimate)).join(", ")
      }.`,
    }),
  ],
  tables: (view) => [
    measureTable(view, "restart", "Exact measures after each iteration.", [{ key: "iteration", label: "iteration" }]),
  ],
});
