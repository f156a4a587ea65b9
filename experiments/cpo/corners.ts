/**
 * When is each estimator right? Propensities right, estimated or wrong, against outcome models right or not.
 *
 * @module
 */
import { type EstimatorId, estimators, fitLogistic, fitRidge } from "../../lib/estimators/mod.ts";
import { formatInterval, formatNumber } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { summaryDots } from "../../lib/run/view.ts";
import { above, below, between } from "../../lib/statistics/claims.ts";
import { mean, standardDeviation } from "../../lib/statistics/summary.ts";
import { FULL_SHIFT, NOISE, type OutcomeWorld, syntheticWorld } from "../../lib/worlds/outcomes.ts";
import type { CpoOptions } from "./options.ts";
import { inDirectionOfLimit, limitOf, roundsOf, targetPolicy, usesModel, valueArms } from "./valuation.ts";

/** A bias this small does not matter beside an outcome that spreads by 0.2 over the texts. */
const NEGLIGIBLE = 0.01;
/** Where clipping, switching and shrinking set in: low enough to bite on a target whose largest weights are near 10. */
const LAMBDA = 5;
const CONFOUNDING = 0.5;
/** Of an outcome given its text: what a type of that strength has beside little noise, so that small biases show. */
const SPREAD = Math.hypot(CONFOUNDING * FULL_SHIFT, NOISE);

interface Prepared {
  readonly world: OutcomeWorld;
  readonly target: Float64Array;
  readonly models: Readonly<Record<string, Float64Array>>;
  readonly propensities: Readonly<Record<string, Float64Array>>;
}

/** Ridge penalty of the propensity model: seven coefficients and thousands of rows hardly need one. */
const PROPENSITY_PENALTY = 1;

/**
 * log P^R estimated without knowing the law: a logistic regression tells logged texts from texts of f0 by their
 * attributes, and its odds are P^R/P^f0 up to a constant. `[X]`
 */
function estimatedAssignment(world: OutcomeWorld, logged: Uint32Array, generated: Uint32Array): Float64Array {
  // One row a text, weighted by how often it occurs, has the likelihood of one row an occurrence at a tenth of the cost.
  const counts = new Float64Array(world.texts), weights = new Float64Array(world.texts);
  for (const x of logged) counts[x]++;
  for (const x of generated) weights[x]++;
  for (let x = 0; x < world.texts; x++) weights[x] += counts[x];
  const share = counts.map((count, x) => weights[x] === 0 ? 0.5 : count / weights[x]);
  const odds = fitLogistic(world.modelFeatures, share, { penalty: PROPENSITY_PENALTY, weights })
    .predict(world.modelFeatures)
    .map((p, x) => Math.log(p) - Math.log1p(-p) + world.logStart[x]);
  const total = Math.log(odds.reduce((sum, l) => sum + Math.exp(l), 0));
  return odds.map((l) => l - total);
}

const PROPENSITIES = ["right", "estimated", "wrong"], MODELS = ["right", "linear", "confounded"];

const at = (propensities: string | number, model: string | number) => ({ propensities, model });

function armOptions(arm: EstimatorId) {
  return "lambda" in estimators[arm].options && arm !== "dr" ? { lambda: LAMBDA } : {};
}

