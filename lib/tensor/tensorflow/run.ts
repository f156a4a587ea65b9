/**
 * Starting other programs.
 *
 * @module
 */
import { startProcess } from "../../spawn.ts";
import { UserError } from "../../user_error.ts";

/** How a program ended, and the line it printed that says most. */
export interface Ended {
  /** Whether it succeeded. */
  readonly ok: boolean;
  /** The one that names an error, else the last; empty where nothing was printed. */
  readonly line: string;
  /** What it wrote to its standard output. */
  readonly output: string;
}

/** Starts a program in a folder, waits for it, and keeps what it prints. */
export type Run = (program: string, args: readonly string[], folder?: string) => Promise<Ended>;

/** What to do about a program that is not there. */
const missing: Record<string, string> = {
  python3: "it fetches the wheel: install Python 3 with pip (on Debian, apt-get install python3-pip)",
  "c++": "it compiles the binding: install a C++ compiler (on Debian, apt-get install g++)",
};

/**
 * Starts a real program.
 *
 * @throws UserError when it is not there
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { ok, output } = await run(Deno.execPath(), ["eval", "console.log(6 * 7)"]);
 * assert.deepEqual([ok, output], [true, "42\n"]);
 * ```
 */
export async function run(program: string, args: readonly string[], folder?: string): Promise<Ended> {
  try {
    const child = startProcess(program, {
      ...{ args: [...args], cwd: folder, env: { NO_COLOR: "1" } },
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    });
    const { success, stdout, stderr } = await child.output();
    const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { ok: success, output, line: telling(errors) || telling(output) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(`${program}: not found; ${missing[program] ?? "install it"}`);
  }
}

/** The line that names what went wrong, else the last one. */
function telling(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.find((line) => /\b\w*Error: /.test(line)) ?? lines.find((line) => /\berror\b/i.test(line)) ??
    lines.at(-1) ?? "";
}
