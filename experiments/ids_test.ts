/**
 * Ids of claims and figures stand in the sources, so that searching for one finds where it is made: in one piece, as one
 * with the ending of another measure, or as words around an arm or a data set: "outcome-only-beats-f0" is made by
 * `${arm}-beats-f0`.
 */
import assert from "node:assert/strict";
import { manifest } from "../lib/datasets/manifest.ts";
import { experiments } from "./all.ts";
import { madeIn } from "./sources_test_helpers.ts";

for (const [name, load] of Object.entries(experiments)) {
  Deno.test(`${name}: every claim's id is in the sources`, async () => {
    const { default: experiment } = await load(), isMade = madeIn(experiment);
    const ids = experiment.questions.flatMap(({ claims }) => claims.map(({ id }) => id));
    assert.ok(ids.length > 0);
    assert.deepEqual(ids.filter((id) => !isMade(id)), []);
    assert.ok(!isMade(`${manifest.datasets[0].id}-never-claimed`));
  });
}
