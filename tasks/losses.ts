/**
 * `deno task losses`: every loss of the library on one page, with formula, options, source, and a plot.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import { writeLosses } from "../lib/run/losses.ts";
import { drawSite } from "../lib/run/site.ts";
import { UserError } from "../lib/user_error.ts";
import { say } from "../lib/run/tell.ts";

const HELP =
  `Writes reports/losses.html and reports/losses.md: every loss with its formula, inputs, options, source, what
departs from it, the reference values that pin it, and its curve.

Usage: deno task losses`;

await exitWith(async () => {
  if (Deno.args[0] === "--help") return say(HELP);
  if (Deno.args.length > 0) throw new UserError(`losses takes no arguments, got "${Deno.args.join(" ")}": see --help`);
  await writeLosses("reports");
  await drawSite("reports"); // the other pages link to this one from now on
  say("reports/losses.html, reports/losses.md");
});
