import assert from "node:assert/strict";
import { Rng } from "../../lib/random.ts";
import { startBackend } from "../../lib/tensor/backend.ts";
import { BOUNDS } from "./collection.ts";
import * as methods from "./methods/mod.ts";
import { options as specs, type PopulationOptions } from "./options.ts";
import { CENTRE, samplesOf } from "./samples.ts";
import { tensorMethods } from "./tensor_methods_test_helpers.ts";
import { withStudy } from "./training.ts";

const smoke = Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, spec.values.smoke]));
const options = { ...smoke, steps: 25, tau: 0.7 } as unknown as PopulationOptions;
const seeds = [0, 1], streams = (name: string) => seeds.map((seed) => Rng.seed(4).fork(seed).fork(name));
const make = () => samplesOf({ options, streams }, { ...CENTRE, confounding: 1, record: 0.5, n: 120 });
// SAMI draws examples when it learns: a stream of its own for each side.
const [ours, theirs] = [make(), make()];

for (const { id, learn } of Object.values(methods).filter(({ id }) => !BOUNDS.includes(id))) {
  Deno.test(`${id} learns in float64 what its loss on tensors learns`, async () => {
    await startBackend("cpu");
    const [found, expected] = ([[ours, learn], [theirs, tensorMethods[id]]] as const).map(([samples, learn]) =>
      withStudy(id, samples, options, seeds, learn)
    );
    assert.equal(learn.tensors, undefined);
    for (const r of seeds.keys()) {
      // Float32 leaves 1e-6 in a gradient of size 1; Adam's steps of 0.05 pass on as much of it as they are long, and where a
      // coordinate of the gradient comes near 0 some hundred times as much.
      const apart = Math.max(...found.theta[r].map((v, k) => Math.abs(v - expected.theta[r][k])));
      assert.ok(apart < 1e-3, `theta is ${apart} apart`);
      assert.ok(Math.hypot(...found.theta[r]) > 0.05, "it moved");
      const [norm, other] = [found, expected].map(({ gradientNorm }) => gradientNorm[r]);
      assert.ok(Math.abs(norm - other) < 1e-4 + 1e-3 * other, `${norm} against ${other}`);
    }
  });
}