export const corners = question({
  id: "corners",
  asks: "When is each estimator right?",
  part: "synthetic",
  method: "One world, many randomised logs. The value of one fixed policy, f0·exp(g/0.2), is estimated from each log " +
    "with true propensities, with ones estimated by telling logged texts from texts of f0, or with the law of f0 in " +
    "their place; and with an outcome model that is exact, the best linear one, or off by what a hidden reader type of " +
    "strength 0.5 adds. The bias each estimator must have is known by enumeration.",
  arms: [...valueArms],
  conditions: () => PROPENSITIES.flatMap((propensities) => MODELS.map((model) => at(propensities, model))),
  block: 500,
  seeds: ({ replicates }: CpoOptions) => replicates,
  prepare: ({ options, rng }): Promise<Prepared> => {
    const world = syntheticWorld({ texts: options.texts, confounding: CONFOUNDING, overlap: 1, spread: SPREAD }, rng);
    const linear = fitRidge(world.modelFeatures, world.outcome, {
      penalty: 0,
      weights: world.logAssignment.map(Math.exp),
    }).predict(world.modelFeatures);
    const confounded = world.outcome.map((g, x) => g + world.shift * world.expectedType[x]);
    return Promise.resolve({
      world,
      target: targetPolicy(world),
      models: { right: world.outcome, linear, confounded },
      propensities: { right: world.logAssignment, wrong: world.logStart },
    });
  },
  run({ options, arm, condition, streams, prepared: { world, target, models, propensities } }) {
    const id = arm as EstimatorId;
    const pool = models[condition.model], known = propensities[condition.propensities];
    const truth = world.value(target);
    const weighs = estimators[id].needs.includes("weight"); // the others never look at a propensity
    // The propensity model can express the true law, so that estimates of it converge to what the truth gives.
    const limit = limitOf(id, world, target, known ?? propensities.right, pool, LAMBDA) - truth;
    const f0 = world.logStart.map(Math.exp);
    const texts = streams("generated");
    const estimates = streams("log").map((rng, r) => {
      const log = world.randomised(options.n, rng);
      const drawn = texts[r].categorical(f0, options.generated);
      const rounds = roundsOf(world, log, target, {
        logPropensity: known ?? (weighs ? estimatedAssignment(world, log.text, drawn) : propensities.right),
        ...(usesModel(arm) && {
          model: { pool, logged: Float64Array.from(log.text, (x) => pool[x]) },
          generated: drawn,
        }),
      });
      return estimators[id].estimate(rounds, armOptions(id));
    });
    return {
      error: estimates.map(({ value }) => value - truth),
      limit: estimates.map(() => limit),
      "effective-sample-size": estimates.map((e) => e.effectiveSampleSize),
      "largest-weight": estimates.map((e) => e.largestWeight),
      "clipped-fraction": estimates.map((e) => e.clippedFraction),
    };
  },
  claims: [
    {
      kind: "question",
      id: "dr-estimated-propensities",
      statement: `With propensities estimated from the log, DR stays biased by less than ${NEGLIGIBLE}`,
      source: "the released code estimates P^R by a fine-tuned model",
      paper: "estimated propensities are used",
      quantity: "bias with estimated propensities and a confounded outcome model",
      rule: between(-NEGLIGIBLE, NEGLIGIBLE),
      unit: "logs",
      arms: ["dr"],
      evidence: (view) => view.mean("dr", "error", at("estimated", "confounded")),
    },
    {
      id: "both-wrong",
      statement: `With both wrong, DR is biased by ${NEGLIGIBLE} or more`,
      source: "bias identity of V_DR",
      paper: "biased",
      quantity: "bias in the direction of the identity",
      rule: above(NEGLIGIBLE),
      unit: "logs",
      arms: ["dr"],
      evidence: (view) => inDirectionOfLimit(view, "dr", at("wrong", "confounded")),
    },
    {
      id: "lower-variance",
      statement: "DR varies less than CPO's IPW estimate, even with a confounded outcome model",
      source: "motivation of DR-CPO",
      paper: "lower variance",
      quantity: "sd of DR over sd of IPW",
      rule: below(1),
      unit: "logs",
      arms: ["dr", "ipw"],
      evidence: (view) =>
        view.statistic(
          [
            view.series("dr", "error", at("right", "confounded")),
            view.series("ipw", "error", at("right", "confounded")),
          ],
          ([dr, ipw]) => standardDeviation(dr) / standardDeviation(ipw),
          "spread",
        ),
    },
    {
      id: "naive-misleads",
      statement: `The mean outcome of the log is off the value of the policy by ${NEGLIGIBLE} or more`,
      source: "§ naive estimator",
      paper: "biased",
      quantity: "|bias| of the naive mean",
      rule: above(NEGLIGIBLE),
      unit: "logs",
      arms: ["naive"],
      evidence: (view) => inDirectionOfLimit(view, "naive", at("right", "right")),
    },
  ],
  figures(view) {
    const panels = view.summary("error").map((row) => ({
      ...row,
      panel: `propensities ${row.propensities}, model ${row.model}`,
    }));
    const dr = view.arms.includes("dr");
    const both = dr ? view.mean("dr", "error", at("wrong", "confounded")) : undefined;
    const worst = dr
      ? Math.max(...MODELS.map((model) => Math.abs(view.mean("dr", "error", at("right", model)).estimate)))
      : undefined;
    const scatter = view.summary("error").map((row) => ({
      ...row,
      limit: view.mean(row.arm, "limit", at(row.propensities, row.model)).estimate,
    }));
    const off = scatter.map((row) => Math.abs(row.value - row.limit));
    return [
      {
        id: "corners",
        ...summaryDots,
        data: panels,
        panel: "panel",
        xLabel: "bias (estimate − true value)",
        references: [{ value: 0, label: "no bias" }],
        caption: dr
          ? `With right propensities DR's bias is at most ${
            formatNumber(worst!, 2)
          } under all three models; with wrong ` +
            `propensities and a confounded model it is ${formatInterval(both!.estimate, both!.lower, both!.upper)}. ` +
            "Dots are means over logs, bars 95% intervals."
          : "Bias of each estimator; dots are means over logs, bars 95% intervals.",
        alt: "Forest plot of the bias of each estimator in nine panels, one per combination of propensities and model.",
      },
      {
        id: "bias-identity",
        kind: "scatter",
        data: scatter,
        x: "limit",
        y: "value",
        yLower: "lower",
        yUpper: "upper",
        by: "arm",
        diagonal: true,
        xLabel: "bias by enumeration",
        yLabel: "bias measured",
        caption:
          "Every estimator misses by what enumeration says it must: DR by the product of the two errors, which is 0 where " +
          `propensities or model are right (an identity, held by tests, not a claim). Measured and predicted bias differ by at most ` +
          `${formatNumber(Math.max(...off), 2)} over ${off.length} settings (median ${
            formatNumber(off.toSorted((a, b) => a - b)[Math.floor(off.length / 2)], 2)
          }).`,
        alt: "Scatter of measured bias against enumerated bias; the points lie on the diagonal.",
      },
    ];
  },
  tables(view) {
    return [{
      id: "corners",
      caption: "Bias and standard deviation of each estimate, the bias that enumeration predicts, and the weights.",
      columns: [
        { key: "propensities", label: "propensities" },
        { key: "model", label: "outcome model" },
        { key: "arm", label: "estimator", method: true },
        { key: "value", label: "bias", digits: 4, lower: "lower", upper: "upper" },
        { key: "limit", label: "predicted bias", digits: 4 },
        { key: "sd", label: "sd", digits: 4 },
        { key: "ess", label: "ESS", digits: 0 },
        { key: "largest", label: "largest weight", digits: 1 },
        { key: "altered", label: "weights altered", digits: 3 },
      ],
      rows: view.summary("error").map((row) => {
        const condition = at(row.propensities, row.model), arm = row.arm;
        const average = (metric: string) => mean(view.series(arm, metric, condition).values);
        return {
          ...row,
          limit: average("limit"),
          sd: standardDeviation(view.series(arm, "error", condition).values),
          ess: average("effective-sample-size"),
          largest: average("largest-weight"),
          altered: average("clipped-fraction"),
        };
      }),
    }];
  },
});
