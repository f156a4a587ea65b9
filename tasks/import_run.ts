/**
 * `deno task import-run`: the log of a training by transformers or TRL as a training of ours.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import { IMPORT_HELP, importOptions } from "../lib/run/import_options.ts";
import { say, tell } from "../lib/run/tell.ts";
import { shellWord } from "../lib/shell.ts";

await exitWith(async () => {
  const options = importOptions(Deno.args);
  if (options === undefined) return say(IMPORT_HELP);
  const { importRun } = await import("../lib/run/import_run.ts");
  const command = ["deno", "task", "import-run", ...Deno.args].map(shellWord).join(" ");
  const { page, told } = await importRun(options, command);
  for (const line of told) tell(`${line}\n`);
  const { drawSiteAround } = await import("../lib/run/site.ts");
  await drawSiteAround(options.out);
  say(page);
});
