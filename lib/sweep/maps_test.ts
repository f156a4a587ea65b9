import assert from "node:assert/strict";
import { claimOf, experimentOf, questionOf } from "../run/demo_test_helpers.ts";
import { NothingToTest } from "../statistics/claims.ts";
import { several } from "../run/needs.ts";
import { claimFigure } from "./figures.ts";
import type { Cell } from "./cells.ts";
import { planCells, type Planned } from "./description.ts";
import { cellsOf, gridOf } from "./grid.ts";
import { claimsInCell, mappedClaims, mapsOf } from "./maps.ts";
import { planOfCell } from "./compute.ts";

const strengths = ({ strengths }: { readonly strengths: readonly number[] }) => strengths[0];
const at = (options: { readonly strengths: readonly number[] }) => ({ strength: strengths(options) });
const claims = [
  claimOf({ evidence: (view, options) => view.mean("dr-cpo", { name: "score" }, at(options)) }),
  claimOf({
    id: "differs",
    needs: several("strengths"),
    evidence: (view, options) =>
      view.evidence(view.series("cpo", "score", at(options)).values.map(() => strengths(options))),
  }),
  claimOf({
    id: "none",
    evidence: () => {
      throw new NothingToTest("there is nothing");
    },
  }),
];
const experiment = experimentOf(questionOf({ claims }));
const grid = gridOf("strengths=0,1 texts=20,30,40", experiment.options);
const planned: Planned = await planCells(experiment, "file:///demo.ts", ["--seeds", "10"], undefined);

/** A cell whose score is its strength less a half, give or take a hundredth. */
function cellOf(name: string): Cell {
  const { options } = planOfCell(planned, { cell: name, seeds: 10 }),
    strength = Number(/strengths=(\d)/.exec(name)![1]);
  const blocks = ["cpo", "dr-cpo"].map((arm) => ({
    ...{
      part: "synthetic",
      question: "value",
      arm,
      condition: { strength },
      seeds: Array.from({ length: 10 }, (_, r) => r),
      metrics: ["score"],
    },
    values: Float64Array.from({ length: 10 }, (_, r) => strength - 0.5 + 0.01 * ((3 * r) % 10 - 4.5)),
  }));
  const config = { options, questions: { value: { arms: ["cpo", "dr-cpo"], seeds: 10, basis: {} } }, complete: true };
  return { state: { name, seeds: 10, blocks: 1, done: 1 }, config: config as unknown as Cell["config"], blocks };
}

Deno.test("a claim is told of each cell by its own rows, and needs of the whole sweep what it needs of options", () => {
  const ids = ["differs", "positive", "none"];
  const all = { strengths: [0, 1] };
  const maps = mapsOf(planned, ids, cellsOf(grid).map((name) => claimsInCell(planned, ids, cellOf(name), all, 1)));
  assert.deepEqual(maps.map(({ claim }) => claim.id), ids);
  const [differs, positive, none] = maps.map(({ cells }) => cells);
  assert.deepEqual(positive.map(({ verdict }) => verdict), ["fails", "fails", "fails", "holds", "holds", "holds"]);
  assert.ok(positive.every(({ holm }) => holm!.adjusted >= holm!.p && holm!.adjusted < 0.05));
  // One number in all seeds where the claim needs two strengths: both sides of it are the same.
  assert.match(differs[0].note!, /^here nothing is to be told apart: this needs two values of --strengths or more$/);
  assert.deepEqual(none.map(({ verdict, note }) => `${verdict} ${note}`), Array(6).fill("not run there is nothing"));
  const [alone] = claimsInCell(planned, ["differs"], cellOf(cellsOf(grid)[0]), { strengths: [0] }, 1).values();
  assert.equal(alone.note, "this needs two values of --strengths or more");
});

Deno.test("the map of a claim shades what holds and what fails apart, and its rows are the cells", () => {
  const ids = ["positive"];
  const [map] = mapsOf(planned, ids, cellsOf(grid).map((name) => claimsInCell(planned, ids, cellOf(name), {}, 1)));
  const figure = claimFigure(grid, map);
  assert.ok(figure.kind === "cells");
  assert.deepEqual(figure.data.map(({ shade }) => shade), [-1, -1, -1, 1, 1, 1]);
  assert.deepEqual(figure.data[5].text, "0.50 ✓");
  assert.match(figure.caption, /^Scores are positive: holds in 3 of 6 cells, fails in 3\./);
});

Deno.test("claims that are mapped are those of the questions that run, in the order that they are given in", () => {
  assert.deepEqual(mappedClaims(planned, undefined), ["positive", "differs", "none"]);
  assert.deepEqual(mappedClaims(planned, "none,positive"), ["none", "positive"]);
  assert.throws(() => mappedClaims(planned, "positiv"), /unknown "positiv", did you mean positive\? Choose from/);
  assert.throws(() => mappedClaims(planned, "none,none"), /"none" stands twice/);
});
