/**
 * SAMI: self-supervised alignment with mutual information (Fränken et al., NeurIPS 2024, arXiv 2404.14313).
 *
 * The base policy answers a query under a constitution, and the same under another; the loss asks which response was
 * written under which. Here is what that does in made worlds of constitutions (`world.ts`), by arm (`training.ts`).
 * Questions that need something of their own stand in files beside it: random laws, held-out constitutions, responses
 * written token by token, judges and labels, and the paper's own summaries.
 *
 * @module
 */
import { type Experiment, question } from "../lib/run/experiment.ts";
import { main } from "../lib/run/main.ts";
import { over } from "../lib/run/needs.ts";
import { claim, Reading } from "../lib/run/quantity.ts";
import * as drawn from "./sami/figures.ts";
import { generalisation } from "./sami/generalisation.ts";
import { labels } from "./sami/labels.ts";
import { language } from "./sami/language.ts";
import { length } from "./sami/length.ts";
import { benchmarkOptions, checkResponses, type SyntheticOptions, syntheticOptions } from "./sami/options.ts";
import { pool } from "./sami/pool.ts";
import { responseTerm } from "./sami/random_laws.ts";
import { summaries, summaryInformation } from "./sami/summaries.ts";
import * as terms from "./sami/terms.ts";
import { information, junk, kl, wins } from "./sami/terms.ts";
import { methods, type TrainedArm } from "./sami/training.ts";
import { type Context, contrastsOf, endOf, measure, PROTOCOL, samplesOf, turned } from "./sami/world.ts";

const options = { ...syntheticOptions, ...benchmarkOptions };
const { few, many, start, last, lastOfSeveral, unlinked, strongest, clean, careless, blind } = terms;

/** I(Y;C|X) of an iteration less that of the one before, the least in each seed. */
const leastGain = new Reading(
  "smallest gain in I(Y;C|X) of an iteration over the one before, each seed's own, nats",
  ["sami"],
  () => undefined,
  (view, { steps }: SyntheticOptions) => {
    const along = [0, ...steps].map((_, iteration) => view.series("sami", information.name, { iteration }));
    const [{ seeds }] = along;
    const gains = seeds.map((_, r) => along.slice(1).map(({ values }, i) => values[r] - along[i].values[r]));
    return { seeds, values: Float64Array.from(gains, (each) => Math.min(...each)) };
  },
);

const rises = question({
  id: "information",
  asks: "Does each iteration raise the mutual information between constitutions and responses?",
  method:
    `${PROTOCOL}The policy is log-linear in features that queries and constitutions share. Each iteration starts from ` +
    "the base policy and learns from responses of the iteration before, two constitutions an example; both contrasts " +
    "are taken in expectation over all pairs of constitutions and all responses. Responses are the likeliest ones, as in " +
    "the paper; drawn, they are those that the bounds are about.",
  arms: ["sami", "sami-drawn"],
  conditions(o: SyntheticOptions) {
    checkResponses(o);
    return [0, ...o.steps].map((_, iteration) => ({ iteration }));
  },
  run: (context) =>
    samplesOf(context).map((each) => {
      const { arm, options, condition: { iteration } } = context;
      const logPolicy = endOf(each, methods[arm], options, { steps: options.steps.slice(0, iteration) });
      return { ...measure(each, logPolicy), ...contrastsOf(each.world.pool, logPolicy) };
    }),
  claims: [
    claim(
      "information-rises-drawn",
      "With drawn responses SAMI raises the mutual information by a quarter or more",
      information.of("sami-drawn", last).over(start).above(1.25),
      {
        kind: "question",
        source: "objective, equation 2, whose bound is for drawn responses",
        paper: "not reported: responses at temperature 0",
        needs: terms.someInformation,
      },
    ),
    claim(
      "information-rises",
      "SAMI raises the mutual information, by a quarter or more",
      information.of("sami", last).over(start).above(1.25),
      {
        source: "objective, equation 2; results of iterations 1 to 3",
        paper: "win rates rise from iteration to iteration",
        needs: terms.someInformation,
      },
    ),
    claim("every-iteration", "Every iteration raises it", leastGain.above(0), {
      source: "Algorithm 1",
      paper: "three iterations, each better in most settings",
    }),
  ],
  ...drawn.information,
});

