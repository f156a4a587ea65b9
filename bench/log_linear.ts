/**
 * Log-linear laws beside JAX and numpy, one thread each: the trainings of `cpo` and `compare`, and one large law.
 *
 * @module
 */
import { descend } from "../lib/exact/law_descent.ts";
import { LawTable } from "../lib/exact/law_table.ts";
import { expectedCost, marginTerm, type Term } from "../lib/exact/law_terms.ts";
import type { LawClass } from "../lib/exact/laws.ts";
import { logSoftmaxRows } from "../lib/exact/log_space.ts";
import { exactDpo } from "../lib/losses/exact_margins.ts";
import { Rng } from "../lib/random.ts";
import { rowsOf } from "./kernels.ts";
import { openLines } from "./peers/lines.ts";
import type { BenchRow } from "./rows.ts";
import { type Contender, processorMilliseconds, takeTurns } from "./timing.ts";

/** A training, or a law, as both sides are given it. */
interface Problem {
  /** What `weights` are: of every pair of a group, coefficients of the chances, or slopes in the log-probs. */
  readonly kind: "pairs" | "outcomes" | "law";
  readonly space: LawClass;
  readonly weights: Float64Array;
  /** β of pairs; what a nat of KL costs of outcomes. */
  readonly price: number;
  readonly steps: number;
  readonly rate: number;
  /** Of a law `[D]`. */
  readonly theta?: Float64Array;
}

/** Numbers of the sizes of a problem, with weights as the experiments have them. */
function problemOf(
  rng: Rng,
  { kind, groups, responses, dimensions, ...how }:
    & Pick<Problem, "kind" | "price" | "steps" | "rate">
    & { readonly groups: number; readonly responses: number; readonly dimensions: number },
): Problem {
  const texts = groups * responses;
  const space = {
    logStart: logSoftmaxRows(rng.normals(texts), responses),
    features: rng.normals(texts * dimensions),
    responses,
  };
  return { kind, space, weights: kind === "pairs" ? pairsOf(rng, groups, responses) : rng.normals(texts), ...how };
}

/** Readers who chose one of two responses. */
const READERS = 400;

/** Shares of all pairs of each group `[X, A, A]`. */
function pairsOf(rng: Rng, groups: number, responses: number): Float64Array {
  const weights = new Float64Array(groups * responses * responses);
  for (let i = 0; i < READERS; i++) {
    const x = rng.integer(groups), a = rng.integer(responses), b = (a + 1 + rng.integer(responses - 1)) % responses;
    weights[(x * responses + a) * responses + b] += 1 / READERS;
  }
  return weights;
}

/**
 * What is minimised.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(termOf(goldenProblems()[0]).length, 1);
 * ```
 */
export function termOf({ kind, space, weights, price }: Problem): readonly Term[] {
  if (kind !== "pairs") return [expectedCost({ cost: weights, price })];
  const a = space.responses, first = Uint32Array.from(weights, (_, i) => Math.floor(i / a));
  const second = Uint32Array.from(weights, (_, i) => Math.floor(i / (a * a)) * a + i % a);
  return [marginTerm({ first, second, weight: weights, reference: space.logStart }, exactDpo({ beta: price }))];
}

/** Both trainings at the sizes of the `quick` and the `paper` preset, and a law of `apo`. */
const works: Readonly<Record<string, () => readonly Problem[]>> = {
  "cpo dr-cpo, 20 seeds, 300 steps": () =>
    Array.from({ length: 20 }, (_, seed) =>
      problemOf(Rng.seed(seed), {
        ...{ kind: "outcomes", groups: 1, responses: 200, dimensions: 7 },
        ...{ price: 0.1, steps: 300, rate: 0.02 },
      })),
  "compare dpo, 20 seeds, 150 steps": () =>
    Array.from({ length: 20 }, (_, seed) =>
      problemOf(Rng.seed(seed), {
        ...{ kind: "pairs", groups: 24, responses: 6, dimensions: 8 },
        ...{ price: 1, steps: 150, rate: 0.05 },
      })),
  "a law and a gradient, 2,400 texts x 64 features": () => {
    const rng = Rng.seed(1), sizes = { groups: 1, responses: 2400, dimensions: 64 };
    const how = { kind: "law", price: 0, steps: 0, rate: 0 } as const;
    return [{ ...problemOf(rng, { ...sizes, ...how }), theta: rng.normals(64).map((v) => v / 8) }];
  },
};

