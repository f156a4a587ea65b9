/**
 * Which code makes a question's numbers, as a checksum: rows made by other code are not mixed.
 *
 * @module
 */
import denoConfig from "../../deno.json" with { type: "json" };
import { sha256Hex } from "./sha256.ts";

const ROOT = new URL("../../", import.meta.url);

/** What a module imports or names as a file, type imports left out: they are gone when it runs. */
const REFERENCE = new RegExp(
  [
    String.raw`^(?:import|export)\s+(?!type\b)[^;"']*?\bfrom\s*["'](?<from>[^"']+)["']`,
    String.raw`^import\s*["'](?<effect>[^"']+)["']`,
    String.raw`\bimport\(\s*["'](?<dynamic>[^"']+)["']`,
    String.raw`\bnew URL\(\s*["'](?<file>\.[^"']+)["']`,
  ].join("|"),
  "gm",
);

/** Of the harness only this decides numbers; the rest of it drives, and `lib/report` and figures of experiments draw. */
const OF_HARNESS = [
  "lib/run/columns.ts",
  "lib/run/resamples.ts",
  "lib/run/row_counts.ts",
  "lib/run/streams.ts",
];
/** What all rows rest on, whether or not a module names it. */
const ALWAYS = ["lib/run/streams.ts"];
/** Pins every data file; which of them a question reads stands in its basis one by one. */
const MANIFEST = "data/manifest.json";

/**
 * SHA-256 over a module and everything it reaches that can change a number: source files, data that ship with it, and the
 * versions of the packages it uses.
 *
 * @param module URL of a source file of the project
 * @param root the project
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const module = import.meta.resolve("./testdata/toy.ts");
 * assert.equal(await codeChecksum(module), await codeChecksum(module));
 * ```
 */
export async function codeChecksum(module: string, root: URL = ROOT): Promise<string> {
  const { files, packages } = await reached(module, root);
  const parts = [...files].sort(([a], [b]) => a < b ? -1 : 1).map(([path, text]) => `${path}\n${text}`);
  return await sha256Hex([JSON.stringify([...packages].sort()), ...parts].join("\n"));
}

/**
 * The files that {@linkcode codeChecksum} covers, by path from the root, and packages with their versions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { files } = await reached(import.meta.resolve("./testdata/toy.ts"));
 * assert.ok(files.has("lib/training/fit.ts") && !files.has("lib/run/main.ts"));
 * ```
 */
export async function reached(
  module: string,
  root: URL = ROOT,
): Promise<{ files: ReadonlyMap<string, string>; packages: ReadonlySet<string> }> {
  const files = new Map<string, string>(), packages = new Set<string>();
  const visit = async (url: URL): Promise<void> => {
    const path = url.href.slice(root.href.length);
    if (!url.href.startsWith(root.href) || files.has(path) || !decides(path)) return;
    let bytes: Uint8Array;
    try {
      bytes = await Deno.readFile(url);
    } catch (error) {
      // An example in a comment, or a file or folder that is made on request: what is fetched or installed is no code.
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) return;
      throw error;
    }
    // Latin-1 keeps every byte of a compiled kernel.
    const text = path.endsWith(".ts") ? new TextDecoder().decode(bytes) : new TextDecoder("latin1").decode(bytes);
    files.set(path, text);
    if (!path.endsWith(".ts")) return;
    for (const { groups } of text.matchAll(REFERENCE)) {
      const name = groups!.from ?? groups!.effect ?? groups!.dynamic ?? groups!.file;
      if (name.startsWith(".")) await visit(new URL(name, url));
      else packages.add(packageOf(name));
    }
  };
  for (const start of [module, ...ALWAYS.map((path) => new URL(path, root).href)]) await visit(new URL(start));
  packages.delete("");
  return { files, packages };
}

/** Files of an experiment that only draw: a caption costs no run. */
const FIGURES = /^experiments\/[^/]+\/(?:[a-z_]+_)?figures\.ts$/;

function decides(path: string): boolean {
  if (path.startsWith("lib/report/") || FIGURES.test(path) || path === MANIFEST || path.endsWith("/")) return false;
  return !path.startsWith("lib/run/") || OF_HARNESS.includes(path) || path.includes("/testdata/");
}

/** `npm:name@version` of a package that is imported by that name; empty for one that is part of Deno. */
function packageOf(name: string): string {
  const imports = Object.entries(denoConfig.imports);
  const found = imports.find(([key]) => key === name || (key.endsWith("/") && name.startsWith(key)));
  return found?.[1] ?? (/^(npm|https?):/.test(name) ? name : "");
}