/** Trains an arm for a multiple of the steps and measures where it ends; the base policy's numbers stand beside it. */
function trainAndMeasure(
  context: Context & { readonly arm: TrainedArm; readonly condition: { readonly multiple: number } },
) {
  const { arm, condition: { multiple }, options } = context, steps = options.steps.map((count) => count * multiple);
  return samplesOf(context).map((each) => {
    const base = measure(each, each.logBase);
    return {
      ...measure(each, endOf(each, methods[arm], options, { steps })),
      "base-information": base.information,
      "base-junk": base.junk,
    };
  });
}
const multiples = ({ longer }: SyntheticOptions) => longer.map((multiple) => ({ multiple }));
const OVERTRAINING = { source: "failure mode of over-training", paper: "gibberish" };

const overOptimisation = question({
  id: "over-optimisation",
  asks: "What happens when SAMI trains for too long, and what prevents it?",
  method:
    `${PROTOCOL}Junk responses are unlikely, but their constitution-specific features are larger than those of any real ` +
    "response. All iterations are lengthened alike. SAMI starts every iteration from the base policy; continued, it does " +
    "not; with KL, the loss has β KL(π ‖ π_base), by enumeration. Responses are the likeliest ones, as in the paper, unless " +
    "they are said to be drawn.",
  arms: ["sami", "sami-kl", "sami-continue", "sami-drawn"],
  conditions: multiples,
  run: trainAndMeasure,
  claims: [
    claim(
      "overtraining-junk",
      "Trained too long without KL term, SAMI drifts to junk: at least twice the base policy's",
      junk.of("sami", many).over(terms.baseJunk).above(2),
      OVERTRAINING,
    ),
    claim(
      "overtraining-wins",
      "And it wins less often against the base policy than after few steps",
      wins.of("sami", many).minus(terms.fewest).below(0),
      { ...OVERTRAINING, kind: "question" },
    ),
    claim(
      "few-steps-prevent",
      "Few steps from a fresh start keep junk within half again of the base policy's",
      junk.of("sami", few).over(terms.baseJunk).below(1.5),
      { source: "regularisation by few gradient steps and restarts", paper: "used as regularisation" },
    ),
    claim(
      "kl-prevents",
      "A KL term at least halves the junk of too many steps",
      junk.of("sami-kl", many).over("sami").below(0.5),
      {
        kind: "question",
        source: "KL term, an option of the released code",
        paper: "did not help in initial testing",
        needs: over("klWeight"),
      },
    ),
    claim(
      "kl-does-not-help",
      "At few steps the KL term does not raise the win rate by a point",
      wins.of("sami-kl", few).minus("sami").below(0.01),
      { source: "KL term, β = 0 in the paper", paper: "did not help in initial testing", needs: over("klWeight") },
    ),
  ],
  ...drawn.overOptimisation,
});

const AGAINST_CONSTITUTION_SIDE = { source: "equation 2 against equation 4", paper: "symmetric loss used" };

const sides = question({
  id: "sides",
  asks: "What does each side of the loss do?",
  method:
    `${PROTOCOL}The constitution side contrasts constitutions for a response, the response side responses for a ` +
    "constitution; SAMI is their mean, at the same number of steps. Responses are the likeliest ones, as in the paper; drawn, " +
    "they are those that the bound is about.",
  arms: ["sami", "sami-constitution", "sami-response", "sami-drawn", "sami-drawn-constitution"],
  conditions: multiples,
  run: trainAndMeasure,
  claims: [
    claim(
      "sides-information",
      "Both sides raise the mutual information more than the constitution side alone",
      information.of("sami", few).minus("sami-constitution").above(0),
      { ...AGAINST_CONSTITUTION_SIDE, kind: "question" },
    ),
    claim(
      "sides-junk",
      "The response side alone drifts to junk sooner than both",
      junk.of("sami-response", many).minus("sami").above(0),
      { kind: "question", source: "equation 8 against equation 2" },
    ),
    claim(
      "sides-wins-constitution",
      "Both sides win more often than the constitution side alone, after few steps",
      wins.of("sami", few).minus("sami-constitution").above(0),
      { ...AGAINST_CONSTITUTION_SIDE, kind: "question" },
    ),
    claim(
      "sides-wins-response",
      "Both sides win more often than the response side alone, after few steps",
      wins.of("sami", few).minus("sami-response").above(0),
      { kind: "question", source: "equation 2 against equation 8", paper: "symmetric loss used" },
    ),
    claim(
      "drawn-wins",
      "With drawn responses SAMI wins 51% or more against the base policy as well",
      wins.of("sami-drawn", few).above(0.51),
      {
        kind: "question",
        source: "the bound, which is for drawn responses",
        paper: "not reported: responses at temperature 0",
      },
    ),
  ],
  ...drawn.sides,
});

