/**
 * Where results come from: versions and commit.
 *
 * @module
 */
import denoConfig from "../../deno.json" with { type: "json" };
import { startProcess } from "../spawn.ts";

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
 * @param root the checkout
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match((await gitState()).commit, /^([0-9a-f]{40,}|unknown)$/);
 * ```
 */
export async function gitState(root: URL = ROOT): Promise<{ commit: string; dirty: boolean | "unknown" }> {
  const commit = await git(["rev-parse", "HEAD"], root);
  const status = await git(["status", "--porcelain", "--ignore-submodules=all"], root);
  return { commit: commit?.trim() ?? "unknown", dirty: status === undefined ? "unknown" : status !== "" };
}

/**
 * Settings under which git's own commands start no program and no connection, whatever the files of settings say: no
 * monitor of files, no hook, no pager, no fetch of objects that a partial clone lacks. Reading settings starts none.
 */
const STARTS_NOTHING: Readonly<Record<string, string>> = {
  "core.fsmonitor": "false",
  "core.hooksPath": "/dev/null",
  "core.pager": "cat",
  "protocol.allow": "never",
};

/**
 * What a command of git's own says, or undefined without git or the permission to run it, or where it fails.
 *
 * Nothing but git runs: files of settings can name programs, and they are left out. A file whose contents a filter of the
 * user's changes on their way in, as Git LFS does, is therefore one that differs.
 *
 * @param args a command that git has built in, which no alias replaces, with its arguments
 * @param root folder to run in
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await git(["no-such-command"]), undefined);
 * ```
 */
export async function git(args: readonly string[], root: URL = ROOT): Promise<string | undefined> {
  const filters = await run(["config", "--null", "--name-only", "--get-regexp", FILTERS], STARTS_NOTHING, root);
  const off = (filters ?? "").split("\0").filter((name) => name !== "").map((name) => [name, ""]);
  return await run(args, { ...STARTS_NOTHING, ...Object.fromEntries(off) }, root);
}

/** Programs that change contents on their way in. */
const FILTERS = "^filter\\..*\\.(clean|smudge|process)$";

/** What git says under these settings, which stand above those of every file. */
async function run(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  root: URL,
): Promise<string | undefined> {
  const env: Record<string, string> = { GIT_OPTIONAL_LOCKS: "0", GIT_NO_LAZY_FETCH: "1" };
  const pairs = Object.entries(settings);
  env.GIT_CONFIG_COUNT = String(pairs.length);
  for (const [i, [name, value]] of pairs.entries()) { // not -c: the name of a filter may hold "="
    env[`GIT_CONFIG_KEY_${i}`] = name;
    env[`GIT_CONFIG_VALUE_${i}`] = value;
  }
  try {
    const git = startProcess("git", { args: [...args], cwd: root, env, stdout: "piped", stderr: "null" });
    const { success, stdout } = await git.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
