/**
 * Opening a page in the browser of the desktop, for `--open`.
 *
 * @module
 */
import { startProcess } from "../spawn.ts";

/**
 * What opens an address, by system. Paths and not names: a permission for a name is one for whatever `PATH` has by it, and
 * Deno tells of each name that it cannot find at every start, asked for or not.
 */
const OPENERS: Partial<Record<typeof Deno.build.os, string>> = { linux: "/usr/bin/xdg-open", darwin: "/usr/bin/open" };

/** Milliseconds within which an opener that finds no browser has said so; one that found it may live as long as it. */
const PATIENCE = 3000;

/**
 * Opens an address in the browser of the desktop, and leaves it to it.
 *
 * @param address `http:` or `file:`
 * @param opener the program that opens it (default that of the system)
 * @returns why it is not open, in a line: there is no opener, this process may not run it, or it finds no browser;
 * undefined where nothing is wrong
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match((await openInBrowser("file:///a.html", "/no/opener"))!, /^--open: .*; open file:\/\/\/a\.html yourself$/);
 * ```
 */
export async function openInBrowser(address: string, opener = OPENERS[Deno.build.os]): Promise<string | undefined> {
  const why = opener === undefined ? `how is not known on ${Deno.build.os}` : await failureOf(opener, address);
  return why && `--open: ${why}; open ${address} yourself`;
}

async function failureOf(opener: string, address: string): Promise<string | undefined> {
  let child: Deno.ChildProcess;
  try {
    child = startProcess(opener, { args: [address], stdin: "null", stdout: "null", stderr: "null" });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return `${opener} may not be run here`;
    if (error instanceof Deno.errors.NotFound) return `there is no ${opener} here`;
    throw error;
  }
  child.unref();
  const patience = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => patience.resolve(undefined), PATIENCE);
  const ended = await Promise.race([child.status, patience.promise]);
  clearTimeout(timer);
  return ended?.success === false ? `${opener} found no browser` : undefined;
}
