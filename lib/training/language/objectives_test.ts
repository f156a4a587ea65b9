/**
 * Losses of logs, groups, constitutions and games on a model: each beside its formula in float64, which shares no code with
 * it, and its gradient beside a difference of that formula along a weight.
 */
import assert from "node:assert/strict";
import { follower } from "../../losses/mod.ts";
import { languageModel } from "../../policies/language/model.ts";
import { Slopes } from "../../policies/language/slopes.ts";
import { startBackend, tf } from "../../tensor/backend.ts";
import type { Example } from "./examples.ts";
import { scoreTexts } from "./scoring.ts";
import type { ReferenceScores } from "./setting.ts";
import { runBatch } from "./step.ts";
import { tinyExamples, tinyObjectives, tinyReference, tinySource } from "./tiny_test_helpers.ts";
import { trainedWeights } from "./trainer.ts";

/** An example with sums of log-probs, and how many tokens each is of. */
interface Summed {
  readonly example: Example;
  readonly p: readonly number[];
  readonly r: readonly number[];
  readonly tokens: readonly number[];
}

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const softplus = (x: number) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
const logSumExp = (values: readonly number[]) => Math.log(sum(values.map(Math.exp)));

const ratiosOf = ({ p, r }: Summed) => p.map((value, k) => value - r[k]);
const rewardsOf = ({ example }: Summed) => example.rewards!;
/** P^f/P^R of a text. */
const weightOf = ({ example: { lawLogp, shownTimes = 1 }, p: [p], r: [r] }: Summed) =>
  Math.exp(p - (lawLogp ?? r)) / shownTimes;

/** Minus a mean of weighted values, the weights as a ratio has them. */
function weighed(kind: string, batch: readonly Summed[], value: (one: Summed) => number): number {
  const weights = batch.map(weightOf), total = mean(weights);
  return -mean(batch.map((one, i) => {
    const w = weights[i], v = value(one);
    if (kind === "self-normalised") return w / total * v;
    return kind === "plain" ? w * v : Math.min(w * v, Math.min(1.4, Math.max(0.9, w)) * v);
  }));
}

/** 0.2 times an estimate of KL. */
const priced = (batch: readonly Summed[]) =>
  0.2 * mean(batch.map((one) => {
    const [ratio] = ratiosOf(one);
    return weightOf(one) / Math.exp(ratio) * (Math.exp(ratio) * (ratio - 1) + 1);
  }));

const shown = ({ example }: Summed) => example.outcome !== undefined;
const outcome = ({ example }: Summed) => example.outcome!, predicted = ({ example }: Summed) => example.predicted!;

/** A mean over examples of a function of what their responses have. */
const perExample = (of: (one: Summed) => number) => (batch: readonly Summed[]) => mean(batch.map(of));

/** Law among responses, as differences from the model before training have it. */
const lawOf = (one: Summed) => {
  const ratios = ratiosOf(one), total = logSumExp(ratios);
  return ratios.map((ratio) => ratio - total);
};

/** Contrasts of a matrix with constitutions as rows. */
function contrast(one: Summed, along: "rows" | "columns"): number {
  const size = one.example.constitutions!,
    logp = (k: number, j: number) => one.p[k * size + j] / one.tokens[k * size + j];
  return mean(Array.from({ length: size }, (_, i) => {
    const others = Array.from({ length: size }, (_, o) => along === "rows" ? logp(i, o) : logp(o, i));
    return logSumExp(others) - logp(i, i);
  }));
}

const margin = (one: Summed) => 0.4 * (ratiosOf(one)[0] - ratiosOf(one)[1]);

/** Leaders of games, with the answer of the follower to the batch as it was. */
function marginGame(before: readonly Summed[]) {
  const margins = before.map(margin), lo = Math.min(...margins) - 0.2;
  const { moved, distance } = follower(margins, { radius: 0.3, lo });
  return (batch: readonly Summed[]) =>
    mean(batch.map((one, i) => {
      const xi = margin(one);
      return (1 - moved[i]) * softplus(-xi) + moved[i] * softplus(distance[i] - xi);
    }));
}

function probabilityGame(before: readonly Summed[]) {
  const floor = 0.05, probability = (one: Summed) => 1 / (1 + Math.exp(-margin(one)));
  const { moved, distance } = follower(before.map((one) => Math.max(floor, probability(one))), {
    radius: 0.1,
    lo: floor,
  });
  const tangent = (s: number) => s >= floor ? -Math.log(s) : -Math.log(floor) + (floor - s) / floor;
  return (batch: readonly Summed[]) =>
    mean(batch.map((one, i) => {
      const v = probability(one);
      return (1 - moved[i]) * -Math.log(v) + moved[i] * tangent(v - distance[i]);
    }));
}

