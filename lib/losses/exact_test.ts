/** Every loss that has a float64 form: value, slopes and curvature against its tensor form and against differences. */
import assert from "node:assert/strict";
import { sigmoid } from "../exact/logistic.ts";
import { Rng } from "../random.ts";
import { startBackend, type Tensor, tf } from "../tensor/backend.ts";
import { stopGradient } from "../tensor/ops.ts";
import { type ExactLoss, exactLosses } from "./exact.ts";
import * as library from "./mod.ts";
import type { JudgedLogps, PairedLogps } from "./mod.ts";

/** A float64 form of numbers `at` as one that writes value, slope in each number, and curvature where there is one. */
type Exact = (at: readonly number[], i: number, out: Float64Array) => void;

/** One form at some options: how many numbers it reads, and the tensor form of columns `[N]` of them. */
interface Case {
  readonly name: keyof typeof exactLosses;
  readonly options: Readonly<Record<string, unknown>>;
  readonly tensors: (...columns: Tensor[]) => Tensor;
  /** Of responses: whether they are desirable. */
  readonly desirable?: boolean;
  /** Of log-probs, which are below 0. */
  readonly logProbs?: boolean;
  /** The largest slope and third derivative that its rounding and differences are magnified by; 1 unless given. */
  readonly steep?: number;
}

const SIZE = 24, EXTREMES = [-30, -12, 12, 30];
const draws = Rng.seed(1);
/** Numbers of one column: where a loss bends, and far out. */
const column = (k: number) =>
  Float64Array.from([
    ...draws.fork(k).normals(SIZE - EXTREMES.length).map((z) => Math.fround(2 * z)),
    ...EXTREMES.map((x) => k === 0 ? x : x / 2),
  ]);
const margins = column(0);

/** A response of that log-ratio, of log-probs none above 0. */
function response(logRatio: Tensor): { policy: Tensor; reference: Tensor } {
  const above = tf.relu(stopGradient(logRatio));
  return { policy: tf.sub(logRatio, above), reference: tf.neg(above) };
}
const judged = (logRatio: Tensor, desirable: boolean): JudgedLogps => ({
  ...response(logRatio),
  desirable: tf.fill(logRatio.shape, Number(desirable)),
});
/** Pairs of these log-ratios. */
function pairs(chosen: Tensor, rejected: Tensor): PairedLogps {
  const [w, l] = [response(chosen), response(rejected)];
  return {
    policyChosen: w.policy,
    policyRejected: l.policy,
    referenceChosen: w.reference,
    referenceRejected: l.reference,
  };
}
const apart = (margin: Tensor) => pairs(tf.div(margin, 2), tf.div(margin, -2));
/** Log-probs, none above 0, that are so far apart. */
const logProbsApart = (margin: Tensor) => {
  const half = tf.div(margin, 2), larger = tf.abs(stopGradient(half));
  return { policyChosen: tf.sub(half, larger) as Tensor, policyRejected: tf.sub(tf.neg(half), larger) as Tensor };
};
const rewards = (margin: Tensor) => ({ chosen: tf.div(margin, 2), rejected: tf.div(margin, -2) });
const constant = (values: Float64Array) => tf.tensor1d(Float32Array.from(values)) as Tensor;

// Some pairs moved in part, whole, and not at all; the leader has gone on since.
const beta = 0.5, floor = 0.05, points = margins.map((d, i) => beta * d + Math.sin(i));
const low = library.follower(points, { radius: 6, lo: Math.min(...points) - 0.5 });
const unlikely = library.follower(points.map((xi) => Math.max(sigmoid(xi), floor)), { radius: 0.15, lo: floor });
const displacement = ({ moved, distance }: typeof low) => ({ moved: constant(moved), distance: constant(distance) });
const least = margins.map((_, i) => i % 3), aim = margins.map((_, i) => 2 * Math.sin(i));
const chance = margins.map((_, i) => sigmoid(3 * Math.cos(i)));
const matrix = (...entries: Tensor[]) => tf.reshape(tf.transpose(tf.stack(entries)), [SIZE, 2, 2]) as Tensor;

