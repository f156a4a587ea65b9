/**
 * Algorithm 1 on a pool of responses, and what stands beside SAMI on the same budget: every method draws the same queries
 * and constitutions, and two responses an example from its own policy of the iteration before.
 *
 * @module
 */
import { type ConstitutionPolicy, constitutionPolicy, type Pool } from "../../lib/exact/constitution_policy.ts";
import { type ConstitutionLaws, constitutionLaws } from "../../lib/exact/constitution_laws.ts";
import { checkBounded, sgd } from "../../lib/exact/descent.ts";
import type { Rng } from "../../lib/random.ts";
import { exactLosses } from "../../lib/losses/exact.ts";

/** How a method learns from an example. */
export interface Method {
  /** By its name in the table of losses: one of SAMI's, SFT on own samples, or DPO on pairs that the true score labels. */
  readonly loss: "sami" | "sami-constitutions" | "sami-responses" | "sft" | "dpo";
  /** Each iteration starts from the base policy (Algorithm 1) instead of where the last one ended. */
  readonly restart: boolean;
  /** Weighs KL(π ‖ π_base). */
  readonly kl: boolean;
  /** Takes the likeliest response, as the paper does at temperature 0, instead of drawing one. */
  readonly greedy: boolean;
}

/** As in the paper: responses at temperature 0, each iteration from the base policy. */
const SAMI: Method = { loss: "sami", restart: true, kl: false, greedy: true };

/** Methods that train, by arm. */
export const methods = {
  "sami": SAMI,
  "sami-constitution": { ...SAMI, loss: "sami-constitutions" },
  "sami-response": { ...SAMI, loss: "sami-responses" },
  "sami-kl": { ...SAMI, kl: true },
  /** Responses drawn, so that the bound applies. */
  "sami-drawn": { ...SAMI, greedy: false },
  "sami-drawn-constitution": { ...SAMI, loss: "sami-constitutions", greedy: false },
  "sami-continue": { ...SAMI, restart: false },
  "sft": { ...SAMI, loss: "sft" },
  /** Two responses to one constitution must differ to be compared: they are drawn. */
  "dpo": { ...SAMI, loss: "dpo", greedy: false },
} as const satisfies Record<string, Method>;

/** Arms that train. */
export type TrainedArm = keyof typeof methods;

/** What to train on and for how long. */
export interface Training {
  readonly pool: Pool;
  /** Weights of the base policy `[D, E]`. */
  readonly start: Float64Array;
  /** Gradient steps of each iteration, one batch each. */
  readonly steps: readonly number[];
  /** Examples a batch. */
  readonly batch: number;
  /** Step size, for the mean loss over a batch. */
  readonly rate: number;
  /** β of the KL term, for methods that have it. */
  readonly klWeight: number;
  /** β of DPO. */
  readonly beta: number;
  /** Queries to draw from, with repeats where some count more. */
  readonly queries: ArrayLike<number>;
  /** Constitutions to draw pairs from; at least two. */
  readonly constitutions: readonly number[];
  /** True scores `[X, C, A]`, for DPO's labels. */
  readonly scores: Float64Array;
  /** Whose training it is: named where numbers stop being finite. */
  readonly run: { readonly arm: string; readonly seed: number };
  /** The constitution that a response is drawn under where the training data name `c`; `c` itself unless given. */
  readonly written?: (c: number, rng: Rng) => number;
}

/**
 * Trains through all iterations.
 *
 * @returns weights `[D, E]` after 0, 1, … iterations
 * @throws DivergenceError naming arm, seed and step when a weight runs away
 */
export function train(method: Method, training: Training, rng: Rng): Float64Array[] {
  const weights = [training.start];
  for (const [iteration, steps] of training.steps.entries()) {
    const before = weights.at(-1)!;
    const theta = (method.restart ? training.start : before).slice();
    runIteration(
      method,
      training,
      { theta, steps, sampler: samplerOf(training.pool, before, method.greedy) },
      rng.fork(iteration),
    );
    weights.push(theta);
  }
  return weights;
}

/** Draws responses of a fixed policy. */
type Sampler = (query: number, constitution: number, rng: Rng) => number;

