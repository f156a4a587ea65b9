/**
 * How the parts of a figure are written for where it is shown: what a drawing knows of its target, so that nothing that is
 * drawn has to be changed afterwards.
 *
 * @module
 */
import { escapeText } from "./escape.ts";
import { element, type Writing } from "./svg.ts";
import { LABEL_TEXT, TICK_TEXT } from "./text_width.ts";
import { type ColourName, lightColour, lightValue, named } from "./theme.ts";

/**
 * "page" names colours as CSS variables and text by class, which the page defines for light and dark, and has its typeface
 * from it; "file" stands alone, with its typeface inside; "paper" is for print: its size is in points, and it has nothing
 * that PDF writers lack.
 */
export type FigureTarget = "page" | "file" | "paper";

/** How a text in a figure looks. */
export interface TextStyle {
  /** Tick labels and other small text, or labels of axes, panels and rows. */
  readonly size: typeof TICK_TEXT | typeof LABEL_TEXT;
  /** A colour of the theme. */
  readonly colour: "ink" | "muted";
  /** Which part of the text stands at the place; its start unless given. */
  readonly anchor?: "middle" | "end";
  /** In the semi-bold face. */
  readonly bold?: boolean;
  /** Around it lies the colour of the page, so that it can stand on lines. */
  readonly halo?: boolean;
  /** What it is the name of, as {@linkcode seriesOf} has it. */
  readonly series?: string;
  /** A transformation in the syntax of SVG. */
  readonly transform?: string;
}

const HALO_WIDTH = 3;

/** Between the lines of a tip until it is written. */
export const LINE = "\u001f";

/** Classes are of pages alone. */
const FILE_SKIPS = new Set(["style", "class"]);
/** A page's style says how lines end, and its script asks for dots and lines alone. */
const PAGE_SKIPS = new Set([
  ...["style", "aria-hidden", "stroke-linecap", "stroke-linejoin"],
  ...["rule", "area", "frame", "x-grid", "y-grid"],
]);

/**
 * The class of what belongs to a method, by which a page's script singles it out.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(seriesOf("dr"), "s-dr");
 * ```
 */
export function seriesOf(method: string): string {
  return `s-${method}`;
}

/** Style rules for the classes that text has on pages. */
export const FIGURE_TEXT_STYLE = `.drawing text{font-size:${TICK_TEXT}px;fill:var(--muted)}` +
  `.drawing .l{font-size:${LABEL_TEXT}px}.drawing .i{fill:var(--ink)}` +
  ".drawing .m{text-anchor:middle}.drawing .e{text-anchor:end}.drawing .b{font-weight:600}" +
  `.drawing .h{stroke:var(--paper);stroke-width:${HALO_WIDTH}px;paint-order:stroke;stroke-linejoin:round}`;

/** Writes the colours, texts and tips of one figure. */
export class Pen {
  /** Every character that was written so far: those that the typeface must have. */
  readonly characters: Set<string> = new Set();

  /**
   * @param target where the figure is shown
   * @param tipLabels what the lines of a tip are, as {@linkcode FigurePoints} has them; no tips are written without
   */
  constructor(readonly target: FigureTarget, readonly tipLabels?: readonly string[]) {}

  /** Decimals of coordinates: a tenth of a pixel on a screen, a fiftieth of a printed dot elsewhere. */
  get decimals(): number {
    return this.target === "page" ? 1 : 2;
  }

  /** A coordinate, rounded. */
  round(value: number): number {
    return Number(value.toFixed(this.decimals));
  }

  /** How what was drawn for any target is written for this one. */
  get writing(): Writing {
    const text = (tip: string) => this.tip(tip.split(LINE));
    return this.target === "page"
      ? { skip: PAGE_SKIPS, decimals: this.decimals, joinLines: true, value: (value) => value, text }
      : { skip: FILE_SKIPS, decimals: this.decimals, value: lightValue, text };
  }

  /** The text of a tip. On a page its lines are values alone: their labels stand once at the figure. */
  tip(values: readonly string[]): string {
    if (this.target === "page") return values.join("\n").trimEnd();
    return values.flatMap((value, i) => value === "" ? [] : [`${this.tipLabels?.[i] ?? ""}${value}`]).join("\n");
  }

  /**
   * A colour of the theme.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * assert.equal(new Pen("page").colour("ink"), "var(--ink)");
   * assert.equal(new Pen("file").colour("ink"), "#1a1a1a");
   * ```
   */
  colour(name: ColourName): string {
    return this.target === "page" ? named(name) : lightColour(name);
  }

  /**
   * A text at a place, px.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * const style = { size: 12, colour: "muted", anchor: "end" } as const;
   * assert.equal(new Pen("page").text("a < b", 1, 2, style), '<text class="e" x="1" y="2">a &lt; b</text>');
   * ```
   */
  text(text: string, x: number, y: number, style: TextStyle): string {
    for (const character of text) this.characters.add(character);
    const { size, colour, anchor, bold, halo, series, transform } = style, written = escapeText(text);
    if (this.target === "page") {
      const classes = [
        ...size === LABEL_TEXT ? ["l"] : [],
        ...colour === "ink" ? ["i"] : [],
        ...anchor ? [anchor[0]] : [],
        ...bold ? ["b"] : [],
        ...halo ? ["h"] : [],
        ...series ? [series] : [],
      ].join(" ");
      return element("text", { class: classes || undefined, x: this.round(x), y: this.round(y), transform }, written);
    }
    const look = {
      x,
      y,
      transform,
      "font-size": size,
      "text-anchor": anchor,
      "font-weight": bold ? 600 : undefined,
      fill: this.colour(colour),
    };
    if (!halo) return element("text", look, written);
    const around = { stroke: this.colour("paper"), "stroke-width": HALO_WIDTH, "stroke-linejoin": "round" };
    // Writers of PDF know no order of painting: there the text stands once more on its halo.
    return this.target === "paper"
      ? element("text", { ...look, ...around }, written) + element("text", look, written)
      : element("text", { ...look, ...around, "paint-order": "stroke" }, written);
  }
}
