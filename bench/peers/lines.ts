/**
 * A process that answers requests, a line of JSON each.
 *
 * @module
 */

/** The process while it runs. */
interface Lines {
  /** Its next line, or why there is none. */
  next<T>(): Promise<T | string>;
  /** The line that answers a request, or why there is none. */
  ask<T>(request: unknown): Promise<T | string>;
  /** Ends it. */
  stop(): Promise<void>;
}

/**
 * Starts a process.
 *
 * @returns the process; one that does not start says why when it is asked
 * @example
 * ```ts ignore
 * const peer = openLines("python3", ["peer.py"]);
 * console.log(await peer.ask({ work: "law" }));
 * ```
 */
export function openLines(command: string, args: readonly string[]): Lines {
  let process: Deno.ChildProcess;
  try {
    process = new Deno.Command(command, { args: [...args], stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  } catch (error) {
    const why = Promise.resolve(`${command} does not start (${(error as Error).message.split("\n")[0]})`);
    return { next: () => why, ask: () => why, stop: () => Promise.resolve() };
  }
  const failed = new Response(process.stderr).text();
  const lines = process.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  const input = process.stdin.getWriter(), encoder = new TextEncoder();
  let pending = "";
  const next = async <T>(): Promise<T | string> => {
    while (!pending.includes("\n")) {
      const { value, done } = await lines.next();
      if (done) return `${command}: ${(await failed).trim().split("\n").at(-1)}`;
      pending += value;
    }
    const end = pending.indexOf("\n"), line = pending.slice(0, end);
    pending = pending.slice(end + 1);
    return JSON.parse(line);
  };
  return {
    next,
    async ask(request) {
      try {
        await input.write(encoder.encode(`${JSON.stringify(request)}\n`));
      } catch { /* it has ended: what it said last follows */ }
      return await next();
    },
    async stop() {
      await input.close().catch(() => {});
      await process.status;
    },
  };
}
