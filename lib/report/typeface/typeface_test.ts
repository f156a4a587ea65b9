import assert from "node:assert/strict";
import PDFDocument from "pdfkit";
import { loadFaces } from "../faces.ts";
import advances from "./advances.json" with { type: "json" };
import { measureFaces } from "./measure.ts";
import { subsetFont } from "./subset.ts";
import { fontFaces } from "./typeface.ts";

const TEXT = "SSAPO, probabilities: KL(π ‖ π₀) ≤ 0.25 ± 0.01 − ε";

Deno.test("the table of widths is that of the faces in use", async () => {
  assert.deepEqual(advances, await measureFaces(), "run lib/report/typeface/measure.ts");
});

Deno.test("a subset has the glyphs it was asked for, as wide as before, and no others", async () => {
  const { regular } = await loadFaces();
  const document = new PDFDocument({ autoFirstPage: false });
  const width = (font: Uint8Array, text = TEXT) => document.font(font).fontSize(1000).widthOfString(text);
  const small = await subsetFont(regular, TEXT);
  // Without kerning, which the face itself has.
  const sum = [...TEXT].reduce((total, character) => total + width(regular, character), 0);
  assert.ok(Math.abs(width(small) - sum) < 1e-6);
  const face = (document.font(small) as unknown as { _font: { font: { characterSet: number[] } } })._font.font;
  const kept = new Set(face.characterSet.map((code) => String.fromCodePoint(code)));
  for (const character of TEXT) assert.ok(kept.has(character), character);
  assert.ok(!kept.has("Z"));
  await assert.rejects(subsetFont(new Uint8Array(20), "a"), /HarfBuzz/);
});

Deno.test("the same text is the same bytes, in whatever order its characters come", async () => {
  for (const format of ["truetype", "woff"] as const) {
    assert.equal(await fontFaces("abc", format), await fontFaces("cbaabc", format));
  }
});