/**
 * Small trainings whose θ JAX has found: `lib/exact/testdata/jax.json` is what `peers/log_linear.py golden` said of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(goldenProblems().map(({ kind }) => kind), ["pairs", "outcomes"]);
 * ```
 */
export function goldenProblems(): Problem[] {
  return [
    problemOf(Rng.seed(1), {
      ...{ kind: "pairs", groups: 5, responses: 4, dimensions: 3 },
      ...{ price: 0.7, steps: 150, rate: 0.05 },
    }),
    problemOf(Rng.seed(2), {
      ...{ kind: "outcomes", groups: 1, responses: 30, dimensions: 4 },
      ...{ price: 0.1, steps: 300, rate: 0.02 },
    }),
  ];
}

/** A problem as JSON. */
const told = ({ kind, space: { logStart, features, responses }, weights, price, steps, rate, theta }: Problem) => ({
  ...{ kind, responses, price, steps, rate },
  ...{ start: [...logStart], features: [...features], weights: [...weights], theta: theta && [...theta] },
});

/** Processor milliseconds of one call, over a tenth of a second or so. */
function milliseconds(call: () => void): number {
  call();
  let calls = 0;
  const began = processorMilliseconds();
  do {
    call();
    calls++;
  } while (processorMilliseconds() - began < 100);
  return (processorMilliseconds() - began) / calls;
}

function callOf(problems: readonly Problem[]): () => void {
  const [{ kind, space, theta, weights }] = problems;
  if (kind === "law") {
    const laws = new LawTable(space), gradient = new Float64Array(theta!.length);
    return () => {
      laws.at(theta!);
      laws.slopes.set(weights);
      laws.gradient(gradient);
    };
  }
  return () => {
    for (const [seed, problem] of problems.entries()) {
      const phases = [{ steps: problem.steps, learningRate: problem.rate }];
      descend(problem.space, termOf(problem), { arm: problem.kind, seed, phases });
    }
  };
}

/**
 * Processor milliseconds of each work on both sides, in turns.
 *
 * @param options.python that has JAX and numpy
 * @param options.notes gets what was not found
 */
export async function logLinearRows(
  { rounds, python, notes }: { readonly rounds: number; readonly python: string; readonly notes: string[] },
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const peer = openLines(python, [new URL("peers/log_linear.py", import.meta.url).pathname, "time"]);
  try {
    for (const [work, make] of Object.entries(works)) {
      const problems = make(), call = callOf(problems);
      const ours: Contender = { name: "preflab", sample: () => milliseconds(call) };
      const ask = () =>
        peer.ask<{ by: string; ms: number } | { error: string }>({ work, problems: problems.map(told) });
      const hello = await ask();
      const contenders = [ours];
      if (typeof hello === "string" || "error" in hello) {
        notes.push(`${work}: no peer found, ${typeof hello === "string" ? hello : hello.error}`);
      } else {
        const sample = async () => (await ask() as { ms: number }).ms;
        contenders.unshift({ name: hello.by, sample });
      }
      const found = rowsOf(
        "Log-linear laws, one thread, processor time",
        work,
        contenders,
        await takeTurns(contenders, rounds),
      );
      rows.push(...contenders.length > 1 ? found : found.map((row) => ({ ...row, ratio: null, against: "" })));
    }
  } finally {
    await peer.stop();
  }
  return rows;
}

if (import.meta.main) console.log(JSON.stringify({ problems: goldenProblems().map(told) }));
