/**
 * Measures the characters of the typeface into `advances.json`:
 * `deno run --allow-read=lib --allow-write=lib/report/typeface lib/report/typeface/measure.ts`.
 *
 * @module
 */
import PDFDocument from "pdfkit";
import { loadFaces } from "../faces.ts";

/** Letters of European languages and Greek, punctuation, arrows, signs of mathematics, shapes. */
const BLOCKS = [[0x20, 0x17f], [0x370, 0x3ff], [0x2000, 0x22ff], [0x25a0, 0x25ff]] as const;

/** Advance widths in thousandths of the font size. */
interface Advances {
  /** Every character that both faces have. */
  readonly characters: string;
  /** Of each in the regular face. */
  readonly regular: readonly number[];
  /** Of each in the semi-bold face. */
  readonly semiBold: readonly number[];
}

/** What is read of pdfkit's font: the face under its standard name. */
interface Measured {
  readonly _font: {
    readonly font: {
      readonly unitsPerEm: number;
      hasGlyphForCodePoint(code: number): boolean;
      glyphForCodePoint(code: number): { readonly advanceWidth: number };
    };
  };
}

/**
 * The advance widths of the faces as they come from their package.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { characters, regular } = await measureFaces();
 * assert.ok(regular[characters.indexOf("W")] > regular[characters.indexOf("i")]);
 * ```
 */
export async function measureFaces(): Promise<Advances> {
  const faces = await loadFaces(), document = new PDFDocument({ autoFirstPage: false });
  const [regular, semiBold] = [faces.regular, faces.semiBold].map((bytes) =>
    (document.font(bytes) as unknown as Measured)._font.font
  );
  const codes = BLOCKS.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
    .filter((code) => [regular, semiBold].every((face) => face.hasGlyphForCodePoint(code)));
  const widths = (face: typeof regular) =>
    codes.map((code) => Math.round(face.glyphForCodePoint(code).advanceWidth * 1000 / face.unitsPerEm));
  return { characters: String.fromCodePoint(...codes), regular: widths(regular), semiBold: widths(semiBold) };
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("advances.json", import.meta.url), JSON.stringify(await measureFaces()) + "\n");
}
