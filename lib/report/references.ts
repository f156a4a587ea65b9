/**
 * Reference lines of a figure: which panel shows which, with what dash, and where they are explained.
 *
 * @module
 */
import { panelKey } from "./points.ts";
import type { FigureSpec, Reference } from "./types.ts";

/** A reference line in one panel. */
export interface ReferenceLine {
  /** Where the line stands, in the unit of its axis. */
  readonly value: number;
  /** What the line is, such as "Oracle". */
  readonly label: string;
  /** Ends of the band around it, in the unit of its axis. */
  readonly interval?: readonly [number, number];
  /** Lines with the same label share a dash. */
  readonly dash: number;
  /** True when the label stands at the panel rather than in the key, because it belongs to this panel alone. */
  readonly local: boolean;
}

/** False for values that are not finite, and for zero or less on a log axis. */
function canShow(spec: FigureSpec, value: number): boolean {
  return Number.isFinite(value) && (value > 0 || !("yScale" in spec) || spec.yScale !== "log");
}

/**
 * The reference lines of a panel, in the order in which the figure names them.
 *
 * @example
 * ```ts
 * import { lines } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual(referencesIn(lines, "").map(({ label, dash }) => [label, dash]), [["Oracle", 0]]);
 * ```
 */
export function referencesIn(spec: FigureSpec, panel: string): ReferenceLine[] {
  const references = (spec.references ?? []).filter((reference) => canShow(spec, reference.value));
  // A lone forest plot names its lines above itself.
  const lone = spec.kind === "dots" && spec.panel === undefined;
  const isLocal = (reference: Reference) =>
    lone ||
    (reference.panel !== undefined && references.filter((other) => other.label === reference.label).length === 1);
  const shared = [
    ...new Set(references.filter((reference) => !isLocal(reference)).map((reference) => reference.label)),
  ];
  const here = references.filter((reference) => reference.panel === undefined || panelKey(reference.panel) === panel);
  const own = here.filter(isLocal);
  return here.map((reference) => {
    const local = isLocal(reference);
    const dash = local ? shared.length + own.indexOf(reference) : shared.indexOf(reference.label);
    return { value: reference.value, label: reference.label, interval: reference.interval, dash, local };
  });
}

/**
 * The reference lines that the key explains, one for each label.
 *
 * @example
 * ```ts
 * import { panels } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual(referencesInKey(panels, ["right", "estimated"]).map(({ label }) => label), ["No bias"]);
 * ```
 */
export function referencesInKey(spec: FigureSpec, panels: readonly string[]): ReferenceLine[] {
  const lines = panels.flatMap((panel) => referencesIn(spec, panel)).filter((line) => !line.local);
  return lines.filter((line, i) => lines.findIndex((other) => other.label === line.label) === i);
}
