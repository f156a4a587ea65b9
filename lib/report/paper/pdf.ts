/**
 * Figures as vector PDF with embedded fonts.
 *
 * @module
 */
import { loadFaces } from "../faces.ts";
import { UserError } from "../../user_error.ts";
import type { PaperFigure } from "./paper_figure.ts";

/**
 * The figure as a PDF of one page of its size: TrueType subsets embedded, no Type 3 fonts, the same bytes every time.
 *
 * @example
 * ```ts
 * import { paperFigure } from "./paper_figure.ts";
 * import { lines } from "../testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const pdf = await figurePdf(await paperFigure(lines, 234));
 * assert.equal(new TextDecoder().decode(pdf.subarray(0, 5)), "%PDF-");
 * ```
 */
export async function figurePdf({ svg, width, height }: PaperFigure): Promise<Uint8Array> {
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
  requireGlyphs(document.font("semibold"), svg);
  requireGlyphs(document.font("regular"), svg);
  draw(document, forPdf(svg), 0, 0, {
    width,
    height,
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
function requireGlyphs(document: unknown, svg: string): void {
  const { _font: { font } } = document as {
    readonly _font: { readonly font: { readonly postscriptName: string; hasGlyphForCodePoint(code: number): boolean } };
  };
  const texts = [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text]) => text).join("");
  const missing = [...new Set(texts)].filter((character) => !font.hasGlyphForCodePoint(character.codePointAt(0)!));
  if (missing.length) {
    throw new UserError(
      `the typeface of figures (${font.postscriptName}) has no sign for ${
        missing.join(" ")
      }: the pages and SVG of the report ` +
        "have them; for a paper give what is named so another name",
    );
  }
}

/** What the PDF writer needs spelled out: it fills lines, paints halos last, and knows 700 alone as bold. */
function forPdf(svg: string): string {
  return svg
    .replace(/^(<svg [^>]*?) width="[^"]*" height="[^"]*"/, "$1") // it scales by them a second time
    .replace(/<line (?![^>]*\bfill=)/g, '<line fill="none" ')
    .replace(/ stroke-dasharray="(none)?"/g, "")
    .replaceAll('font-weight="600"', 'font-weight="700"')
    .replace(/<text ([^>]*?) ?paint-order="stroke"([^>]*)>([^<]*)<\/text>/g, (_, before, after, text) => {
      const attributes = `${before}${after}`;
      const plain = attributes.replace(/ ?stroke(-\w+)?="[^"]*"/g, "");
      return `<text ${attributes}>${text}</text><text ${plain}>${text}</text>`;
    });
}
