/**
 * Every engine against plain float64 loops: each operation of tfjs that the project uses and each of its own, forward and
 * backward, over awkward shapes. Some stock kernel is slow, wrong or missing on one engine or another, so none is trusted
 * before it has its cases in `parity/`; the last tests say what has none.
 */
import assert from "node:assert/strict";
import { startBackend, tf } from "./backend.ts";
import { testOnEveryBackend } from "./backends_test_helpers.ts";
import { check } from "./parity/case_test_helpers.ts";
import { elementwise } from "./parity/elementwise_test_helpers.ts";
import { fused } from "./parity/fused_test_helpers.ts";
import { layout } from "./parity/layout_test_helpers.ts";
import { products } from "./parity/products_test_helpers.ts";
import { reductionCases } from "./parity/reductions_test_helpers.ts";
import { softmaxCases } from "./parity/softmax_test_helpers.ts";
import { special } from "./parity/special_test_helpers.ts";

const stock = [...elementwise, ...reductionCases, ...products, ...layout, ...softmaxCases];

for (const [op, cases] of Map.groupBy([...stock, ...fused], ({ op }) => op)) {
  testOnEveryBackend(`parity of ${op}`, (backend) => {
    for (const parity of cases) tf.tidy(() => check(parity, backend));
  });
}

testOnEveryBackend("parity of what is not finite", () => {
  for (const { op, inputs, apply, expected } of special) {
    const out = apply(...inputs.map((row) => tf.tensor1d([...row])));
    const plain = (values: ArrayLike<number>) => Array.from(values, (v) => v === 0 ? 0 : v);
    assert.deepEqual(
      plain(out.dataSync()),
      plain(expected),
      `${op} of ${inputs.map((row) => `[${row}]`).join(" and ")}`,
    );
  }
});

/** Names in the tfjs namespace that make, hold or differentiate tensors but compute nothing by themselves. */
const plumbing = new Set([
  ...["tensor", "tensor1d", "tensor2d", "tensor3d", "scalar", "variable", "Variable"],
  ...[
    "customGrad",
    "grad",
    "grads",
    "variableGrads",
    "valueAndGrad",
    "valueAndGrads",
    "tidy",
    "clone",
    "keep",
    "dispose",
    "memory",
    "train",
  ],
  ...["env", "ready", "setBackend", "findBackendFactory", "enableProdMode", "removeBackend", "registerBackend"],
  ...["getKernel", "registerKernel", "unregisterKernel", "util", "backend_util", "broadcast_util", "sumOutType"],
  ...["engine", "backend", "getBackend", "registerGradient", "slice_util"],
]);

/** Source files below a folder of the project, without tests and what only they need; code without comments. */
function sources(folder: string): { path: string; code: string }[] {
  const found: { path: string; code: string }[] = [];
  const walk = (folder: URL) => {
    for (const entry of Deno.readDirSync(folder)) {
      const url = new URL(entry.isDirectory ? `${entry.name}/` : entry.name, folder);
      // What stands in for kernels of one engine is tested on that engine.
      if (entry.isDirectory && !["testdata", "tensorflow", "kernels"].includes(entry.name)) walk(url);
      if (!/\.ts$/.test(entry.name) || /_(test|slow_test|test_helpers|bench)\.ts$/.test(entry.name)) continue;
      const code = Deno.readTextFileSync(url).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      found.push({ path: url.pathname, code });
    }
  };
  walk(new URL(`../../${folder}`, import.meta.url));
  return found;
}

Deno.test("every operation of tfjs that a source file uses has its cases", () => {
  const listed = new Set(stock.map(({ op }) => op));
  const files = ["lib/", "experiments/"].flatMap(sources);
  assert.ok(files.length > 50, "the source files were not found");
  const missing = files.flatMap(({ path, code }) =>
    [...code.matchAll(/(?<!\/)\btf\.(\w+)/g)]
      .filter(([, name]) => !listed.has(name) && !plumbing.has(name))
      .map(([use]) => `${use} in ${path}`)
  );
  assert.deepEqual(missing, [], "add cases to parity/");
});

Deno.test("no loss, training or experiment takes tfjs's mean, which is not the same on every engine: meanLast is", () => {
  const files = ["lib/losses/", "lib/training/", "experiments/"].flatMap(sources);
  assert.ok(files.length > 50, "the source files were not found");
  assert.deepEqual(files.filter(({ code }) => /\btf\.mean\b/.test(code)).map(({ path }) => path), []);
});

Deno.test("every operation of the library's own has its cases, and every case is of an operation there is", async () => {
  await startBackend("cpu");
  const own = sources("lib/tensor/")
    .filter(({ path }) => /\/tensor\/(ops|sequence|fused\/(?!dispatch)\w+)\.ts$/.test(path))
    .flatMap(({ code }) => [...code.matchAll(/^export function (\w+)/gm)].map(([, name]) => name))
    // The same operations in stock ones, which an engine without the kernel runs; what only checks indices; and what gives
    // numbers and no tensors, which has a test of its own.
    .filter((name) => !name.startsWith("plain") && !["picksOf", "softmaxWeights", "weighed"].includes(name));
  assert.ok(own.length >= 15, "the source files were not found");
  assert.deepEqual(own.filter((name) => !fused.some(({ op }) => op === name)), [], "add cases to parity/fused");
  assert.deepEqual(fused.filter(({ op }) => !own.includes(op)).map(({ op }) => op), []);
  for (const { op } of stock) assert.equal(typeof tf[op as "add"], "function", op);
});
