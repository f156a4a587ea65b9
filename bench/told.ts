/**
 * What a process of a bench tells.
 *
 * @module
 */

/**
 * Runs a process that prints a line of JSON at its end.
 *
 * @returns what the line says, or why there is none
 * @example
 * ```ts ignore
 * const answer = await told<{ ms: number[] }>("python3", ["work.py"]);
 * ```
 */
export async function told<T>(command: string, args: readonly string[]): Promise<T | string> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(command, { args: [...args], stderr: "piped" }).output();
  } catch (error) {
    return `${command} does not start (${(error as Error).message.split("\n")[0]})`;
  }
  const { code, stdout, stderr } = output;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (code !== 0) {
    const lines = text(stderr).split("\n");
    return lines.find((line) => /error/i.test(line)) ?? lines.at(-1)!;
  }
  return JSON.parse(text(stdout).split("\n").at(-1)!);
}