function samplerOf(pool: Pool, theta: Float64Array, greedy: boolean): Sampler {
  const policy = constitutionPolicy(pool, theta), { responses, constitutions } = pool;
  if (greedy) {
    const likeliest: number[] = [];
    return (x, c) =>
      likeliest[x * constitutions + c] ??= policy.chances(x, c).reduce(
        (best, p, y, law) => p > law[best] ? y : best,
        0,
      );
  }
  const cumulative: Float64Array[] = [];
  return (x, c, rng) => {
    const law = cumulative[x * constitutions + c] ??= (() => {
      let sum = 0;
      return policy.chances(x, c).map((p) => sum += p);
    })();
    const u = rng.uniform() * law[responses - 1];
    let low = 0, high = responses - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (u < law[middle]) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

function runIteration(
  method: Method,
  training: Training,
  { theta, steps, sampler }: { theta: Float64Array; steps: number; sampler: Sampler },
  rng: Rng,
): void {
  const { pool, batch, queries, constitutions, written = (c) => c } = training, { responses } = pool;
  const base = constitutionPolicy(pool, training.start), move = sgd(theta, training.rate);
  const examples = rng.fork("examples"), answers = rng.fork("responses"), writer = rng.fork("writer");
  const laws = constitutionLaws(pool, constitutions), gradient = new Float64Array(theta.length);
  const logps = new Float64Array(4), out = new Float64Array(5);
  const dpo = exactLosses.dpo.form({ beta: training.beta });
  const contrast = method.loss === "dpo" || method.loss === "sft" ? undefined : exactLosses[method.loss].form({});
  for (let step = 0; step < steps; step++) {
    laws.at(theta);
    for (let i = 0; i < batch; i++) {
      const x = queries[examples.integer(queries.length)];
      const first = examples.integer(constitutions.length);
      const second = (first + 1 + examples.integer(constitutions.length - 1)) % constitutions.length;
      const k = constitutions[first], l = constitutions[second], start = x * responses;
      const own = laws.of(k), other = laws.of(l);
      if (method.loss === "dpo") {
        // The same two responses an example, but both to the first constitution, so that they can be compared.
        const y = sampler(x, k, answers), z = sampler(x, k, answers), from = (x * pool.constitutions + k) * responses;
        const better = training.scores[from + y] - training.scores[from + z];
        if (better === 0) continue;
        const [won, lost] = better > 0 ? [y, z] : [z, y], then = base.row(x, k);
        dpo(own.logp[start + won] - then[won] - own.logp[start + lost] + then[lost], i, out);
        const slope = out[1] / batch;
        own.slopes[start + won] += slope;
        own.slopes[start + lost] -= slope;
        continue;
      }
      const y = start + sampler(x, written(k, writer), answers), z = start + sampler(x, written(l, writer), answers);
      if (!contrast) {
        own.slopes[y] -= 0.5 / batch;
        other.slopes[z] -= 0.5 / batch;
        continue;
      }
      logps[0] = own.logp[y];
      logps[1] = own.logp[z];
      logps[2] = other.logp[y];
      logps[3] = other.logp[z];
      contrast(logps, out);
      own.slopes[y] += out[1] / batch;
      own.slopes[z] += out[2] / batch;
      other.slopes[y] += out[3] / batch;
      other.slopes[z] += out[4] / batch;
    }
    if (method.kl) addKlSlopes(training, laws, base);
    move(laws.gradient(gradient));
    checkBounded(theta, (k) => `weight ${k}`, { step, ...training.run });
  }
  laws.close();
}

/** β times the mean over queries and constitutions of KL(π ‖ π_base), by enumeration. */
function addKlSlopes(
  { pool: { responses }, klWeight, queries, constitutions }: Training,
  laws: ConstitutionLaws,
  base: ConstitutionPolicy,
): void {
  const share = klWeight / (queries.length * constitutions.length);
  for (const c of constitutions) {
    const { logp, chances, slopes } = laws.of(c);
    for (let i = 0; i < queries.length; i++) {
      const then = base.row(queries[i], c), start = queries[i] * responses;
      // d/dlog π(y) of Σ π log(π/π_base) up to a constant, which normalisation takes out.
      for (let y = 0; y < responses; y++) {
        slopes[start + y] += share * chances[start + y] * (logp[start + y] - then[y]);
      }
    }
  }
}
