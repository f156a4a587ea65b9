/**
 * Every loss of the table on 1,000 examples, forward and backward, beside DPO: none should be slower than three times
 * DPO unless its formula demands it.
 */
import { startBackend, type Tensor, tf } from "../tensor/backend.ts";
import { logSoftmax } from "../tensor/ops.ts";
import { Rng } from "../random.ts";
import { losses } from "./mod.ts";

await startBackend("auto");

const SIZE = 1000;
/** Options that a loss must be given. */
const required: Readonly<Record<string, unknown>> = {
  beta: 0.1,
  labelSmoothing: 0.1,
  divergence: { kind: "forward-kl" },
  tau: 0.1,
  eta: 1,
  nu: 1,
  theta: 2,
  shift: 0,
  gamma: 1,
  alpha: 0.5,
  lambda: 0.1,
  referencePoint: 0.5,
  klWeight: 0.1,
  floor: 0.02,
  ratio: { kind: "plain" },
  ipwWeight: 1,
  outcomeWeight: 1,
  higherIsBetter: true,
};

/** Numbers that an input of that name may hold. */
function draw(input: string, rng: Rng): Float32Array {
  const one = {
    Tokens: () => 1 + rng.integer(100),
    desirable: () => rng.integer(2),
    tied: () => rng.integer(2),
    moved: () => rng.uniform(),
    distance: () => 0.5 * rng.uniform(),
    weights: () => rng.uniform(),
  };
  const name = Object.keys(one).find((part) => input.endsWith(part)) as keyof typeof one | undefined;
  return Float32Array.from({ length: SIZE }, name ? one[name] : () => -0.1 - 5 * rng.uniform());
}

/** The arguments of a loss before its options, from the names in the table. */
type Arguments = (inputs: Readonly<Record<string, Tensor>>) => unknown[];
const single = (name: string): Arguments => (inputs) => [inputs[name]];
const causal = ["logpF", "logpR", "outcome", "prediction"], generated = ["logpF", "logpF0", "prediction"];
const pick = (inputs: Readonly<Record<string, Tensor>>, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => name in inputs).map((name) => [name, inputs[name]]));
/** Losses whose arguments are not one object. */
const calls: Readonly<Record<string, Arguments>> = {
  "ld-dpo": (inputs) =>
    ["common", "excess"].map((part) =>
      Object.fromEntries(
        Object.entries(inputs).filter(([name]) => name.startsWith(part)).map(([name, x]) => [name.split(".")[1], x]),
      )
    ),
  "sft": single("policy"),
  "sami": single("logps"),
  "sami-constitutions": single("logps"),
  "sami-responses": single("logps"),
  "stackelberg-margin": ({ moved, distance, ...pairs }) => [pairs, { moved, distance }],
  "stackelberg-probability": ({ moved, distance, ...pairs }) => [pairs, { moved, distance }],
  "causal-outcome-only": (inputs) => [pick(inputs, generated)],
  "dr-cpo": (inputs) => [pick(inputs, causal), pick(inputs, generated)],
  "released-causal": (inputs) => [pick(inputs, causal), undefined],
};
/**
 * Losses of tables, timed on as many numbers: laws `[contexts, responses]`, or matrices `[queries, constitutions,
 * responses]` of log-probs.
 */
const shapes: Readonly<Record<string, readonly number[]>> = {
  "rlhf-exact": [100, 10],
  "reverse-kl-exact": [100, 10],
  "sami": [250, 2, 2],
  "sami-constitutions": [250, 2, 2],
  "sami-responses": [250, 2, 2],
};

for (const { name, family, loss, inputs, options } of losses) {
  const given = Object.fromEntries(
    Object.keys(options).filter((o) => options[o].default === undefined).map((o) => [o, required[o]]),
  );
  const rng = Rng.seed(0);
  const drawn = Object.fromEntries(inputs.map((input) => {
    const flat = tf.tensor1d(draw(input, rng.fork(input)));
    const shape = shapes[name];
    if (!shape) return [input, flat as Tensor];
    const shaped = tf.reshape(flat, [...shape]) as Tensor;
    // Laws sum to one; a matrix of log-probs needs not.
    return [input, shape.length === 2 && input !== "reward" ? logSoftmax(shaped) : shaped];
  }));
  const trained = inputs.filter((input) => /(^|\.)policy|^logp(F|s)$|^chosen$|^rejected$/.test(input));
  const total = (...x: Tensor[]) => {
    const at = { ...drawn, ...Object.fromEntries(trained.map((input, i) => [input, x[i]])) };
    const out = (loss as (...args: unknown[]) => Tensor | { correction: Tensor; outcome: Tensor })(
      ...(calls[name] ?? ((all) => [all]))(at),
      ...(Object.keys(options).length > 0 ? [given] : []),
    );
    return "correction" in out ? tf.add(tf.mean(out.correction, -1), tf.mean(out.outcome, -1)) : tf.mean(out, -1);
  };
  const slopes = tf.grads(total), at = trained.map((input) => drawn[input]);
  const run = () => tf.tidy(() => slopes(at).forEach((slope) => slope.dataSync()));
  // What all losses share is compiled before the first of them is timed.
  for (let i = 0; i < 50; i++) run();
  Deno.bench({
    name: `${name} (${family})`,
    group: `losses of ${SIZE} examples`,
    baseline: name === "dpo",
    fn: run,
  });
}
