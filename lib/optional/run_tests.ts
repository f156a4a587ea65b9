/**
 * Runs `deno` with its arguments, `test` first, and lists at the end what was left out, why, and how to have it.
 *
 * Tests are started from here because a task hands its own arguments to the last command of its line: the list can come
 * after the tests only where it belongs to the same command.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { filesFor, onOtherEngines, WITHOUT_OTHER_ENGINES } from "./other_engines.ts";
import { skippedList } from "./skipped_list.ts";

/** Files of tests of the suite and of their helpers, with their text. */
function* testSources(folder: string): Generator<[path: string, text: string]> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* testSources(path);
    else if (/_test(_helpers)?\.ts$/.test(name) && !name.endsWith("_slow_test.ts")) {
      yield [path, Deno.readTextFileSync(path)];
    }
  }
}

const [command, ...rest] = Deno.args;
const report = await Deno.makeTempFile({ prefix: "preflab-", suffix: ".xml" });
try {
  const { values: { filter }, positionals } = parseArgs({
    args: rest,
    options: { filter: { type: "string" } },
    strict: false,
    allowPositionals: true,
  });
  // Of the slow suite few tests are on other engines: it runs them.
  const whole = typeof filter === "string" ||
    rest.some((path) => path.endsWith("_slow_test.ts") && !path.startsWith("-"));
  const namesFiles = positionals.some((path) => path.endsWith(".ts"));
  // The slow suite names its files, and may not read others.
  const folders = whole && namesFiles ? [] : ["lib", "experiments", "tasks", "dev"];
  const sources = new Map(folders.flatMap((folder) => [...testSources(folder)]));
  const chosen = whole ? [] : [`--filter=${WITHOUT_OTHER_ENGINES}`];
  const files = typeof filter === "string" && !namesFiles ? filesFor(filter, sources) ?? [] : [];
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [command, `--junit-path=${report}`, ...chosen, ...rest, ...files],
  }).spawn().status;
  // Nothing is in it where no test was started.
  const junit = await Deno.readTextFile(report);
  const lines = skippedList(junit, whole ? filter as string | undefined : WITHOUT_OTHER_ENGINES);
  if (!whole) lines.push(...onOtherEngines(junit, sources));
  if (lines.length > 0) console.log(lines.map((line) => `${line}\n`).join("").trimEnd());
  Deno.exitCode = code;
} finally {
  await Deno.remove(report);
}
