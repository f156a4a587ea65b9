/**
 * How to call any loss of the table, for tests over all of them: inputs by the names in the table, options off their
 * defaults.
 *
 * @module
 */
import { type Tensor, tf } from "../tensor/backend.ts";
import type { LossEntry } from "./types.ts";

/** Examples of a batch. */
export const ROWS = 3;

/** One input: its shape and numbers. */
interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Options that have no default. */
const required: Readonly<Record<string, unknown>> = {
  beta: 0.5,
  labelSmoothing: 0.1,
  divergence: { kind: "forward-kl" },
  tau: 0.5,
  eta: 1,
  shift: 0.25,
  gamma: 0.5,
  alpha: 0.5,
  lambda: 0.5,
  nu: 0.75,
  theta: 1.5,
  referencePoint: 0.5,
  klWeight: 0.25,
  floor: 0.05,
  ratio: { kind: "plain" },
  ipwWeight: 1,
  outcomeWeight: 1,
  higherIsBetter: true,
};

/** Numbers that each input of a loss may hold; laws of three responses for those that enumerate, a matrix for SAMI. */
export function sizesOf(entry: LossEntry): Record<string, Numbers> {
  const isMatrix = entry.inputs.includes("logps"), isLaw = entry.name.endsWith("-exact");
  const one = (input: string, k: number): Numbers => {
    const shape = isMatrix ? [ROWS, ROWS] : isLaw ? [2, 3] : [ROWS], size = shape.reduce((a, b) => a * b);
    const last = input.split(".").at(-1)!;
    const of = (value: (i: number) => number) => ({
      shape,
      values: Float32Array.from({ length: size }, (_, i) => value(i)),
    });
    if (last.endsWith("Tokens")) return of((i) => 3 + i);
    if (last === "desirable" || last === "tied") return of((i) => i % 2);
    if (["moved", "distance", "weights"].includes(last)) return of((i) => 0.25 + 0.125 * i);
    if (isLaw && last !== "reward") return of((i) => Math.log([0.2, 0.5, 0.3][(i + k) % 3]));
    if (/^(policy|reference|logp)/.test(last)) return of((i) => -0.5 - 0.375 * ((i + k) % 3) - 0.125 * k);
    return of((i) => 0.75 - 0.5 * ((i + k) % 3));
  };
  return Object.fromEntries(entry.inputs.map((input, k) => [input, one(input, k)]));
}

/** The numbers as tensors. */
export function asArguments(inputs: Readonly<Record<string, Numbers>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape]) as Tensor]),
  );
}

/** The loss as a function of its inputs by name. */
export function callOf(
  { name, loss, options }: LossEntry,
  others: Readonly<Record<string, unknown>> = {},
): (inputs: Readonly<Record<string, Tensor>>) => Tensor {
  const given = Object.fromEntries(
    Object.keys(options).filter((o) => options[o].default === undefined).map((o) => {
      if (!(o in required)) throw new Error(`${name}: the tests know no value of its option ${o}`);
      return [o, required[o]];
    }),
  );
  const last = Object.keys(options).length > 0 ? [{ ...given, ...others }] : [];
  return (inputs) => {
    const found = (loss as (...args: unknown[]) => unknown)(...argumentsOf(name, inputs), ...last);
    if (found instanceof tf.Tensor) return found as Tensor;
    const { correction, outcome } = found as { correction: Tensor; outcome: Tensor };
    return tf.concat([correction, outcome], -1) as Tensor;
  };
}

function argumentsOf(name: string, inputs: Readonly<Record<string, Tensor>>): unknown[] {
  const { logpF, logpF0, prediction, moved, distance, ...others } = inputs;
  switch (name) {
    case "ld-dpo":
      return ["common.", "excess."].map((part) =>
        Object.fromEntries(
          Object.entries(inputs).filter(([key]) => key.startsWith(part)).map(([key, x]) => [key.split(".")[1], x]),
        )
      );
    case "sft":
      return [inputs.policy];
    case "sami":
    case "sami-constitutions":
    case "sami-responses":
      return [inputs.logps];
    case "stackelberg-margin":
    case "stackelberg-probability":
      return [others, { moved, distance }];
    case "dr-cpo":
    case "released-causal":
      return [{ ...others, logpF, prediction }, { logpF, logpF0, prediction }];
    default:
      return [inputs];
  }
}
