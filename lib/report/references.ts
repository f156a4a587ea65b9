/**
 * Reference lines of a figure: which panel shows which, with what dash, and where they are explained.
 *
 * @module
 */
import { panelKey } from "./points.ts";
import type { FigureSpec } from "./types.ts";

/** A reference line in one panel. */
export interface ReferenceLine {
  readonly value: number;
  readonly label: string;
  /** Lines with the same label share a dash. */
  readonly dash: number;
  /** True when the label belongs to this panel alone and stands in it rather than in the key. */
  readonly local: boolean;
}

/** The reference lines of a panel, in the order in which the figure names them. */
export function referencesIn(spec: FigureSpec, panel: string): ReferenceLine[] {
  const references = (spec.references ?? []).filter((reference) => Number.isFinite(reference.value));
  const labels = [...new Set(references.map((reference) => reference.label))];
  return references
    .filter((reference) => reference.panel === undefined || panelKey(reference.panel) === panel)
    .map((reference) => ({
      value: reference.value,
      label: reference.label,
      dash: labels.indexOf(reference.label),
      local: reference.panel !== undefined &&
        references.filter((other) => other.label === reference.label).length === 1,
    }));
}

/** The reference lines that the key explains, one for each label. */
export function referencesInKey(spec: FigureSpec, panels: readonly string[]): ReferenceLine[] {
  const lines = panels.flatMap((panel) => referencesIn(spec, panel)).filter((line) => !line.local);
  return lines.filter((line, i) => lines.findIndex((other) => other.label === line.label) === i);
}
