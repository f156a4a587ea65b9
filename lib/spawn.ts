/**
 * Starts a process from one that may start few.
 *
 * @module
 */

/**
 * Starts a process, without what the environment tells the linker where this process may not pass it on.
 *
 * Where it may not run everything, Deno 2.9.6 refuses to start anything while a variable such as LD_LIBRARY_PATH is set,
 * which modules of clusters do. The process is then started with those that Deno names empty; all others it inherits.
 *
 * @throws Deno.errors.NotFound, Deno.errors.NotCapable as `Deno.Command` does
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { success } = await startProcess(Deno.execPath(), { args: ["--version"], stdout: "null" }).status;
 * assert.ok(success);
 * ```
 */
export function startProcess(command: string, options: Deno.CommandOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(command, options).spawn();
  } catch (error) {
    const named = error instanceof Deno.errors.NotCapable && error.message.match(/\b(?:LD|DYLD)_\w+/g);
    if (!named) throw error;
    const env = { ...options.env, ...Object.fromEntries(named.map((name) => [name, ""])) };
    return new Deno.Command(command, { ...options, env }).spawn();
  }
}