const cases: readonly Case[] = [
  { name: "dpo", options: { beta }, tensors: (d) => library.dpo(apart(d), { beta }) },
  {
    name: "dpo",
    options: { beta, labelSmoothing: 0.1 },
    tensors: (d) => library.dpo(apart(d), { beta, labelSmoothing: 0.1 }),
  },
  {
    name: "robust-dpo",
    options: { beta, labelSmoothing: 0.2 },
    tensors: (d) => library.robustDpo(apart(d), { beta, labelSmoothing: 0.2 }),
  },
  { name: "ipo-sum", options: { tau: 0.25 }, tensors: (d) => library.ipoSum(apart(d), { tau: 0.25 }) },
  {
    name: "simpo",
    options: { beta, gamma: 0.75 },
    tensors: (d) => library.simpo(logProbsApart(d), { beta, gamma: 0.75 }),
  },
  {
    name: "orpo",
    options: { lambda: 0.5 },
    logProbs: true,
    tensors: (policyChosen, policyRejected) => library.orpo({ policyChosen, policyRejected }, { lambda: 0.5 }),
  },
  { name: "apo-zero", options: { beta }, tensors: (w, l) => library.apoZero(pairs(w, l), { beta }) },
  { name: "apo-down", options: { beta }, tensors: (w, l) => library.apoDown(pairs(w, l), { beta }) },
  ...[true, false].flatMap((desirable): Case[] => [
    {
      name: "kto",
      options: { beta },
      desirable,
      tensors: (r) => library.kto(judged(r, desirable), { beta, referencePoint: 0.75 }),
    },
    {
      name: "apo-zero-unpaired",
      options: { beta },
      desirable,
      tensors: (r) => library.apoZeroUnpaired(judged(r, desirable), { beta }),
    },
    // It trains on desirable responses alone; log-probs are at most 0.
    {
      name: "sft",
      options: {},
      desirable,
      tensors: (r) => desirable ? tf.sub(library.sft(response(r).policy), tf.relu(stopGradient(r))) : tf.mul(r, 0),
    },
  ]),
  {
    name: "bradley-terry",
    options: { margin: least },
    tensors: (d) => library.bradleyTerry(rewards(d), { margin: constant(least) }),
  },
  {
    name: "rebel",
    options: { aim },
    tensors: (d) => {
      const { policyChosen, policyRejected, referenceChosen, referenceRejected } = apart(d);
      return library.rebel({
        policyFirst: policyChosen,
        policySecond: policyRejected,
        referenceFirst: referenceChosen,
        referenceSecond: referenceRejected,
        rewardFirst: constant(aim.map((a) => 2 * a)),
        rewardSecond: tf.zerosLike(d),
      }, { eta: 0.5 });
    },
  },
  {
    name: "stackelberg-margin",
    options: { beta, ...low },
    tensors: (d) => library.stackelbergMargin(apart(d), displacement(low), { beta }),
  },
  {
    name: "stackelberg-probability",
    options: { beta, floor, ...unlikely },
    tensors: (d) => library.stackelbergProbability(apart(d), displacement(unlikely), { beta, floor }),
    steep: 1 / floor,
  },
  {
    name: "pmle",
    options: { gamma: 0.5 },
    tensors: (d) => library.pmle(logProbsApart(d), { gamma: 0.5 }),
  },
  {
    name: "preference-distillation",
    options: { gamma: 0.5, chance },
    tensors: (d) => {
      const { policyChosen, policyRejected } = logProbsApart(d);
      return library.preferenceDistillation({
        policyFirst: policyChosen,
        policySecond: policyRejected,
        rewardFirst: constant(chance.map((p) => Math.log(p / (1 - p)))),
        rewardSecond: tf.zerosLike(d),
      }, { gamma: 0.5 });
    },
  },
  { name: "sami", options: {}, tensors: (...x) => tf.mean(library.sami(matrix(...x)), -1) },
  {
    name: "sami-constitutions",
    options: {},
    tensors: (...x) => tf.mean(library.constitutionContrast(matrix(...x)), -1),
  },
  { name: "sami-responses", options: {}, tensors: (...x) => tf.mean(library.responseContrast(matrix(...x)), -1) },
];

const Z0 = 0.75, NUMBERS = { margin: 1, pair: 2, response: 1, matrix: 4 } as const;

function exactOf({ name, options, desirable }: Case): Exact {
  const { of, form }: ExactLoss = exactLosses[name];
  switch (of) {
    case "margin": {
      const loss = form(options as never);
      return ([margin], i, out) => loss(margin, i, out);
    }
    case "pair": {
      const loss = form(options as never);
      return ([chosen, rejected], i, out) => loss(chosen, rejected, 0, i, out);
    }
    case "response": {
      const loss = form(options as never);
      return ([logRatio], _, out) => loss(logRatio, desirable!, Z0, out);
    }
    case "matrix": {
      const loss = form(options as never);
      return (at, _, out) => loss(Float64Array.from(at), out);
    }
  }
}

function near(found: number, right: number, tolerance: number, where: string): void {
  assert.ok(Math.abs(found - right) <= tolerance * (1 + Math.abs(right)), `${where}: ${found} and ${right}`);
}

