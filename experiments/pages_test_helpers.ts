/**
 * What tests read of the pages for newcomers.
 *
 * @module
 */

/** Examples of CONTRIBUTING.md that are whole files, by the path that they begin with. */
export async function wholeFiles(): Promise<Map<string, string>> {
  const contributing = await Deno.readTextFile(new URL("../CONTRIBUTING.md", import.meta.url));
  const found = contributing.matchAll(/^```ts ignore\n\/\/ (\S+)\n([^]+?)^```$/gm);
  return new Map([...found].map(([, path, text]) => [path, text]));
}
