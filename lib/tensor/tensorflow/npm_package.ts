/**
 * The npm package `@tensorflow/tfjs-node-gpu`: installing it beside the project, and a copy that runs in it.
 *
 * It is in no import map and no lock file of the project, since Deno fetches all that stands there for everyone.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import { applyEdits, edits } from "./edits.ts";
import { BINDING, PACKAGE, TFJS } from "./place.ts";
import type { Ended, Run } from "./run.ts";

const INSTALL = ["install", "--frozen"];

/**
 * Installs the package and what it needs into a folder, in the versions and with the checksums of `npm_packages.lock`. No
 * script of theirs runs.
 *
 * @param folder gets `node_modules`
 * @throws UserError when a package cannot be fetched or is not the pinned one
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * const offline = () => Promise.resolve({ ok: false, line: "no network", output: "" });
 * await assert.rejects(installPackages(folder, offline), { message: "npm packages: no network" });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function installPackages(folder: string, run: Run): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [from, to] of [["npm_packages.json", "deno.json"], ["npm_packages.lock", "deno.lock"]]) {
    await Deno.writeTextFile(`${folder}/${to}`, await Deno.readTextFile(new URL(from, import.meta.url)));
  }
  const { ok, line } = await run(Deno.execPath(), INSTALL, folder);
  if (!ok) throw new UserError(`npm packages: ${line}`);
}

/**
 * Runs the package's own installer, which downloads a TensorFlow library and a binding made for it. They are not pinned:
 * they come from the address in the package, in the version that it names (TensorFlow 2.9.1, CUDA 11.2).
 *
 * @param folder with `node_modules`
 * @returns how it ended; it has succeeded only if the binding is there afterwards
 * @example
 * ```ts ignore
 * const { ok, line } = await runOwnInstaller("data/cache/tensorflow/making", run);
 * ```
 */
export async function runOwnInstaller(folder: string, run: Run): Promise<Ended> {
  const inside = await Deno.realPath(`${folder}/${PACKAGE}`);
  // Deno links files from its cache of packages, and the installer writes into one of them.
  await copyTree(inside, `${inside}.own`);
  await Deno.remove(inside, { recursive: true });
  await Deno.rename(`${inside}.own`, inside);
  const ended = await run(Deno.execPath(), [...INSTALL, "--allow-scripts=npm:@tensorflow/tfjs-node-gpu"], folder);
  if (!ended.ok || await exists(`${inside}/${BINDING}`)) return ended;
  return { ...ended, ok: false, line: "it ended without a binding" };
}

/**
 * Makes a folder from which the package runs in the project: its JavaScript with the changes of `edits.ts`, and in place
 * of a second tfjs a module that is the one which runs.
 *
 * @param folder with `node_modules`, as installed
 * @param target new folder
 * @returns the package's folder in it
 * @example
 * ```ts ignore
 * await copyPackage("data/cache/tensorflow/making", "data/cache/tensorflow/new");
 * ```
 */
export async function copyPackage(folder: string, target: string): Promise<string> {
  const inside = `${target}/${PACKAGE}`, modules = `${target}/node_modules`;
  for (const part of ["dist", "binding", "package.json"]) {
    await copyTree(`${await Deno.realPath(`${folder}/${PACKAGE}`)}/${part}`, `${inside}/${part}`);
  }
  await copyTree(await Deno.realPath(`${folder}/node_modules/google-protobuf`), `${modules}/google-protobuf`);
  await applyEdits(inside, edits);
  for (const name of ["@tensorflow/tfjs", "@tensorflow/tfjs-core"]) {
    await Deno.mkdir(`${modules}/${name}`, { recursive: true });
    await Deno.writeTextFile(`${modules}/${name}/index.js`, `module.exports = globalThis[Symbol.for("${TFJS}")];\n`);
  }
  return inside;
}

/** Copies a file or a folder with everything in it. */
async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copyTree(`${from}/${name}`, `${to}/${name}`);
}

/** Whether something is there. */
async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
