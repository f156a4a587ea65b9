#!/usr/bin/env bash
# tfjs-core 4.22.0, used without the union package @tensorflow/tfjs, computes values and has no gradients: each operation's
# gradient is registered by dist/register_all_gradients.js, and no entry point of tfjs-core imports that file. Imported by
# its path it cannot be loaded either, by `import` or by `require`: it is an ES module whose own imports lack the ending
# ".js", which only bundlers put there. A program without a bundler gets gradients from the union package, with layers,
# data, converter and WebGL: 223 MB of packages more; or it resolves these imports itself, by a hook of node:module that
# puts the ending there (lib/tensor/stock_gradients.ts; registerHooks is in Deno 2.9.6, and not in Node 20).
#
# Guess before it was tried: core and one backend are enough to train, as its readme lists them.
# Seen with Node 20.20 and npm packages @tensorflow/tfjs-core and @tensorflow/tfjs-backend-cpu 4.22.0:
#   values: 1,4
#   gradients: Cannot compute gradient: gradient function not found for Sum.
#   import of register_all_gradients.js: ERR_MODULE_NOT_FOUND
#   with the union package: 2,4
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs@4.22.0

cat >core.mjs <<'JS'
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
await tf.setBackend("cpu");
const x = tf.tensor1d([1, 2]);
console.log("values:", (await tf.square(x).data()).join());
try {
  console.log("gradients:", tf.grad((x) => tf.sum(tf.square(x)))(x).dataSync().join());
} catch (error) {
  console.log("gradients:", /Cannot compute gradient: gradient function not found for \w+\./.exec(error.message)?.[0]);
}
try {
  await import("@tensorflow/tfjs-core/dist/register_all_gradients.js");
  console.log("import of register_all_gradients.js: works");
} catch (error) {
  console.log("import of register_all_gradients.js:", error.code);
}
JS
cat >union.mjs <<'JS'
import * as tf from "@tensorflow/tfjs";
await tf.setBackend("cpu");
console.log("with the union package:", tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, 2])).dataSync().join());
JS
seen="$({ node core.mjs && node union.mjs; } 2>/dev/null | grep -E '^(values|gradients|import|with)')"
echo "$seen"
[ "$seen" = "values: 1,4
gradients: Cannot compute gradient: gradient function not found for Sum.
import of register_all_gradients.js: ERR_MODULE_NOT_FOUND
with the union package: 2,4" ] || exit 1
