/**
 * Starts a script with permission for the paths that its command line names, and for no others.
 *
 * What a task grants is written before anybody knows which model or file it will be about. This script stands in front of
 * such a task's own: `deno run … lib/run/named_paths.ts WORDS SCRIPT`. The words are what `deno run` takes, with gaps
 * to be filled from what stands behind the task:
 *
 * - `{model}` in a list of paths is the path behind `--model`, and is left out where there is none. With a `.safetensors`
 *   or `.bin` file goes its folder, where its configuration and its tokenizer lie.
 * - `{1}` is the first path that stands without a flag, before all flags, and `{1/name}` the file of that name beside it.
 * - `{backend=native:--allow-ffi}` is the word behind the colon where `--backend native` is given, and nothing otherwise;
 *   with `!=` the other way round. Of two grants of libraries Deno 2.9.6 keeps the narrower one, in whatever order.
 *
 * It may run Deno, so it could grant anything: it imports little, and the script that it starts has what was filled in.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { dirname, join } from "node:path";
import { startProcess } from "../spawn.ts";
import { UserError } from "../user_error.ts";
import { exitWith } from "./exit.ts";

const LIST = /^(--[\w-]+)=(.*\{.*)$/,
  PATH = /^\{([\w-]+)(?:\/([\w.-]+))?\}$/,
  CHOICE = /^\{([\w-]+)(!?=)([\w-]+):(.+)\}$/;

/**
 * Arguments of `deno run` with the gaps filled.
 *
 * @param args words with gaps, the script, and what the user gave behind it
 * @throws UserError for a path that no permission can name: one with a comma
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const words = ["--allow-read=.,{model}", "--allow-write={out}", "{backend=native:--allow-ffi}", "tasks/score.ts"];
 * assert.deepEqual(filled([...words, "--model", "a.gguf", "--backend=native"]), [
 *   "--allow-read=.,a.gguf",
 *   "--allow-ffi",
 *   "tasks/score.ts",
 *   "--model",
 *   "a.gguf",
 *   "--backend=native",
 * ]);
 * assert.deepEqual(filled(["--allow-read={1},{1/args.bin},{2}", "tasks/import_run.ts", "a/state.json"]), [
 *   "--allow-read=a/state.json,a/args.bin",
 *   "tasks/import_run.ts",
 *   "a/state.json",
 * ]);
 * ```
 */
export function filled(args: readonly string[]): string[] {
  const end = args.findIndex((word) => word.endsWith(".ts")), words = args.slice(0, end), given = args.slice(end + 1);
  const values = valuesOf(given);
  const pathsOf = (entry: string): string[] => {
    const [, name, beside] = PATH.exec(entry) ?? [], path = name === undefined ? entry : values(name);
    if (path === undefined || path === "") return [];
    if (path.includes(",")) {
      throw new UserError(
        `${
          Number(name) > 0 ? "" : `--${name} `
        }${path}: no permission can name a path with a comma; rename it, or make a link to it and name that`,
      );
    }
    if (beside !== undefined) return [join(dirname(path), beside)];
    return name !== undefined && /\.(safetensors|bin)$/.test(path) ? [path, dirname(path)] : [path];
  };
  const filledIn = words.flatMap((word) => {
    const [, name, equal, value, chosen] = CHOICE.exec(word) ?? [];
    if (chosen !== undefined) return (values(name) === value) === (equal === "=") ? [chosen] : [];
    const [, flag, list] = LIST.exec(word) ?? [];
    if (list === undefined) return [word];
    const paths = list.split(",").flatMap(pathsOf);
    return paths.length === 0 ? [] : [`${flag}=${paths}`];
  });
  return [...filledIn, ...args.slice(end)];
}

/** The text behind a flag, read as `parseFlags` reads it, or the word of that number in front of all flags. */
function valuesOf(given: readonly string[]): (name: string) => string | undefined {
  const first = given.findIndex((word) => word.startsWith("-")), words = first < 0 ? given : given.slice(0, first);
  return (name) => {
    if (Number(name) > 0) return words[Number(name) - 1];
    const options = { [name]: { type: "string" as const } };
    const value = parseArgs({ args: [...given], options, strict: false }).values[name];
    return typeof value === "string" ? value : undefined;
  };
}

/** Runs Deno to its end, which comes when this process or the task that started it is stopped. */
async function runToEnd(args: readonly string[]): Promise<number> {
  const child = startProcess(Deno.execPath(), { args: ["run", ...args] });
  const stop = () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // it has ended
    }
  };
  // Ctrl-C and a closed terminal reach the script as well, and it may have something to put in order.
  Deno.addSignalListener("SIGINT", () => {});
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGHUP", () => {});
    Deno.addSignalListener("SIGTERM", stop);
  }
  const parent = Deno.ppid;
  setInterval(() => Deno.ppid !== parent && stop(), 500);
  const { code } = await child.status;
  return code;
}

if (import.meta.main) await exitWith(async () => Deno.exit(await runToEnd(filled(Deno.args))));