const RESTART = { source: "Algorithm 1", paper: "restart as regularisation" };

const restart = question({
  id: "restart",
  asks: "Start every iteration from the base policy, or go on?",
  method:
    `${PROTOCOL}At every iteration both have spent the same number of steps; started again, only those of the last ` +
    "iteration are in the policy. One iteration takes as many steps as the last one, on responses of the base policy: " +
    "what it lacks is better responses to learn from.",
  arms: ["sami", "sami-continue", "sami-once"],
  conditions: ({ steps }: SyntheticOptions) => steps.map((_, i) => ({ iteration: i + 1 })),
  run(context) {
    const { arm, options, condition: { iteration } } = context, once = arm === "sami-once";
    const steps = options.steps.slice(once ? iteration - 1 : 0, iteration);
    return samplesOf(context).map((each) =>
      measure(each, endOf(each, methods[once ? "sami" : arm], options, { steps }))
    );
  },
  claims: [
    claim(
      "continue-drifts",
      "Going on drifts further from the base policy than starting again, at equal steps",
      kl.of("sami-continue", lastOfSeveral).minus("sami").above(0),
      RESTART,
    ),
    claim(
      "continue-junk",
      "And has more junk",
      junk.of("sami-continue", lastOfSeveral).minus("sami").above(0),
      RESTART,
    ),
    claim(
      "restart-wins",
      "Starting again wins more often",
      wins.of("sami", lastOfSeveral).minus("sami-continue").above(0),
      RESTART,
    ),
    claim(
      "iterating-helps",
      "Iterations are worth more than as many steps on responses of the base policy",
      information.of("sami", lastOfSeveral).minus("sami-once").above(0),
      { kind: "question", source: "Algorithm 1", paper: "three iterations" },
    ),
  ],
  ...drawn.restart,
});

const ASSUMED = { source: "assumption of a weak initial link", paper: "assumption" };

const link = question({
  id: "link",
  asks: "Can SAMI do without an initial link between principles and responses?",
  method:
    `${PROTOCOL}The link is what a standard deviation of alignment adds to log-odds under the base policy. Without ` +
    "it junk still tells constitutions apart.",
  arms: ["sami", "sami-drawn", "dpo"],
  conditions: ({ links }: SyntheticOptions) => links.map((link) => ({ link })),
  run: (context) =>
    samplesOf(context, context.condition).map((each) => ({
      ...measure(each, endOf(each, methods[context.arm], context.options)),
      "base-information": measure(each, each.logBase).information,
    })),
  claims: [
    claim(
      "no-link-no-gain",
      "Without an initial link SAMI gains nothing: its win rate is within a point of one half",
      wins.of("sami", unlinked).map("win rate of SAMI − 1/2, link 0", (rate) => rate - 0.5).between(-0.01, 0.01),
      ASSUMED,
    ),
    claim(
      "no-link-information",
      "It raises the mutual information all the same, by a tenth or more",
      information.of("sami", unlinked).over(terms.baseInformation).above(1.1),
      { kind: "question", source: "objective (2): identity is enough", needs: terms.junkTells },
    ),
    claim(
      "link-matters",
      "A stronger link gives a larger gain, by a point or more",
      wins.of("sami", strongest).minus(unlinked).above(0.01),
      { ...ASSUMED, kind: "question" },
    ),
    claim(
      "labels-need-no-link",
      "Labels need no link: without one DPO wins more often than SAMI, by a point or more",
      wins.of("dpo", unlinked).minus("sami").above(0.01),
      { kind: "question", source: "comparison, not in the paper" },
    ),
  ],
  ...drawn.link,
});

