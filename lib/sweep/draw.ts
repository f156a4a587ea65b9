/**
 * Draws a sweep from its store: the report, the rows as one file, and a cell by itself.
 *
 * @module
 */
import { basename } from "node:path";
import { refused, writeWhole } from "../files.ts";
import { toCsv } from "../report/csv.ts";
import { startDrawing } from "../report/drawing_thread.ts";
import { methodIds } from "../report/methods.ts";
import type { Report } from "../report/types.ts";
import { writeReport } from "../report/write.ts";
import { conditionColumns, csvHeader, rowsToCsv } from "../run/rows.ts";
import { buildReport } from "../run/draw.ts";
import { saveReport } from "../run/saved_report.ts";
import { drawSiteAround } from "../run/site.ts";
import { UserError } from "../user_error.ts";
import { type Cell, cellOf } from "./cells.ts";
import { planOfCell } from "./compute.ts";
import type { Description, Planned } from "./description.ts";
import { settingOf } from "./grid.ts";
import { claimsInCell, mapsOf } from "./maps.ts";
import { measuresInCell } from "./metrics.ts";
import { claimRows, sweepReport } from "./report.ts";
import { looksOf } from "./sequential.ts";
import type { SweepStore } from "./store.ts";

/** What a sweep is drawn from. */
export interface Drawing {
  readonly planned: Planned;
  readonly description: Description;
  readonly store: SweepStore;
  readonly folder: string;
  /** Ids of the claims that are mapped. */
  readonly claims: readonly string[];
  /** The command line, as it is recorded. */
  readonly command: string;
}

/** Values of options over the whole grid: of a list all numbers that some cell has. */
export function gridOptions({ experiment }: Planned, { knobs }: Description): Record<string, unknown> {
  return Object.fromEntries(
    knobs.filter(({ option }) => experiment.options[option].bounds?.list !== undefined).map(({ option, values }) => [
      option,
      [...new Set(values.flatMap((value) => value.split(":").map(Number)))].sort((a, b) => a - b),
    ]),
  );
}

/** How many looks the intervals of a sweep allow for. */
function looksIn({ seeds, until }: Description): number {
  return until ? looksOf(seeds, until.most).length : 1;
}

/**
 * Writes `results.csv`, `claims-by-cell.csv` and the report; cells are read one after the other.
 *
 * @throws UserError when the disk refuses it or rows are not as they were written
 */
export async function drawSweep({ planned, description, store, folder, claims, command }: Drawing): Promise<Report> {
  const looks = looksIn(description), grid = gridOptions(planned, description);
  const arms = new Set(
    planned.plan.questions.flatMap(({ question }) =>
      question.claims.filter(({ id }) => claims.includes(id)).flatMap(({ arms }) => arms)
    ),
  );
  const states = store.cells(), found = [], measures = [];
  const rows = await rowsFile(`${folder}/results.csv`, planned, description);
  try {
    for (const state of states) {
      const cell = cellOf(planned, description, store, state);
      await rows.write(cell);
      found.push(claimsInCell(planned, claims, cell, grid, looks));
      measures.push(...measuresInCell(planned, description, cell, arms, looks));
    }
    await rows.end();
  } catch (error) {
    await rows.giveUp();
    throw error;
  }
  const maps = mapsOf(planned, claims, found), seconds = store.seconds();
  const name = basename(folder), cells = states;
  const report = sweepReport({ planned, description, cells, maps, measures, seconds, name, command });
  using drawer = startDrawing();
  await writeWhole(`${folder}/claims-by-cell.csv`, toCsv(claimRows(maps)));
  await writeReport(report, folder, drawer);
  await saveReport(folder, report, methodIds());
  await drawSiteAround(folder, drawer);
  return report;
}

/** The file of all rows, written cell by cell beside its place and then put there. */
async function rowsFile(path: string, planned: Planned, { knobs, experiment }: Description) {
  const flags = knobs.map(({ flag }) => flag), beside = `${path}.${crypto.randomUUID()}.new`;
  const file = await Deno.open(beside, { write: true, createNew: true }).catch((error) => {
    throw refused(path, error);
  });
  // Columns of all cells: a knob may decide which conditions there are, never what they are called.
  const { questions, options } = planned.plan;
  const columns = conditionColumns(questions.map(({ question }) => question), options);
  const put = async (text: string) => {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    } catch (error) {
      throw refused(path, error);
    }
  };
  const head = flags.map((flag) => `grid_${flag},`).join("");
  await put(head + csvHeader(columns));
  return {
    async write({ state, blocks }: Cell) {
      const setting = settingOf(state.name), start = flags.map((flag) => `${setting[flag]},`).join("");
      for (const block of blocks) {
        const lines = rowsToCsv(experiment, columns, [block]);
        await put(lines.replaceAll(/^(?=.)/gm, start));
      }
    },
    async end() {
      file.close();
      await Deno.rename(beside, path).catch((error) => {
        throw refused(path, error);
      });
    },
    async giveUp() {
      try {
        file.close();
      } catch {
        // it was closed before it was put in place
      }
      await Deno.remove(beside).catch(() => {});
    },
  };
}

/**
 * Draws one cell as the report of its experiment, into a folder of its own below the sweep's.
 *
 * @returns the folder
 * @throws UserError for a cell that is not there
 */
export async function drawCell({ planned, description, store, folder }: Drawing, name: string): Promise<string> {
  const states = store.cells(), state = states.find((state) => sameSetting(state.name, name));
  if (state === undefined) {
    const some = states.slice(0, 3).map((state) => `"${state.name}"`).join(", ");
    throw new UserError(`--cell ${name}: no cell of the grid; it takes all knobs with their values, such as ${some}`);
  }
  planOfCell(planned, { cell: state.name, seeds: state.seeds });
  const cell = cellOf(planned, description, store, state);
  const report = buildReport(planned.experiment, cell.config, cell.blocks);
  const place = `${folder}/cells/${state.name.replaceAll(" ", "_").replaceAll(/[^\w.=-]/g, "-")}`;
  using drawer = startDrawing();
  await Deno.mkdir(place, { recursive: true }).catch((error) => {
    throw refused(place, error);
  });
  await writeReport({ ...report, title: `${report.title}: ${state.name}` }, place, drawer);
  return place;
}

/** Whether two texts name the same knobs with the same values, in whatever order. */
function sameSetting(cell: string, other: string): boolean {
  const sorted = (text: string) => text.trim().split(/[\s]+/).sort().join(" ");
  return sorted(cell) === sorted(other);
}