function ties(one: Summed): number {
  const d = margin(one);
  return -Math.log(one.example.tied ? 0.7 * Math.exp(-d / 2) : 1) + Math.log(1 + Math.exp(-d) + 0.7 * Math.exp(-d / 2));
}

function noticedTies(one: Summed): number {
  const d = margin(one), alpha = Math.log(1.5);
  return softplus(alpha - d) + (one.example.tied ? softplus(alpha + d) - Math.log(1.5 ** 2 - 1) : 0);
}

const samplesLoss = (of: (reward: number, p: number, ratio: number) => number) =>
  perExample((one) => mean(ratiosOf(one).map((ratio, k) => of(rewardsOf(one)[k], one.p[k], ratio))));

/**
 * Loss of a batch by name; those whose slope is not that of their value have the one of `slope` beside it, with what is held
 * fixed taken from the batch as it was.
 */
type Formula = (batch: readonly Summed[]) => number;
interface Expected {
  readonly value: Formula;
  readonly slope?: (before: readonly Summed[]) => Formula;
  /** Whether the curvature jumps where the batch is: at the floor, where the follower has put pairs. */
  readonly jumps?: boolean;
}

/** −(A − b) log π, A held fixed: what score functions go along. */
const scored =
  (advantage: (reward: number, p: number, ratio: number) => number) => (before: readonly Summed[]): Formula => {
    const fixed = before.map((one) => ratiosOf(one).map((ratio, k) => advantage(rewardsOf(one)[k], one.p[k], ratio)));
    return (batch) => mean(batch.map(({ p }, i) => -mean(p.map((logp, k) => fixed[i][k] * logp))));
  };

const entropic = (R: number, p: number, ratio: number) => R - 0.1 * p - 0.3 * ratio;

const formulas: Readonly<Record<string, (kind: string) => Expected>> = {
  davidson: () => ({ value: perExample(ties) }),
  "rao-kupper": () => ({ value: perExample(noticedTies) }),
  "stackelberg-margin": () => ({ value: (batch) => marginGame(batch)(batch), slope: marginGame }),
  "stackelberg-probability": () => ({
    value: (batch) => probabilityGame(batch)(batch),
    slope: probabilityGame,
    jumps: true,
  }),
  "causal-cpo": (kind) => ({ value: (batch) => weighed(kind, batch, (one) => outcome(one) - 0.3) + priced(batch) }),
  "causal-outcome-only": (kind) => ({ value: (batch) => weighed(kind, batch, predicted) + priced(batch) }),
  "dr-cpo": (kind) => ({
    value: (batch) =>
      weighed(kind, batch.filter(shown), (one) => outcome(one) - predicted(one)) +
      weighed(kind, batch.filter((one) => !shown(one)), predicted) +
      (priced(batch.filter(shown)) + priced(batch.filter((one) => !shown(one)))) / 2,
  }),
  reinforce: () => ({ value: samplesLoss((R, p) => -(R - 0.2) * p) }),
  rloo: () => ({
    value: perExample((one) => {
      const rewards = rewardsOf(one), others = (k: number) => (sum(rewards) - rewards[k]) / (rewards.length - 1);
      return mean(one.p.map((p, k) => -(rewards[k] - others(k)) * p));
    }),
  }),
  rlhf: () => ({
    value: samplesLoss((R, _, ratio) => -(R - 0.4 * ratio)),
    slope: scored((R, _, ratio) => R - 0.4 * ratio - 0.2),
  }),
  "reverse-kl": () => ({
    value: samplesLoss((R, p, ratio) => -entropic(R, p, ratio)),
    slope: scored((R, p, ratio) => entropic(R, p, ratio) - 0.2),
  }),
  "rlhf-exact": () => ({
    value: perExample((one) =>
      sum(lawOf(one).map((logp, k) => Math.exp(logp) * (0.4 * (logp + Math.log(one.p.length)) - rewardsOf(one)[k])))
    ),
  }),
  "reverse-kl-exact": () => ({
    value: perExample((one) =>
      sum(
        lawOf(one).map((logp, k) => {
          return Math.exp(logp) * (0.1 * logp + 0.3 * (logp + Math.log(one.p.length)) - rewardsOf(one)[k]);
        }),
      )
    ),
  }),
  sami: () => ({ value: perExample((one) => (contrast(one, "rows") + contrast(one, "columns")) / 2) }),
  "sami-constitutions": () => ({ value: perExample((one) => contrast(one, "columns")) }),
  "sami-responses": () => ({ value: perExample((one) => contrast(one, "rows")) }),
};

