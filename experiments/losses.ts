/**
 * `deno task losses`: every loss of the library on one page, with formula, options, source, and a plot.
 *
 * @module
 */
import { sampleCurve } from "../lib/losses/curves.ts";
import { losses } from "../lib/losses/mod.ts";
import { lossesMarkdown, type LossSheet, renderLossesPage } from "../lib/report/losses_page.ts";
import { writeWhole } from "../lib/report/write.ts";
import { exitWith } from "../lib/run/main.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { UserError } from "../lib/user_error.ts";

const HELP =
  `Writes reports/losses.html and reports/losses.md: every loss with its formula, inputs, options, source, what
departs from it, the reference values that pin it, and its curve.

Usage: deno task losses`;

/** Margins of the plots: 0 is one of them. */
const margins = Array.from({ length: 81 }, (_, i) => (i - 40) / 10);

await exitWith(async () => {
  if (Deno.args[0] === "--help") return console.log(HELP);
  if (Deno.args.length > 0) throw new UserError(`losses takes no arguments, got "${Deno.args.join(" ")}": see --help`);
  await startBackend("cpu");
  const sheets: LossSheet[] = losses.map((entry) => ({ entry, curve: sampleCurve(entry, margins) }));
  await Deno.mkdir("reports", { recursive: true });
  await writeWhole("reports/losses.html", await renderLossesPage(sheets));
  await writeWhole("reports/losses.md", lossesMarkdown(sheets));
  console.log("reports/losses.html, reports/losses.md");
});
