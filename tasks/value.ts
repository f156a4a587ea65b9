/**
 * `deno task value`: what a policy is worth, from a log of another one.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import { say, tell } from "../lib/run/tell.ts";
import { VALUE_HELP, valueOptions } from "../lib/run/value/options.ts";
import { shellWord } from "../lib/shell.ts";

await exitWith(async () => {
  const options = valueOptions(Deno.args);
  if (options === undefined) return say(VALUE_HELP);
  const { value } = await import("../lib/run/value/value.ts");
  const command = ["deno", "task", "value", ...Deno.args].map(shellWord).join(" ");
  const { page, record } = await value(options, command);
  for (const line of [...record.warnings, ...record.notes]) tell(`${line}\n`);
  const { drawSiteAround } = await import("../lib/run/site.ts");
  await drawSiteAround(options.out);
  const { valueReport } = await import("../lib/run/value/report.ts");
  say(valueReport("value", record).answer!);
  say(page);
});
