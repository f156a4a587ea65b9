/**
 * Figures as vector PDF with embedded fonts.
 *
 * @module
 */
import { loadFaces } from "../faces.ts";
import { UserError } from "../../user_error.ts";
import type { RenderedFigure } from "../plot.ts";

/**
 * A figure drawn for paper as a PDF of one page of its size: TrueType subsets embedded, no Type 3 fonts, the same bytes every time.
 *
 * @example
 * ```ts
 * import { renderFigure } from "../plot.ts";
 * import { lines } from "../testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const pdf = await figurePdf(await renderFigure(lines, { target: "paper", width: 234 }));
 * assert.equal(new TextDecoder().decode(pdf.subarray(0, 5)), "%PDF-");
 * ```
 */
export async function figurePdf({ svg, width, height, characters }: RenderedFigure): Promise<Uint8Array> {
  const [{ default: PDFDocument }, { default: draw }, faces] = await Promise.all([
    import("pdfkit"),
    import("svg-to-pdfkit"),
    loadFaces(),
  ]);
  const document = new PDFDocument({
    size: [width, height],
    margin: 0,
    // A date of its own would make every run another file.
    info: { CreationDate: new Date(0), Producer: "preflab", Creator: "preflab" },
  });
  const chunks: Uint8Array[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    document.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    document.on("end", resolve);
    document.on("error", reject);
  });
  document.registerFont("regular", faces.regular).registerFont("semibold", faces.semiBold);
  requireGlyphs(document.font("semibold"), characters);
  requireGlyphs(document.font("regular"), characters);
  draw(document, svg, 0, 0, {
    width,
    height,
    // Without it the size that the figure itself names is put on top.
    preserveAspectRatio: "xMidYMid",
    assumePt: true,
    fontCallback: (_family: string, bold: boolean) => bold ? "semibold" : "regular",
    warningCallback: (warning: string) => {
      throw new Error(`figure not drawn as PDF: ${warning}`);
    },
  });
  document.end();
  await ended;
  const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/**
 * Fails on a character that the face lacks: it would be drawn as an empty box.
 *
 * @throws UserError naming it
 */
function requireGlyphs(document: unknown, characters: string): void {
  const { _font: { font } } = document as {
    readonly _font: { readonly font: { readonly postscriptName: string; hasGlyphForCodePoint(code: number): boolean } };
  };
  const missing = [...characters].filter((character) => !font.hasGlyphForCodePoint(character.codePointAt(0)!));
  if (missing.length) {
    throw new UserError(
      `the typeface of figures (${font.postscriptName}) has no sign for ${
        missing.join(" ")
      }: the pages and SVG of the report ` +
        "have them; for a paper give what is named so another name",
    );
  }
}
