/** What the estimators are right about on average: exactly, by enumeration, and by Monte Carlo. */
import assert from "node:assert/strict";
import { Rng } from "../random.ts";
import { dr, ipw, outcomeOnly, type Rounds } from "./mod.ts";

// Six texts. Logging probabilities are whole 24ths and outcome probabilities whole quarters, so that the whole law is a
// log of 24 * 4 equally likely rounds and the mean over that log *is* the expectation.
const COPIES = [1, 2, 3, 4, 6, 8], ROUNDS = 24;
const LOGGING = COPIES.map((c) => c / ROUNDS);
const TARGET = [0.3, 0.05, 0.25, 0.1, 0.2, 0.1];
const OUTCOME = [1, 3, 0, 2, 4, 1].map((k) => k / 4);
const TEXTS = [0, 1, 2, 3, 4, 5];
/** Wrong on purpose: logging taken for uniform, a model that is a falling line. */
const WRONG_LOGGING = TEXTS.map(() => 1 / 6);
const WRONG_MODEL = TEXTS.map((x) => 0.9 - 0.1 * x);

const sum = (term: (x: number) => number) => TEXTS.reduce((total, x) => total + term(x), 0);
const TRUTH = sum((x) => TARGET[x] * OUTCOME[x]);

/** Rounds of these texts and outcomes, with these propensities and this model. */
function rounds(texts: ArrayLike<number>, reward: Float64Array, logging: number[], model: number[]): Rounds {
  const column = (of: (x: number) => number) => Float64Array.from(texts, of);
  const direct = sum((x) => TARGET[x] * model[x]);
  return {
    reward,
    weight: column((x) => TARGET[x] / logging[x]),
    prediction: column((x) => model[x]),
    direct: column(() => direct),
  };
}

/** Every text and outcome as often as the law has it. */
function wholeLaw(logging: number[], model: number[]): Rounds {
  const texts = TEXTS.flatMap((x) => new Array<number>(COPIES[x] * 4).fill(x));
  const seen = TEXTS.map(() => 0);
  const reward = Float64Array.from(texts, (x) => seen[x]++ % 4 < OUTCOME[x] * 4 ? 1 : 0);
  return rounds(texts, reward, logging, model);
}

/** The bias of DR: product of the errors of weights and model, summed over texts. */
const productOfErrors = (logging: number[], model: number[]) =>
  sum((x) => LOGGING[x] * (TARGET[x] / logging[x] - TARGET[x] / LOGGING[x]) * (OUTCOME[x] - model[x]));

const CORNERS = [
  { name: "both right", logging: LOGGING, model: OUTCOME },
  { name: "model wrong", logging: LOGGING, model: WRONG_MODEL },
  { name: "propensities wrong", logging: WRONG_LOGGING, model: OUTCOME },
  { name: "both wrong", logging: WRONG_LOGGING, model: WRONG_MODEL },
];

// Exact but for rounding: 96 terms of at most 7.2.
const EXACT = 1e-13;

Deno.test("by enumeration: DR's bias is the product of errors, so it is unbiased with either nuisance right", () => {
  for (const { name, logging, model } of CORNERS) {
    const bias = dr(wholeLaw(logging, model)).value - TRUTH;
    assert.ok(Math.abs(bias - productOfErrors(logging, model)) < EXACT, name);
    if (name === "both wrong") assert.ok(Math.abs(bias) > 0.04, `${bias}`);
    else assert.ok(Math.abs(bias) < EXACT, name);
  }
});

Deno.test("by enumeration: IPW is right with the propensities, the model alone with the model, neither with both wrong", () => {
  assert.ok(Math.abs(ipw(wholeLaw(LOGGING, WRONG_MODEL)).value - TRUTH) < EXACT);
  assert.ok(Math.abs(outcomeOnly(wholeLaw(WRONG_LOGGING, OUTCOME)).value - TRUTH) < EXACT);
  assert.ok(Math.abs(ipw(wholeLaw(WRONG_LOGGING, WRONG_MODEL)).value - TRUTH) > 0.04);
  assert.ok(Math.abs(outcomeOnly(wholeLaw(WRONG_LOGGING, WRONG_MODEL)).value - TRUTH) > 0.04);
});

Deno.test("by enumeration: DR with texts generated from f0 has the same expectation", () => {
  // f0 uniform over the six texts: each once is its whole law.
  const generated = (model: number[]) => ({
    weight: Float64Array.from(TARGET, (p) => p * 6),
    prediction: Float64Array.from(model),
  });
  for (const { name, logging, model } of CORNERS) {
    const log = wholeLaw(logging, model);
    const value = dr({ ...log, direct: undefined, generated: generated(model) }).value;
    assert.ok(Math.abs(value - dr(log).value) < EXACT, name);
  }
});

Deno.test("by Monte Carlo: the mean of DR over logs is the truth plus the product of errors, within 4 se", () => {
  const logs = 3000, n = 40;
  for (const { name, logging, model } of CORNERS) {
    const root = Rng.seed(515).fork(name);
    let total = 0, squares = 0;
    for (let k = 0; k < logs; k++) {
      const rng = root.fork(k);
      const texts = rng.categorical(LOGGING, n);
      const reward = Float64Array.from(texts, (x) => rng.bernoulli(OUTCOME[x]) ? 1 : 0);
      const { value } = dr(rounds(texts, reward, logging, model));
      total += value;
      squares += value * value;
    }
    const bias = total / logs - TRUTH;
    const se = Math.sqrt((squares / logs - (total / logs) ** 2) / logs);
    assert.ok(Math.abs(bias - productOfErrors(logging, model)) < 4 * se, `${name}: bias ${bias}, se ${se}`);
    if (name === "both wrong") assert.ok(Math.abs(bias) > 4 * se, `${name}: bias ${bias}, se ${se}`);
  }
});