for (const one of cases) {
  const { name, desirable, tensors, steep = 1 } = one, { of } = exactLosses[name], numbers = NUMBERS[of];
  const said = [
    ...Object.keys(one.options),
    ...desirable === undefined ? [] : [desirable ? "desirable" : "undesirable"],
  ];
  const exact = exactOf(one), title = `${name} (${said.join(", ") || "no options"})`;
  const moved = (x: number) => of === "matrix" ? x - 40 : one.logProbs ? -0.5 - Math.abs(x) : x;
  const columns = Array.from({ length: numbers }, (_, k) => column(k).map(moved));
  const at = Array.from({ length: SIZE }, (_, i) => columns.map((values) => values[i]));
  const found = at.map((x, i) => {
    const out = new Float64Array(numbers + 2);
    exact(x, i, out);
    return out;
  });

  Deno.test(`${title}: the float64 form has the value and the slopes of the tensor form`, async () => {
    await startBackend("cpu");
    const inputs = columns.map(constant);
    const values = tensors(...inputs).dataSync();
    const slopes = tf.grads((...x) => tf.sum(tensors(...x as Tensor[])))(inputs).map((slope) => slope.dataSync());
    found.forEach((out, i) => {
      // A few float32 operations on numbers up to 60.
      near(out[0], values[i], 2e-5 * steep, `value at ${at[i]}`);
      slopes.forEach((slope, k) => near(out[k + 1], slope[i], 2e-5 * steep, `slope ${k} at ${at[i]}`));
    });
  });

  Deno.test(`${title}: slopes are differences of the value, curvature of the slope`, () => {
    const h = 1e-4, out = new Float64Array(numbers + 2);
    const differences = (i: number, moved: number, k: number) => {
      const [up, down] = [h, -h].map((step) => {
        exact(at[i].map((x, j) => j === moved ? x + step : x), i, out);
        return out[k];
      });
      return (up - down) / (2 * h);
    };
    found.forEach((form, i) => {
      for (let k = 0; k < numbers; k++) {
        // h²/6 times a third derivative, and rounding over h.
        near(form[k + 1], differences(i, k, 0), 1e-8 * steep ** 2, `slope ${k} at ${at[i]}`);
      }
      if (numbers > 1) return;
      near(form[2], differences(i, 0, 1), 1e-8 * steep ** 3, `curvature at ${at[i]}`);
    });
  });
}

Deno.test("a loss of the logistic form is softplus(−m) + against·m, m = scale·margin − shift, pair by pair", () => {
  const found = cases.flatMap(({ name, options }) => {
    const { of, form }: ExactLoss = exactLosses[name];
    const loss = of === "margin" ? form(options as never) : undefined;
    if (!loss?.logistic) return [];
    const { scale, against, shift } = loss.logistic, out = new Float64Array(3);
    margins.forEach((margin, i) => {
      const m = scale * margin - shift(i);
      loss(margin, i, out);
      near(out[0], Math.log1p(Math.exp(-Math.abs(m))) + Math.max(-m, 0) + against(i) * m, 1e-13, name);
      near(out[1], scale * (against(i) - sigmoid(-m)), 1e-13, name);
    });
    return [name];
  });
  assert.deepEqual(
    new Set(found),
    new Set(["dpo", "robust-dpo", "simpo", "bradley-terry", "pmle", "preference-distillation"]),
  );
});

Deno.test("every form is that of one line of the table, and is tested here", () => {
  const lines = library.losses.flatMap(({ name, exact }) => exact ? [[name, exact] as const] : []);
  assert.deepEqual(Object.fromEntries(lines), exactLosses);
  for (const [name, exact] of lines) assert.equal(exact, exactLosses[name as keyof typeof exactLosses], name);
  assert.deepEqual(new Set(cases.map(({ name }) => name)), new Set(Object.keys(exactLosses)));
});

Deno.test("games here have pairs that moved whole, in part and not at all, and probabilities below the floor", () => {
  for (const { moved } of [low, unlikely]) {
    for (const some of [(m: number) => m === 1, (m: number) => m > 0 && m < 1, (m: number) => m === 0]) {
      assert.ok(moved.some(some));
    }
  }
  const { moved, distance } = unlikely;
  assert.ok(margins.some((d, i) => moved[i] > 0 && sigmoid(beta * d) - distance[i] < floor));
});

Deno.test("where nothing was moved both leaders are DPO to the bit", () => {
  const still = { beta, moved: new Float64Array(SIZE), distance: new Float64Array(SIZE) };
  const { "stackelberg-margin": margin, "stackelberg-probability": probability, dpo } = exactLosses;
  const plain = new Float64Array(3), out = new Float64Array(3);
  for (const leader of [margin.form(still), probability.form({ ...still, floor })]) {
    margins.forEach((d, i) => {
      leader(d, i, out);
      dpo.form({ beta })(d, i, plain);
      assert.deepEqual(out, plain);
    });
  }
});
