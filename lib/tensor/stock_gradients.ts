/**
 * The gradients of tfjs-core, and methods such as `x.add(y)` on its tensors: its main entry has neither.
 *
 * The union package `@tensorflow/tfjs` has both, with layers, a converter and WebGL: 240 MB more on a first run. Here they
 * come from tfjs-core itself. Its files import each other without the ending ".js", which only bundlers put there, so that
 * they are loaded with a hook that puts it there.
 *
 * @module
 */
import { registerHooks } from "node:module";

/**
 * Loads them into the engine that all copies of tfjs share; call once tfjs-core is loaded.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import "@tensorflow/tfjs-backend-cpu";
 * import assert from "node:assert/strict";
 * await tf.setBackend("cpu");
 * await loadStockGradients();
 * assert.equal(tf.grad((x) => x.square())(tf.scalar(3)).dataSync()[0], 6);
 * ```
 */
export async function loadStockGradients(): Promise<void> {
  const hooks = registerHooks({
    resolve: (specifier, { parentURL, ...context }, next) => {
      const isBare = specifier.startsWith(".") && !specifier.endsWith(".js") && parentURL?.includes("/tfjs-core/");
      return next(isBare ? `${specifier}.js` : specifier, { parentURL, ...context });
    },
  });
  try {
    await import("@tensorflow/tfjs-core/dist/register_all_gradients.js");
    await import("@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js");
  } finally {
    hooks.deregister();
  }
}
