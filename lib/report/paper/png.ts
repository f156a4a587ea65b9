/**
 * Figures as PNG.
 *
 * @module
 */
import { loadFaces } from "../faces.ts";
import type { RenderedFigure } from "../plot.ts";

/** The face of paper figures, under the name that they ask for. */
const FACE = "Source Sans 3";
/** Dots per inch: what venues ask for in raster figures. */
const DPI = 300;
let started: Promise<unknown> | undefined;

/**
 * A figure drawn for paper as PNG at 300 dots per inch.
 *
 * @example
 * ```ts
 * import { renderFigure } from "../plot.ts";
 * import { lines } from "../testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const png = await figurePng(await renderFigure(lines, { target: "paper", width: 234 }));
 * assert.equal(new DataView(png.buffer, png.byteOffset).getUint32(16), 975); // 3.25 inches
 * ```
 */
export async function figurePng({ svg, width }: RenderedFigure): Promise<Uint8Array> {
  const [{ initWasm, Resvg }, { default: binary }, faces] = await Promise.all([
    import("@resvg/resvg-wasm"),
    import("@resvg/resvg-wasm/index_bg.wasm", { with: { type: "bytes" } }),
    loadFaces(),
  ]);
  await (started ??= initWasm(new Uint8Array(binary)));
  const picture = new Resvg(svg, {
    fitTo: { mode: "width", value: Math.round(width / 72 * DPI) },
    font: { fontBuffers: [faces.regular, faces.semiBold], defaultFontFamily: FACE, sansSerifFamily: FACE },
  }).render();
  return picture.asPng();
}
