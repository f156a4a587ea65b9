/**
 * The faces of figures and pages (Source Sans 3, SIL Open Font License), from their npm package.
 *
 * @module
 */

/** Loads the two weights that figures use. */
export async function loadFaces(): Promise<{ readonly regular: Uint8Array; readonly semiBold: Uint8Array }> {
  const [{ default: regular }, { default: semiBold }] = await Promise.all([
    import("@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf", { with: { type: "bytes" } }),
    import("@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf", { with: { type: "bytes" } }),
  ]);
  return { regular, semiBold };
}
