/**
 * A file with a text, for as long as it is read.
 *
 * @module
 */

/** Writes the text to a file, hands its path on, and removes it. */
export async function withText<T>(name: string, text: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    return await use(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
