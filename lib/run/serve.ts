/**
 * Reports over HTTP, to this machine alone: files below one folder, and a page of the runs in it while they go.
 *
 * @module
 */
import { extname, join, sep } from "node:path";
import { renderRuns, type RunState } from "../report/runs_page.ts";
import { UserError } from "../user_error.ts";
import type { Experiment } from "./experiment.ts";
import { openRunStore } from "./run_store.ts";
import { plannedUnits } from "./saved_rows.ts";
import { trainingState } from "./train_report.ts";
import { readTraining, type SavedTraining, TRAINING, TRAINING_FILES } from "./training_record.ts";

/** Seconds after which the page of runs asks again. */
const REFRESH = 3;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".svg": "image/svg+xml",
  ".csv": "text/csv; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".json": "application/json",
  ".tex": "text/plain; charset=utf-8",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".parquet": "application/vnd.apache.parquet",
};

/** The experiments by name, each loaded when a run of it is met. */
type Experiments = Readonly<Record<string, () => Promise<{ default: Experiment }>>>;

/**
 * Answers requests with what is below a folder; `/` is the page of runs. Only names of this machine are answered, so that a
 * page of another site cannot read reports under a name of its own.
 *
 * @param folder needs read permission
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.csv`, "n\n1\n");
 * const answer = await serveReports(folder, {})(new Request("http://127.0.0.1:8000/a.csv"));
 * assert.equal(await answer.text(), "n\n1\n");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function serveReports(folder: string, experiments: Experiments): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    if (!["127.0.0.1", "localhost"].includes(url.hostname)) {
      return plain(403, "only names of this machine are answered");
    }
    if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "only GET and HEAD");
    if (url.pathname === "/") return html(await renderRuns(await runsIn(folder, experiments), REFRESH));
    const path = await fileBelow(folder, url.pathname);
    if (path === undefined) return plain(404, "not there");
    const type = TYPES[extname(path)];
    // A store and whatever else lies there is not for browsers.
    if (type === undefined) return plain(404, "not there");
    return new Response(await Deno.readFile(path), { headers: { ...HEADERS, "content-type": type } });
  };
}

const HEADERS = { "x-content-type-options": "nosniff", "cache-control": "no-store", "referrer-policy": "no-referrer" };
const plain = (status: number, text: string) =>
  new Response(`${text}\n`, { status, headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8" } });
const html = (text: string) => new Response(text, { headers: { ...HEADERS, "content-type": TYPES[".html"] } });

/** The file that a path names, where it is one and lies below the folder, links followed; undefined elsewhere. */
async function fileBelow(folder: string, pathname: string): Promise<string | undefined> {
  try {
    const root = await Deno.realPath(folder), path = await Deno.realPath(join(root, decodeURIComponent(pathname)));
    return path.startsWith(root + sep) && (await Deno.stat(path)).isFile ? path : undefined;
  } catch {
    return undefined; // absent, not to be read, or no path at all
  }
}

/** The last run of every folder that has one, the latest saved first. */
export async function runsIn(folder: string, experiments: Experiments): Promise<RunState[]> {
  const runs: RunState[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (!isDirectory) continue;
    const path = `${folder}/${name}`;
    const run = await trainingIn(path, name) ??
      await stateOf(path, name, experiments).catch(() => undefined); // no store, or no such run
    if (run) runs.push(run);
  }
  return runs.sort((a, b) => a.idle - b.idle);
}

async function trainingIn(path: string, folder: string): Promise<RunState | undefined> {
  let saved: SavedTraining | undefined;
  try {
    saved = await readTraining(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const nothing = { command: "", done: 0, planned: 0, seconds: 0, failures: 0, drawn: await isDrawn(path) };
    return { folder, unit: "steps", ...nothing, idle: secondsSince(path, TRAINING_FILES), damaged: error.message };
  }
  if (saved === undefined) return undefined;
  const { record: { command, steps: planned, seconds, failure } } = saved, { steps, finished } = trainingState(saved);
  return {
    ...{ folder, command, unit: "steps", done: steps, planned: finished ? steps : planned, seconds, failures: 0 },
    ...{ idle: secondsSince(path, [TRAINING]), broken: failure !== undefined, drawn: await isDrawn(path) },
  };
}

const isDrawn = (path: string) => Deno.stat(`${path}/index.html`).then(() => true, () => false);

async function stateOf(path: string, folder: string, experiments: Experiments): Promise<RunState | undefined> {
  const store = openRunStore(path, { readOnly: true });
  try {
    const config = store.latest();
    if (config === undefined || !Object.hasOwn(experiments, config.experiment)) return undefined;
    const planned = config.units.planned;
    const { default: experiment } = await experiments[config.experiment]();
    const saved = () =>
      plannedUnits(experiment, config)
        .filter((unit) => store.find(unit, config.questions[unit.question.id].basis, config.options)).length;
    return {
      folder,
      command: config.command,
      unit: "units",
      done: config.complete ? planned : saved(),
      planned,
      seconds: config.wallSeconds,
      idle: secondsSince(path, ["results.sqlite", "results.sqlite-wal"]),
      failures: config.failures.length,
      drawn: await isDrawn(path),
    };
  } finally {
    store.close();
  }
}

/** Seconds since one of the files was written last; what a run has just saved is in the log beside its store. */
function secondsSince(path: string, files: readonly string[]): number {
  const times = files.map((file) => {
    try {
      return Deno.statSync(`${path}/${file}`).mtime?.getTime() ?? 0;
    } catch {
      return 0;
    }
  });
  return (Date.now() - Math.max(...times)) / 1000;
}
