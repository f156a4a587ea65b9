/**
 * Where results come from: versions, commit, and a checksum of the code that makes numbers.
 *
 * @module
 */
import denoConfig from "../../deno.json" with { type: "json" };
import { sha256Hex } from "./sha256.ts";

/** Folders of `lib/` that decide a number; the others only draw or drive. */
const NUMERIC = ["tensor", "losses", "estimators", "policies", "worlds", "datasets", "training"];
const ROOT = new URL("../../", import.meta.url);

/** Versions of Deno and of the packages the project pins. */
export function versions(): Record<string, string> {
  const packages = Object.entries(denoConfig.imports)
    .filter(([name]) => !name.endsWith("/"))
    .map(([name, specifier]): [string, string] => [name, specifier.slice(specifier.lastIndexOf("@") + 1)]);
  return { deno: Deno.version.deno, v8: Deno.version.v8, ...Object.fromEntries(packages) };
}

/** Commit and dirty flag, or "unknown" outside a checkout or without git. */
export async function gitState(): Promise<{ commit: string; dirty: boolean | "unknown" }> {
  const commit = await git("rev-parse", "HEAD");
  const status = await git("status", "--porcelain");
  return { commit: commit?.trim() ?? "unknown", dirty: status === undefined ? "unknown" : status !== "" };
}

async function git(...args: string[]): Promise<string | undefined> {
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
 * Checksum of every source file that can change a number of this experiment: rows made by other code are not mixed.
 *
 * @param experiment name of the script under `experiments/`
 */
export async function codeChecksum(experiment: string): Promise<string> {
  const files: string[] = [];
  for (const folder of NUMERIC) {
    for await (const entry of Deno.readDir(new URL(`lib/${folder}/`, ROOT))) {
      if (entry.isFile && isSource(entry.name)) files.push(`lib/${folder}/${entry.name}`);
    }
  }
  for await (const entry of Deno.readDir(new URL("experiments/", ROOT))) {
    if (entry.isFile && isSource(entry.name) && entry.name.startsWith(experiment)) {
      files.push(`experiments/${entry.name}`);
    }
  }
  const parts = await Promise.all(
    files.sort().map(async (file) => `${file}\n${await Deno.readTextFile(new URL(file, ROOT))}`),
  );
  return await sha256Hex(parts.join("\n"));
}

function isSource(name: string): boolean {
  return name.endsWith(".ts") && !/_(test|bench|test_helpers)\.ts$/.test(name);
}
