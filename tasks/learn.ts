/**
 * `deno task learn`: policies learned from your own preferences or log, compared on what was held out.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import { LEARN_HELP, learnOptions } from "../lib/run/learn/options.ts";
import { say, tell } from "../lib/run/tell.ts";
import { shellWord } from "../lib/shell.ts";

await exitWith(async () => {
  const options = learnOptions(Deno.args);
  if (options === undefined) return say(LEARN_HELP);
  const { learn } = await import("../lib/run/learn/learn.ts");
  const command = ["deno", "task", "learn", ...Deno.args].map(shellWord).join(" ");
  const { answer, files } = await learn(options, command, (line) => tell(`${line}\n`));
  const { drawSiteAround } = await import("../lib/run/site.ts");
  await drawSiteAround(options.out);
  for (const line of [...(answer === undefined ? [] : [answer]), ...files]) say(line);
});
