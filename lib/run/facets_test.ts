/** Figures of several data sets side by side. */
import assert from "node:assert/strict";
import { forest } from "../report/testdata/sample_report.ts";
import { type DrawnFigure, facetted } from "./facets.ts";

const section = (id: string, figure: Partial<DrawnFigure> = {}) => ({
  id,
  asks: `What of ${id}?`,
  part: "benchmark" as const,
  method: "",
  tables: [],
  notes: [],
  figures: [{ ...forest, facet: { panel: id, lead: "First" }, ...figure } as DrawnFigure],
});

Deno.test("panels whose intervals are the same say so once, and each for itself where they are not", () => {
  const told = (...intervals: string[]) =>
    facetted(intervals.map((text, i) => section(["films", "posts"][i], { intervals: text })))[0].figures[0].intervals;
  assert.equal(told("Over 40 splits.", "Over 40 splits."), "Over 40 splits.");
  assert.equal(told("Over 40 splits.", "Over 2 splits."), "films: Over 40 splits. posts: Over 2 splits.");
});

Deno.test("figures that have another axis are not put side by side", () => {
  assert.throws(() => facetted([section("films"), section("posts", { xLabel: "another" })]), {
    name: "TypeError",
    message: `panels of figure ${forest.id} differ in xLabel: "${forest.xLabel}", "another"`,
  });
});

Deno.test("names, scales and marks that differ are refused; reference lines stand in the panel of their data set", () => {
  for (const change of [{ names: { dpo: "DPO = IPO" } }, { mark: "mark" }, { lower: "another" }]) {
    assert.throws(() => facetted([section("films"), section("posts", change as Partial<DrawnFigure>)]), TypeError);
  }
  const [same, other] = [[{ value: 0, label: "none" }], [{ value: 0.2, label: "half" }]];
  const references = (...both: (typeof same | undefined)[]) =>
    facetted(both.map((lines, i) => section(["films", "posts"][i], { references: lines })))[0].figures[0].references;
  assert.deepEqual(references(same, same), same);
  assert.deepEqual(references(same, other), [{ ...same[0], panel: "films" }, { ...other[0], panel: "posts" }]);
  assert.deepEqual(references(undefined, other), [{ ...other[0], panel: "posts" }]);
});

Deno.test("a figure without a facet stays where it is", () => {
  const [films, posts] = facetted([section("films", { facet: undefined }), section("posts", { facet: undefined })]);
  assert.deepEqual([films.figures.length, posts.figures.length, posts.notes.length], [1, 1, 0]);
});
