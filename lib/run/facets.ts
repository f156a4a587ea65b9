/**
 * Figures that questions on several data sets share: each draws its own, and the report puts them side by side.
 *
 * @module
 */
import type { FigureSpec, Reference, Section } from "../report/types.ts";

/** The panel that a question's figure is of a figure of several questions. */
interface Facet {
  /** Its heading: the data set. */
  readonly panel: string;
  /** What the whole figure's caption begins with; captions of the panels follow, each behind its heading. */
  readonly lead: string;
}

/** A figure as a question gives it. */
export type DrawnFigure = FigureSpec & { readonly facet?: Facet };

/** A section before its figures are put together. */
export type DrawnSection = Omit<Section, "figures"> & { readonly figures: readonly DrawnFigure[] };

/** What each panel has for itself; in all else, such as axes, labels, names of methods and scales, panels agree. */
const OWN: ReadonlySet<string> = new Set(["facet", "panelLabel", "caption", "alt", "data", "intervals", "references"]);

/**
 * One figure of several of the same id.
 *
 * @throws TypeError naming what differs of what panels of one figure have in common
 */
function merged(figures: readonly DrawnFigure[]): FigureSpec {
  const { facet, panelLabel: _, ...first } = figures[0];
  if (facet === undefined) return figures[0];
  const parts = figures.map((figure) => new Map<string, unknown>(Object.entries(figure)));
  for (const key of new Set(parts.flatMap((part) => [...part.keys()]))) {
    if (OWN.has(key)) continue;
    const values = new Set(parts.map((part) => JSON.stringify(part.get(key))));
    if (values.size > 1) {
      throw new TypeError(`panels of figure ${first.id} differ in ${key}: ${[...values].join(", ")}`);
    }
  }
  const intervals = new Set(figures.map((figure) => figure.intervals));
  const of = figures.map((figure) => ({ figure, panel: figure.facet!.panel }));
  const caption = `${facet.lead}: ${of.map(({ figure, panel }) => `${panel}, ${figure.caption}`).join("; ")}.`;
  return {
    ...first,
    intervals: intervals.size === 1
      ? first.intervals
      : of.map(({ figure, panel }) => `${panel}: ${figure.intervals}`).join(" "),
    data: of.flatMap(({ figure, panel }) => figure.data.map((row) => ({ set: panel, ...row }))),
    references: referencesOf(figures),
    panel: "set",
    caption,
    alt: first.alt.replace(first.caption, () => caption),
  };
}

/** Reference lines: those that all data sets have once for all panels, others in the panel of their data set. */
function referencesOf(figures: readonly DrawnFigure[]): readonly Reference[] | undefined {
  const [first, ...others] = figures.map(({ references }) => JSON.stringify(references));
  if (others.every((other) => other === first)) return figures[0].references;
  return figures.flatMap(({ references = [], facet }) => references.map((line) => ({ ...line, panel: facet!.panel })));
}

/**
 * Sections in which figures of one id, drawn as facets by several of them, are one, in the first that has it. A section that
 * is left without figures says where they are.
 *
 * @example
 * ```ts
 * import { forest } from "../report/testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const section = (id: string, caption: string) => ({
 *   id, asks: `What of ${id}?`, part: "benchmark" as const, method: "", tables: [], notes: [],
 *   figures: [{ ...forest, caption, facet: { panel: id, lead: "First" } }],
 * });
 * const [films, posts] = facetted([section("films", "DPO"), section("posts", "KTO")]);
 * assert.equal(films.figures[0].caption, "First: films, DPO; posts, KTO.");
 * assert.equal(films.figures[0].data.length, 2 * forest.data.length);
 * assert.deepEqual(posts.notes, ["Its figures stand beside those of the other data sets: What of films?"]);
 * ```
 */
export function facetted<S extends DrawnSection>(sections: readonly S[]): S[] {
  const all = Map.groupBy(sections.flatMap(({ figures }) => figures), ({ id, facet }) => facet && id);
  const homes = new Map<string, S>();
  return sections.map((section) => {
    const figures = section.figures.flatMap((figure) => {
      if (figure.facet === undefined) return [figure];
      if (homes.has(figure.id)) return [];
      homes.set(figure.id, section);
      return [merged(all.get(figure.id)!)];
    });
    const home = homes.get(section.figures[0]?.id ?? "");
    const notes = figures.length === 0 && home !== undefined
      ? [`Its figures stand beside those of the other data sets: ${home.asks}`]
      : [];
    return { ...section, figures, notes: [...section.notes, ...notes] };
  });
}