const WRITERS = {
  source: "TL;DR: weak writer mistral-7b-instruct, strong writer opus",
  paper: "mistral-7b wins 70.8% with the weak writer, 70.0% with the strong one",
};

const writer = question({
  id: "writer",
  asks: "How good must the writer of constitutions be?",
  method: `${PROTOCOL}In training, every principle of the constitution behind a response is turned round with some ` +
    "chance, while the loss takes the constitution at its word; evaluation is on clean constitutions. At 0.5 the " +
    "training constitutions say nothing about their responses.",
  arms: ["sami", "sami-drawn", "sami-constitution"],
  conditions: ({ writerNoise }: SyntheticOptions) => writerNoise.map((noise) => ({ noise })),
  run(context) {
    const { arm, condition, options } = context, written = turned(options.principles, condition.noise);
    return samplesOf(context).map((each) => {
      const now = measure(each, endOf(each, methods[arm], options, { written }));
      return { ...now, "alignment-gain": now.alignment - measure(each, each.logBase).alignment };
    });
  },
  claims: [
    claim(
      "weak-writer",
      "With every fifth principle turned round, half of the gain or more is left",
      terms.gain.of("sami", careless).over(clean, "the gain without noise").above(0.5),
      WRITERS,
    ),
    claim(
      "weak-writer-drawn",
      "With every fifth principle turned round, half of the gain or more is left with drawn responses as well",
      terms.gain.of("sami-drawn", careless).over(clean, "the gain without noise").above(0.5),
      { ...WRITERS, kind: "question" },
    ),
    claim(
      "blind-writer",
      "A writer that says nothing teaches nothing: within a point of one half",
      wins.of("sami", blind).map("win rate of SAMI − 1/2, noise 0.5", (rate) => rate - 0.5).between(-0.01, 0.01),
      { kind: "control", source: "not in the paper" },
    ),
  ],
  ...drawn.writer,
});

const sami: Experiment<typeof options> = {
  name: "sami",
  title: "Self-supervised alignment with mutual information",
  paper: "Fränken, Zelikman, Rafailov, Gandhi, Gerstenberg and Goodman: Self-Supervised Alignment with Mutual " +
    "Information: Learning to Follow Principles without Preference Labels. NeurIPS 2024, arXiv 2404.14313.",
  lead:
    "SAMI finetunes a language model so that its responses tell which constitution they were written under, without a " +
    "single preference label. Here constitutions, responses and their true alignment are known, so that mutual " +
    "information, junk and win rates are exact; then the paper's own summaries are measured with a model small enough " +
    "to be read.",
  formulas: [
    {
      label: "constitution contrast, a lower bound",
      tex: String
        .raw`I(Y;C|X)\ \ge\ \mathbb E\Bigl[\tfrac1C\sum_j\log\frac{\pi(y_j|x,c_j)}{\frac1C\sum_k\pi(y_j|x,c_k)}\Bigr]`,
    },
    {
      label: "response contrast, a bound only under equal marginals",
      tex: String.raw`\mathbb E\Bigl[\tfrac1C\sum_j\log\frac{\pi(y_j|x,c_j)}{\frac1C\sum_k\pi(y_k|x,c_j)}\Bigr]`,
    },
    {
      label: "SAMI",
      tex: String
        .raw`\min_\pi\ -\tfrac1{2C}\sum_j\Bigl[\log\frac{\pi(y_j|x,c_j)}{\sum_k\pi(y_j|x,c_k)}+\log\frac{\pi(y_j|x,c_j)}{\sum_k\pi(y_k|x,c_j)}\Bigr],\quad y_j\sim\pi_{\eta-1}(\cdot|x,c_j)`,
    },
  ],
  options,
  headline: ["information-rises", "overtraining-junk", "restart-wins", "no-link-no-gain", "weak-writer", "shrink-opus"],
  hero: "information",
  questions: [
    rises,
    responseTerm,
    overOptimisation,
    sides,
    restart,
    link,
    generalisation,
    writer,
    length,
    labels,
    summaries,
    summaryInformation,
    pool,
    language,
  ],
};

export default sami;

if (import.meta.main) await main(sami, import.meta.url);
