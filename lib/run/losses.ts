/**
 * Writes the page of losses.
 *
 * @module
 */
import { sampleCurve } from "../losses/curves.ts";
import { losses } from "../losses/mod.ts";
import { lossesMarkdown, type LossSheet, renderLossesPage } from "../report/losses_page.ts";
import type { SitePage } from "../report/site_nav.ts";
import { writeWhole } from "../files.ts";
import { startBackend } from "../tensor/backend.ts";
import { pagesOf } from "./site.ts";

/** Margins of the plots: 0 is one of them. */
const margins = Array.from({ length: 81 }, (_, i) => (i - 40) / 10);

/**
 * Writes `losses.html` and `losses.md` into a folder, which is made when missing; the engine is `cpu` afterwards.
 *
 * @param folder needs read and write permission
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await writeLosses(folder);
 * assert.match(await Deno.readTextFile(`${folder}/losses.md`), /DPO/);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeLosses(folder: string): Promise<void> {
  await startBackend("cpu");
  const sheets: LossSheet[] = losses.map((entry) => ({ entry, curve: sampleCurve(entry, margins) }));
  await Deno.mkdir(folder, { recursive: true });
  await writeWhole(`${folder}/losses.md`, lossesMarkdown(sheets));
  const present = new Set<SitePage>([...await pagesOf(folder), "losses.html"]);
  await writeWhole(`${folder}/losses.html`, await renderLossesPage(sheets, [...present]));
}
