/**
 * A typeface with only the glyphs in use, by HarfBuzz's subsetter.
 *
 * @module
 */

/** `hb_subset_sets_t`: which features of the font are kept. */
const LAYOUT_FEATURES = 6;
/** `hb_subset_flags_t`: outlines as they are drawn at any size. */
const NO_HINTING = 1;
/** `hb_memory_mode_t`: the font is only read. */
const READ_ONLY = 1;

/** The functions of HarfBuzz that are called; addresses and sizes are in bytes of its memory. */
interface HarfBuzz {
  readonly memory: WebAssembly.Memory;
  malloc(size: number): number;
  hb_blob_create(data: number, length: number, mode: number, userData: number, destroy: number): number;
  hb_blob_destroy(blob: number): void;
  hb_blob_get_length(blob: number): number;
  hb_blob_get_data(blob: number, length: number): number;
  hb_face_create(blob: number, index: number): number;
  hb_face_destroy(face: number): void;
  hb_face_reference_blob(face: number): number;
  hb_set_clear(set: number): void;
  hb_set_add(set: number, value: number): void;
  hb_subset_input_create_or_fail(): number;
  hb_subset_input_destroy(input: number): void;
  hb_subset_input_unicode_set(input: number): number;
  hb_subset_input_set(input: number, type: number): number;
  hb_subset_input_set_flags(input: number, flags: number): void;
  hb_subset_or_fail(face: number, input: number): number;
}

let loading: Promise<HarfBuzz> | undefined;
/** Addresses of fonts as HarfBuzz has read them, which takes longer than a subset: a report has dozens of one font. */
const faces = new WeakMap<Uint8Array, number>();

/**
 * The task `report` runs it as it is first compiled (`--liftoff-only`): V8's second compilation, in both threads, takes
 * longer than what it saves in a report.
 */
async function load(): Promise<HarfBuzz> {
  const { default: bytes } = await import("harfbuzzjs/dist/harfbuzz-subset.wasm", { with: { type: "bytes" } });
  const { instance } = await WebAssembly.instantiate(bytes);
  (instance.exports as unknown as { _initialize(): void })._initialize();
  return instance.exports as unknown as HarfBuzz;
}

function faceOf(hb: HarfBuzz, font: Uint8Array): number {
  return faces.getOrInsertComputed(font, () => {
    const data = hb.malloc(font.length);
    new Uint8Array(hb.memory.buffer, data, font.length).set(font);
    return hb.hb_face_create(hb.hb_blob_create(data, font.length, READ_ONLY, 0, 0), 0);
  });
}

/**
 * A font with the glyphs of some text and no others, without kerning and ligatures: text in it is as wide as the sum of
 * its characters.
 *
 * @param font a TrueType font, which stays as it is: it is read once
 * @param characters those that are kept, where the font has them
 * @returns a TrueType font
 * @throws Error where the font cannot be read
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadFaces } from "../faces.ts";
 * const { regular } = await loadFaces();
 * const small = await subsetFont(regular, "DPO 0.5");
 * assert.ok(small.length < regular.length / 20);
 * ```
 */
export async function subsetFont(font: Uint8Array, characters: string): Promise<Uint8Array> {
  const hb = await (loading ??= load()), face = faceOf(hb, font);
  const input = hb.hb_subset_input_create_or_fail();
  for (const character of new Set(characters)) {
    hb.hb_set_add(hb.hb_subset_input_unicode_set(input), character.codePointAt(0)!);
  }
  hb.hb_set_clear(hb.hb_subset_input_set(input, LAYOUT_FEATURES));
  hb.hb_subset_input_set_flags(input, NO_HINTING);
  const made = hb.hb_subset_or_fail(face, input);
  try {
    if (made === 0) throw new Error("HarfBuzz could not read the font");
    const result = hb.hb_face_reference_blob(made), length = hb.hb_blob_get_length(result);
    const bytes = new Uint8Array(hb.memory.buffer, hb.hb_blob_get_data(result, 0), length).slice();
    hb.hb_blob_destroy(result);
    return bytes;
  } finally {
    if (made !== 0) hb.hb_face_destroy(made);
    hb.hb_subset_input_destroy(input);
  }
}
