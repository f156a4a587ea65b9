/**
 * Where results come from: versions, commit, and a checksum of the code that makes numbers.
 *
 * @module
 */
import denoConfig from "../../deno.json" with { type: "json" };
import { sha256Hex } from "./sha256.ts";

/** Folders of `lib/` that decide a number; the others only draw or drive. */
const NUMERIC = ["tensor", "losses", "estimators", "policies", "worlds", "datasets", "training", "statistics"];
/** Packages that decide no number: they draw, or test. */
const DRAWING = ["@observablehq/plot", "katex", "linkedom", "fast-check", "puppeteer-core"];
const ROOT = new URL("../../", import.meta.url);

/**
 * Versions of Deno and of the packages the project pins.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(versions().deno, Deno.version.deno);
 * ```
 */
export function versions(): Record<string, string> {
  const packages = Object.entries(denoConfig.imports)
    .filter(([name]) => !name.endsWith("/"))
    .map(([name, specifier]): [string, string] => [name, specifier.slice(specifier.lastIndexOf("@") + 1)]);
  return { deno: Deno.version.deno, v8: Deno.version.v8, ...Object.fromEntries(packages) };
}

/**
 * Commit and dirty flag, or "unknown" outside a checkout or without git.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match((await gitState()).commit, /^([0-9a-f]{40,}|unknown)$/);
 * ```
 */
export async function gitState(): Promise<{ commit: string; dirty: boolean | "unknown" }> {
  const commit = await git("rev-parse", "HEAD");
  const status = await git("status", "--porcelain");
  return { commit: commit?.trim() ?? "unknown", dirty: status === undefined ? "unknown" : status !== "" };
}

/**
 * What git says, or undefined without git or the permission to run it, or where it fails.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await git("no-such-command"), undefined);
 * ```
 */
export async function git(...args: string[]): Promise<string | undefined> {
  try {
    const command = new Deno.Command("git", { args, cwd: ROOT, stdout: "piped", stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/**
 * Checksum of every source file and package version that can change a number of this experiment: rows made by other
 * code are not mixed.
 *
 * @param experiment its code is `experiments/NAME.ts` and what is below `experiments/NAME/`
 * @param root the project
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await codeChecksum("cpo"), await codeChecksum("cpo"));
 * ```
 */
export async function codeChecksum(experiment: string, root: URL = ROOT): Promise<string> {
  const files: string[] = [];
  for (const folder of NUMERIC) files.push(...await sources(`lib/${folder}/`, root));
  const scripts = await sources("experiments/", root);
  files.push(...scripts.filter((file) => /^experiments\/([^./]+)/.exec(file)![1] === experiment));
  const parts = await Promise.all(
    files.sort().map(async (file) => `${file}\n${await Deno.readTextFile(new URL(file, root))}`),
  );
  const packages = Object.entries(versions()).filter(([name]) => !["deno", "v8", ...DRAWING].includes(name));
  return await sha256Hex([JSON.stringify(packages), ...parts].join("\n"));
}

/** Source files below a folder, relative to the project; tests and what only they need are none. */
async function sources(folder: string, root: URL): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory && name !== "testdata") files.push(...await sources(`${folder}${name}/`, root));
    else if (isFile && isSource(name)) files.push(folder + name);
  }
  return files;
}

function isSource(name: string): boolean {
  return name.endsWith(".ts") && !/(^testing|_(test|bench|test_helpers))\.ts$/.test(name);
}
