/**
 * The page of runs: what each has done, while it goes.
 *
 * @module
 */
import { escapeText } from "./escape.ts";
import { formatDuration, formatNumber } from "./numbers.ts";
import { htmlDocument } from "./page.ts";

/** The last run of a folder, as far as it got. */
export interface RunState {
  /** The folder below `reports`. */
  readonly folder: string;
  /** The command that started it. */
  readonly command: string;
  /** What is counted: units of an experiment, steps of a training. */
  readonly unit: "units" | "steps";
  /** Those that are saved, and all of its plan. */
  readonly done: number;
  readonly planned: number;
  /** Seconds of work so far. */
  readonly seconds: number;
  /** Seconds since something was saved last. */
  readonly idle: number;
  /** Units that could not be computed. */
  readonly failures: number;
  /** Whether it cannot go on, for a reason that its page has. */
  readonly broken?: boolean;
  /** What is wrong with its files, where they cannot be read: nothing else of it is known then. */
  readonly damaged?: string;
  /** Whether there is a page to look at. */
  readonly drawn: boolean;
}

/** Seconds without a saved unit after which a run no longer counts as going. */
const QUIET = 120;

const STYLE = `
.runs{width:100%}.runs td,.runs th{vertical-align:top;padding:.5rem .9rem .5rem 0}
.runs tbody tr+tr>*{border-top:1px solid var(--grid)}
.runs progress{width:10rem;max-width:22vw;accent-color:var(--link)}
.runs .detail{overflow-wrap:anywhere}
`;

/**
 * The page of all runs. It asks for itself again after some seconds, without a script.
 *
 * @param runs the latest saved first
 * @param seconds until then
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const run = { folder: "cpo", command: "deno task cpo", unit: "units" as const, done: 3, planned: 9, seconds: 4, idle: 1, failures: 0, drawn: false };
 * assert.match(await renderRuns([run], 3), /<progress value="3" max="9">/);
 * ```
 */
export async function renderRuns(runs: readonly RunState[], seconds: number): Promise<string> {
  const rows = runs.map((run) => {
    const name = run.drawn
      ? `<a href="/${escapeText(encodeURI(run.folder))}/index.html">${escapeText(run.folder)}</a>`
      : escapeText(run.folder);
    const bar = `<progress value="${run.done}" max="${Math.max(1, run.planned)}"></progress>`;
    if (run.damaged !== undefined) {
      return `<tr><th scope="row">${name}</th><td></td><td></td><td>${escapeText(run.damaged)}</td></tr>`;
    }
    return `<tr><th scope="row">${name}<span class="detail">${escapeText(run.command)}</span></th>` +
      `<td>${bar}<span class="detail">${formatNumber(run.done)} of ${
        formatNumber(run.planned)
      } ${run.unit}</span></td>` +
      `<td>${escapeText(formatDuration(run.seconds))}</td><td>${escapeText(stateOf(run))}</td></tr>`;
  });
  const head = ["Run", "Done", "Work", "State"].map((text) => `<th scope="col">${text}</th>`).join("");
  const body = `<header><h1>Runs</h1><p class="lead">What is in <code>reports</code>, read again every ${seconds} s. ` +
    `<a href="/index.html">All reports</a></p></header>\n` +
    (rows.length > 0
      ? `<table class="runs"><caption class="hidden">Runs</caption><thead><tr>${head}</tr></thead>\n<tbody>\n${
        rows.join("\n")
      }\n</tbody></table>`
      : "<p>No run yet: <code>deno task reproduce</code> begins them all.</p>");
  const page = await htmlDocument("Runs: preflab", body, STYLE);
  return page.replace("<meta charset", `<meta http-equiv="refresh" content="${seconds}">\n<meta charset`);
}

function stateOf({ done, planned, idle, failures, broken }: RunState): string {
  const failed = failures > 0 ? `, ${formatNumber(failures)} failed` : "";
  if (broken) return "stopped; its page says why";
  if (done >= planned) return `finished${failed}`;
  return (idle < QUIET ? "going" : `stopped; the same command goes on`) + failed;
}
