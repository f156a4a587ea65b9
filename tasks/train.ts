/**
 * `deno task train`: trains a language model on lines of preferences.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import { say, tell } from "../lib/run/tell.ts";
import { TRAIN_HELP, trainOptions } from "../lib/run/train_options.ts";
import { shellWord } from "../lib/shell.ts";

await exitWith(async () => {
  const options = trainOptions(Deno.args);
  if (options === undefined) return say(TRAIN_HELP);
  const { train } = await import("../lib/run/train.ts");
  const command = ["deno", "task", "train", ...Deno.args].map(shellWord).join(" ");
  const written = await train(options, command, (line) => tell(`${line}\n`));
  const { drawSiteAround } = await import("../lib/run/site.ts");
  await drawSiteAround(options.out);
  for (const path of written) say(path);
});
