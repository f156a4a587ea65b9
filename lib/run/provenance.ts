/**
 * Where results come from: versions and commit.
 *
 * @module
 */
import denoConfig from "../../deno.json" with { type: "json" };

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