const KINDS = ["plain", "self-normalised", "stabilised"];

Deno.test("a step of each loss is its formula in float64, and its gradient the difference along a weight", async () => {
  await startBackend("wasm");
  const model = languageModel(tinySource(), { trained: () => true }), weights = trainedWeights(model, () => true);
  const seen = new Map<string, number>();
  for (const objective of tinyObjectives.filter(({ name }) => Object.hasOwn(formulas, name))) {
    const { name } = objective, turn = seen.get(name) ?? 0;
    seen.set(name, turn + 1);
    // Objectives of one name are there once for each ratio, in the order of the helpers.
    const { value, slope, jumps } = formulas[name](KINDS[turn]);
    const examples = tinyExamples(objective, 5),
      reference: Map<Example, ReferenceScores> = tinyReference(model, examples);
    const summed = (): Summed[] =>
      examples.map((example) => {
        const sums = (logps: readonly Float32Array[]) => logps.map((of) => sum(of));
        const r = reference.get(example)!.responses.map((of, k) => of.subarray(example.responses[k].from));
        return {
          ...{ example, r: sums(r), p: sums(scoreTexts(model, [example.responses])) },
          tokens: example.responses.map(({ ids, from }) => ids.length - from),
        };
      });
    const slopes = new Slopes(), setting = { model, objective, reference, micro: 2, recomputes: false };
    const { loss } = runBatch({ ...setting, points: { mean: 0, count: 0 } }, examples, slopes);
    const before = summed(), expected = value(before);
    assert.ok(Math.abs(loss - expected) < 2e-5 * Math.max(1, Math.abs(expected)), `${name}: ${loss}, ${expected}`);

    const variables = weights.map(({ variable }) => variable);
    const gradients = tf.tidy(() => slopes.of(variables).map((gradient) => gradient.dataSync<"float32">().slice()));
    slopes.dispose();
    const steepest = gradients.map((of: Float32Array) =>
      of.reduce((best, g, i) => Math.abs(g) > Math.abs(of[best]) ? i : best, 0)
    );
    const k = steepest.reduce(
      (best, i, k) => Math.abs(gradients[k][i]) > Math.abs(gradients[best][steepest[best]]) ? k : best,
      0,
    );
    const i = steepest[k], { variable } = weights[k], old = variable.dataSync<"float32">().slice();
    const fixed = slope?.(before) ?? value;
    const at = (by: number) => {
      tf.tidy(() => variable.assign(tf.tensor(old.with(i, old[i] + by), variable.shape)));
      return fixed(summed());
    };
    const by = (h: number) => (at(h) - at(-h)) / (2 * h);
    // Errors of second order in h cancel, with a jump those of first order: what is left is of the next one, and float32 of
    // log-probs over h.
    const h = 2 ** -6, numeric = jumps ? 2 * by(h / 2) - by(h) : (4 * by(h / 2) - by(h)) / 3;
    at(0);
    const found = gradients[k][i];
    assert.ok(Math.abs(found) > 1e-2, `${name}: slope ${found}`);
    assert.ok(Math.abs(numeric - found) < 3e-3 * Math.max(1, Math.abs(found)), `${name}: ${found}, ${numeric}`);
  }
  assert.deepEqual([...seen.keys()].toSorted(), Object.keys(formulas).toSorted());
  model.dispose();
});

Deno.test("over the batches of an epoch, DR-CPO's estimate is that of all lines, whatever a batch has of each kind", async () => {
  await startBackend("wasm");
  const objective = tinyObjectives.find(({ name }) => name === "dr-cpo")!, examples = tinyExamples(objective, 12);
  const model = languageModel(tinySource()), reference = tinyReference(model, examples);
  const of = (batch: readonly Example[]) => {
    const points = { mean: 0, count: 0 };
    return runBatch({ model, objective, reference, micro: 4, recomputes: false, points }, batch).loss;
  };
  const shownFirst = examples.toSorted((a, b) => Number(a.outcome === undefined) - Number(b.outcome === undefined));
  const batches = [0, 4, 8].map((from) => of(shownFirst.slice(from, from + 4)));
  assert.ok(Math.max(...batches) - Math.min(...batches) > 0.1);
  assert.ok(Math.abs(mean(batches) - of(examples)) < 1e-5);
  model.dispose();
});
