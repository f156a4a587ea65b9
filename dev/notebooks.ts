/**
 * The examples as notebooks for Deno's kernel: `deno task notebooks` writes them beside their sources.
 *
 * @module
 */

/** A notebook, in version 4.5 of its format. */
const VERSION = { nbformat: 4, nbformat_minor: 5 };

/**
 * A source whose cells begin with `// %%` as a notebook; those that begin with `// %% [markdown]` are text.
 *
 * @returns JSON
 * @throws TypeError for a source that does not begin with a cell
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { cells } = JSON.parse(notebookOf("// %% [markdown]\n// # A\n\n// %%\nlet a = 1;\n"));
 * assert.deepEqual(cells.map(({ source }: { source: string[] }) => source), [["# A"], ["let a = 1;"]]);
 * ```
 */
export function notebookOf(source: string): string {
  const [before, ...parts] = source.split(/^\/\/ %%/m);
  if (before !== "") throw new TypeError("a source is to begin with a cell, // %%");
  const cells = parts.map((part, i) => {
    const isText = part.startsWith(" [markdown]"), body = part.slice(part.indexOf("\n") + 1).trim().split("\n");
    const lines = isText ? body.map((line) => line.replace(/^\/\/ ?/, "")) : body;
    const own = {
      id: `cell-${i + 1}`,
      metadata: {},
      source: lines.map((line, k) => k < lines.length - 1 ? `${line}\n` : line),
    };
    return isText
      ? { cell_type: "markdown", ...own }
      : { cell_type: "code", ...own, execution_count: null, outputs: [] };
  });
  const metadata = {
    kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
    language_info: { name: "typescript", file_extension: ".ts" },
  };
  return `${JSON.stringify({ cells, metadata, ...VERSION }, null, 1)}\n`;
}

/** The folder of examples. */
export const EXAMPLES: URL = new URL("../examples/", import.meta.url);

/**
 * Names of the examples, without their ends.
 *
 * @example
 * ```ts ignore
 * await exampleNames(); // ["claim", "estimator", "loss", "world"]
 * ```
 */
export async function exampleNames(): Promise<string[]> {
  const files = await Array.fromAsync(Deno.readDir(EXAMPLES), ({ name }) => name);
  return files.filter((name) => name.endsWith(".ts")).map((name) => name.slice(0, -3)).toSorted();
}

if (import.meta.main) {
  for (const name of await exampleNames()) {
    const source = await Deno.readTextFile(new URL(`${name}.ts`, EXAMPLES));
    await Deno.writeTextFile(new URL(`${name}.ipynb`, EXAMPLES), notebookOf(source));
    console.log(`examples/${name}.ipynb`);
  }
}
