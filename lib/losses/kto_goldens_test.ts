/**
 * KTO, APO-zero unpaired and BCO against TRL's and HALOs' own numbers (origin in testdata/kto.json).
 *
 * Every case is matched, value and gradient, but those of `parting`.
 */
import assert from "node:assert/strict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { assertClose, testOnEveryBackend } from "../tensor/backends_test_helpers.ts";
import { tf } from "../tensor/backend.ts";
import { bco, type RewardShift, updateShift } from "./bco.ts";
import { apoZeroUnpaired, type JudgedLogps, kto, ktoReferencePoint } from "./kto.ts";
import golden from "./testdata/kto.json" with { type: "json" };

/** Sums over tokens, or `[rows][tokens]`. */
type Logps = number[] | number[][];
type Input =
  | "policyChosen"
  | "policyRejected"
  | "referenceChosen"
  | "referenceRejected"
  | "policyMismatched"
  | "referenceMismatched";
interface Case {
  name: string;
  params: {
    loss_type?: string;
    beta: number;
    desirable_weight: number;
    undesirable_weight: number;
    do_train?: boolean;
    running_mean_before?: number;
  };
  inputs: Record<Input, Logps>;
  losses: number[];
  mean: number;
  grads: Partial<Record<Input, Logps>>;
  kl?: number;
  delta?: number;
  running?: { mean: number; count: number };
}
const cases = golden.cases as unknown as Case[];

const halos = "halos/KTOTrainer/beta=0.1,desirable_weight=1.0,undesirable_weight=1.0";
/** What is not matched, and why. */
const parting: Record<string, string> = {
  [`${halos}/one_KL_row_equal`]: "its z0 divides by the pairs whose log-ratio is not exactly 0: 3 of these 4",
  [`${halos},humanline=True,log_epsilon_P=-1.0,log_epsilon_R=1.5/tok4_humanline`]:
    "clamps the log-ratio of every token before the sum, which is not an option here",
};

const sums = (logps: Logps): number[] =>
  logps.map((row) => typeof row === "number" ? row : row.reduce((a, b) => a + b, 0));
/** Per row: released gradients in tokens are the same for all tokens of a response. */
const rowSlopes = (grads: Logps): number[] =>
  grads.map((row) => {
    if (typeof row === "number") return row;
    assert.ok(row.every((slope) => slope === row[0]));
    return row[0];
  });
const close = (expected: number) => 2e-5 * Math.abs(expected) + 1e-6;

function judged({ inputs }: Case): JudgedLogps {
  const [chosen, rejected] = [sums(inputs.policyChosen), sums(inputs.policyRejected)];
  return {
    policy: tf.tensor1d([...chosen, ...rejected]),
    reference: tf.tensor1d([...sums(inputs.referenceChosen), ...sums(inputs.referenceRejected)]),
    desirable: tf.tensor1d([...chosen.map(() => 1), ...rejected.map(() => 0)]),
  };
}

const referencePoint = ({ inputs }: Case, policy: Tensor = tf.tensor1d(sums(inputs.policyMismatched))): Tensor =>
  ktoReferencePoint({ policy, reference: tf.tensor1d(sums(inputs.referenceMismatched)) });

/** The loss that a case is of. */
function lossOf(c: Case): (batch: JudgedLogps) => Tensor {
  const { beta, desirable_weight: desirableWeight, undesirable_weight: undesirableWeight } = c.params;
  switch (c.params.loss_type ?? "kto") {
    case "kto":
      return (batch) => kto(batch, { beta, desirableWeight, undesirableWeight, referencePoint: referencePoint(c) });
    case "apo_zero_unpaired":
      return (batch) => apoZeroUnpaired(batch, { beta, desirableWeight, undesirableWeight });
    case "bco":
      return (batch) => bco(batch, { beta, shift: c.delta! });
    default:
      throw new Error(`${c.name}: no loss for ${c.params.loss_type}`);
  }
}

Deno.test("61 cases, each matched or named with a reason", () => {
  assert.equal(cases.length, 61);
  assert.equal(new Set(cases.map((c) => c.name)).size, 61);
  for (const name of Object.keys(parting)) assert.ok(cases.some((c) => c.name === name), name);
  const of = (loss: string) => cases.filter((c) => (c.params.loss_type ?? "halos") === loss).length;
  assert.deepEqual(["kto", "apo_zero_unpaired", "bco", "halos"].map(of), [22, 14, 18, 7]);
});

testOnEveryBackend("losses, mean and gradients of every matched case", () => {
  for (const c of cases.filter((c) => !(c.name in parting))) {
    const batch = judged(c), loss = lossOf(c);
    assertClose(loss(batch).dataSync(), c.losses, close, c.name);
    const mean = (policy: Tensor) => tf.mean(loss({ ...batch, policy }), -1);
    assertClose(mean(batch.policy).dataSync(), [c.mean], close, `${c.name} mean`);
    const slopes = [...rowSlopes(c.grads.policyChosen!), ...rowSlopes(c.grads.policyRejected!)];
    assertClose(tf.grad(mean)(batch.policy).dataSync(), slopes, close, `${c.name} gradient`);
  }
});

testOnEveryBackend("the reference point of every matched case, and no gradient through it", () => {
  for (const c of cases.filter((c) => c.kl !== undefined && !(c.name in parting))) {
    // Log-probs of up to 900 are rounded by up to 3.1e-5, each of two; then the mean.
    const allowed = (z0: number) => close(z0) + (/lp900/.test(c.name) ? 7e-5 : 0);
    if ((c.params.loss_type ?? "kto") === "kto") assertClose(referencePoint(c).dataSync(), [c.kl!], allowed, c.name);
    const batch = judged(c), { beta } = c.params;
    const mismatched = tf.tensor1d(sums(c.inputs.policyMismatched));
    const [slope] = tf.grads((mismatched: Tensor, policy: Tensor) =>
      tf.add(
        tf.mean(kto({ ...batch, policy }, { beta, referencePoint: referencePoint(c, mismatched) }), -1),
        tf.mul(tf.sum(mismatched), 0),
      )
    )([mismatched, batch.policy]);
    assert.ok(slope.dataSync().every((s) => s === 0), `${c.name}: gradient through the mismatched pairs`);
  }
});

testOnEveryBackend("HALOs' reference point parts where a mismatched log-ratio is exactly 0", () => {
  const c = cases.find((c) => c.name === `${halos}/one_KL_row_equal`)!;
  assertClose(referencePoint(c).dataSync(), [c.kl! * 3 / 4], close, "mean over all four");
  const given = kto(judged(c), { beta: 0.1, referencePoint: c.kl! });
  assertClose(given.dataSync(), c.losses, close, "with its own reference point the rest agrees");
});

testOnEveryBackend("BCO's running shift, updated before each loss as the released trainer does", () => {
  const steps = cases.filter((c) => c.params.do_train);
  assert.equal(steps.length, 3);
  let shift: RewardShift | undefined;
  for (const c of steps) {
    shift = updateShift(shift, judged(c), { beta: c.params.beta });
    // The released statistics pass through float32.
    assertClose(shift.mean, [c.delta!], close, c.name);
    assert.equal(shift.count, c.running!.count);
    assertClose(bco(judged(c), { beta: c.params.beta, shift: shift.mean[0] }).dataSync(), c.losses, close, c.name);
  }
});
