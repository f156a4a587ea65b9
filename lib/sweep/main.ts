/**
 * The command of a sweep: from its flags to a folder with rows and a report.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { writeWhole } from "../files.ts";
import type { Experiment } from "../run/experiment.ts";
import { takeFolder } from "../run/folder.ts";
import { mirrorFromEnvironment, StoppedError, whenStopped } from "../run/main.ts";
import { differences } from "../run/basis.ts";
import { createProgress, duration } from "../run/progress.ts";
import { say, tell } from "../run/tell.ts";
import { type Engine, startEngine } from "../run/workers.ts";
import { shellWord } from "../shell.ts";
import { UserError } from "../user_error.ts";
import { cellOf } from "./cells.ts";
import { type SweepCommand, sweepCommand } from "./command_line.ts";
import { blocksInCommon, blocksOf, planOfCell } from "./compute.ts";
import {
  describeSweep,
  type Description,
  planCells,
  type Planned,
  readDescription,
  writeDescription,
} from "./description.ts";
import { drawCell, type Drawing, drawSweep, gridOptions } from "./draw.ts";
import { checkEffect } from "./effect.ts";
import type { SweepEngine } from "./engine.ts";
import { engineFlags, engineNamed } from "./engines.ts";
import { cellsOf, flagsOf, gridOf } from "./grid.ts";
import { claimsInCell, mappedClaims } from "./maps.ts";
import { halfWidth, looksOf } from "./sequential.ts";
import { type BlockCounts, openSweepStore, SWEEP_STORE, type SweepStore } from "./store.ts";

/** Seeds that a cell may have: as many as `--seeds` takes. */
const MOST_SEEDS = 1000;

/** What became of a sweep. */
interface Outcome {
  /** Folder of its rows and report. */
  readonly folder: string;
}

/**
 * Runs a sweep: computes what is missing, draws the report.
 *
 * @param module URL of the experiment's script
 * @param args what stands behind the task's name
 * @throws UserError for anything the user can mend; where some cells could not be computed, after the rest was drawn
 */
export async function runSweep(experiment: Experiment, module: string, args: readonly string[]): Promise<Outcome> {
  const command = await sweepCommand(experiment, args, engineFlags);
  const { own, switches } = command;
  if (own.cell !== undefined || switches.has("draw")) {
    return await drawSaved(experiment, module, command);
  }
  if (own.grid === undefined) throw new UserError('a sweep takes --grid, such as --grid "n=500,2000"; see --help');
  const mirror = mirrorFromEnvironment();
  const knobs = gridOf(own.grid, experiment.options);
  const both = knobs.find(({ flag }) => command.args.includes(`--${flag}`));
  if (both) throw new UserError(`--${both.flag}: is a knob of the grid; leave one of them out`);
  const planned = await planCells(experiment, module, command.args, mirror);
  for (const notice of planned.plan.notices) tell(`skipped: ${notice}\n`);
  const cells = cellsOf(knobs), { seeds } = planned.plan.options, out = folderOf(own.out, experiment);
  const claims = mappedClaims(planned, own.claims), until = untilOf(own, seeds);
  for (const cell of cells) planOfCell(planned, { cell, seeds });
  const engine = engineNamed(own, switches, mirror);
  if (switches.has("dry-run")) {
    const of = blockCounts(planned).of, blocks = cells.reduce((sum, cell) => sum + of(cell, seeds), 0);
    const told = { command: wordsOf(args), knobs, seeds };
    const description = await describeSweep(planned, told, await tensorEngine(planned));
    say(engine.preview!(out, description, blocks).trimEnd());
    return { folder: out };
  }
  const folder = await takeFolder(out, SWEEP_STORE);
  try {
    if (switches.has("fresh")) await removeRows(out);
    const tensors = await tensorEngine(planned);
    await checkEffect(planned, knobs);
    const description = await describeSweep(
      planned,
      { command: wordsOf(args), knobs, seeds, ...until && { until } },
      tensors,
    );
    await checkEarlier(out, description);
    const store = openSweepStore(out);
    try {
      const counts = blockCounts(planned), attached = await engine.attached(out);
      store.begin(description.identity, cells.map((name) => ({ name, seeds })), counts, attached);
      await writeDescription(out, description);
      await keepFile(out, command);
      const drawing = { planned, description, store, folder: out, claims, command: wordsOf(args) };
      await compute(engine, description, store, out);
      while (addSeeds(drawing, counts)) await compute(engine, description, store, out);
      const report = await drawSweep(drawing), failed = store.cells().filter(({ failure }) => failure !== undefined);
      if (report.answer !== undefined) say(report.answer);
      say(`${store.counts().done} blocks of ${cells.length} cells; ${duration(store.seconds())} of work`);
      say(`report: ${addressOf(out)}`);
      if (failed.length > 0) {
        for (const { name, failure } of failed) {
          tell(`${name}: ${failure}\n  ${cellCommand(description, name, seeds)}\n`);
        }
        throw new UserError(
          `${failed.length} of ${cells.length} cells could not be computed, see above; everything else is saved in ${out}`,
        );
      }
    } finally {
      store.close();
    }
    return { folder: out };
  } finally {
    folder.release();
  }
}

/** The command line as it is recorded. */
function wordsOf(args: readonly string[]): string {
  return ["deno task sweep", ...args.map(shellWord)].join(" ");
}

/** Draws a sweep again, or one of its cells, from the rows of its folder alone. */
async function drawSaved(
  experiment: Experiment,
  module: string,
  { own, switches, args }: SweepCommand,
): Promise<Outcome> {
  const out = folderOf(own.out, experiment), description = await readDescription(out);
  const idle = [
    ...args.filter((_, i) => i % 2 === 0),
    ...["grid", "until", "most", "jobs", ...engineFlags.map(([name]) => name)]
      .filter((name) => own[name] !== undefined || switches.has(name)).map((name) => `--${name}`),
  ];
  if (idle.length > 0 || switches.has("fresh")) {
    throw new UserError(`${idle[0] ?? "--fresh"} has no effect on a sweep that is drawn from its rows: leave it out`);
  }
  if (description.experiment !== experiment.name) {
    throw new UserError(`--out ${out}: holds a sweep of ${description.experiment}, not of ${experiment.name}`);
  }
  const planned = await planCells(experiment, module, description.args, mirrorFromEnvironment());
  const claims = mappedClaims(planned, own.claims), folder = await takeFolder(out, SWEEP_STORE);
  const store = openSweepStore(out, { readOnly: true });
  try {
    const command = description.command, drawing = { planned, description, store, folder: out, claims, command };
    if (own.cell !== undefined) say(`${await drawCell(drawing, own.cell)}/index.html`);
    else {
      await drawSweep(drawing);
      say(`report: ${addressOf(out)}`);
    }
  } finally {
    store.close();
    folder.release();
  }
  return { folder: out };
}

/** The page of a folder as an address that terminals make a link of. */
function addressOf(folder: string): string {
  return pathToFileURL(resolve(`${folder}/index.html`)).href;
}

/** Runs the engine until nothing is left, with progress on the terminal. */
async function compute(
  engine: SweepEngine,
  description: Description,
  store: SweepStore,
  folder: string,
): Promise<void> {
  const before = store.counts();
  const progress = createProgress(`sweep ${description.experiment}`, before.blocks, before.done, undefined, "blocks");
  if (before.done === before.blocks) progress.say(`all ${before.blocks} blocks are saved already`);
  else if (before.done > 0) progress.say(`resuming: ${before.done} of ${before.blocks} blocks are saved`);
  const stop = whenStopped();
  let shown = before.done;
  try {
    await engine.work({
      folder,
      description,
      store,
      say: progress.say,
      stopped: stop.asked,
      show: () => {
        const { done, failed, held } = store.counts();
        progress.start(`${failed > 0 ? `${failed} cells failed, ` : ""}${held} in hand`);
        for (; shown < done; shown++) progress.finish();
      },
    });
  } finally {
    stop.forget();
    progress.end();
  }
  if (stop.asked()) {
    const { done, blocks } = store.counts();
    throw new StoppedError(`stopped; ${done} of ${blocks} blocks are saved, the same command continues`);
  }
}

/** Brings cells whose claims are still wide to their next look; false where none is left. */
function addSeeds({ planned, description, store, claims }: Drawing, counts: BlockCounts): boolean {
  const { until, seeds } = description;
  if (until === undefined) return false;
  const looks = looksOf(seeds, until.most), grid = gridOptions(planned, description);
  let added = 0;
  for (const state of store.cells()) {
    const next = looks.find((look) => look > state.seeds);
    if (next === undefined || state.failure !== undefined || state.done < state.blocks) continue;
    const found = claimsInCell(planned, claims, cellOf(planned, description, store, state), grid, looks.length);
    const wide = [...found.values()].some(({ evidence }) =>
      evidence && (evidence.short !== undefined || halfWidth(evidence) > until.width)
    );
    if (!wide) continue;
    store.addSeeds(state.name, next, counts);
    added++;
  }
  if (added > 0) tell(`${added} cells are still wider than ± ${until.width}: more seeds\n`);
  return added > 0;
}

/** When seeds are added; undefined where they are not. */
function untilOf({ until, most }: SweepCommand["own"], seeds: number): Description["until"] {
  if (until === undefined) {
    if (most !== undefined) throw new UserError("--most has no effect without --until");
    return undefined;
  }
  const width = Number(until), limit = Number(most ?? MOST_SEEDS);
  if (!(width > 0 && width < Infinity)) throw new UserError(`--until: expected a number above 0, got "${until}"`);
  if (!Number.isInteger(limit) || limit <= seeds || limit > MOST_SEEDS) {
    throw new UserError(
      `--most: expected an integer above --seeds ${seeds}, to ${MOST_SEEDS}, got "${most ?? MOST_SEEDS}"`,
    );
  }
  return { width, most: limit };
}

/** Counts blocks of cells by their plans. */
function blockCounts(planned: Planned): BlockCounts {
  return {
    of: (cell, seeds) => blocksOf(planOfCell(planned, { cell, seeds })),
    common: (cell, before, now) =>
      blocksInCommon(planOfCell(planned, { cell, seeds: before }), planOfCell(planned, { cell, seeds: now })),
  };
}

/** Rows are never thrown away without being told to, and those of other code or options are no rows of this sweep. */
async function checkEarlier(folder: string, now: Description): Promise<void> {
  const before = await readDescription(folder).catch((error) => {
    if (!(error instanceof UserError)) throw error; // not there, or of another version: the store says what is in the way
  });
  if (before === undefined) return;
  const changed = changes(before, now);
  if (changed.length > 0) {
    throw new UserError(
      `${folder}: holds a sweep with other ${changed.join(", ")}; --fresh starts over, or choose another --out`,
    );
  }
  const first = before.until && now.until && before.seeds !== now.seeds; // the looks are a fixed set
  if (before.seeds > now.seeds || first) {
    throw new UserError(
      `--seeds ${now.seeds}: ${folder} began with ${before.seeds} of each cell; give as many, or choose another --out`,
    );
  }
}

/** What decides rows and is not as it was, in words. */
function changes(before: Description, now: Description): string[] {
  if (before.identity === now.identity) return [];
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const names = ({ knobs }: Description) => knobs.map(({ flag }) => flag);
  if (before.experiment !== now.experiment) return [`experiment (${before.experiment})`];
  const [questions, asked] = [before, now].map(({ config }) => config.questions);
  const ran = (of: Description["config"]["questions"]) => Object.entries(of).map(([id, { arms }]) => [id, arms]);
  const parts = Object.keys(asked).flatMap((id) =>
    questions[id] === undefined ? [] : differences(questions[id].basis, asked[id].basis)
  );
  const found = [
    ...same(names(before), names(now)) ? [] : [`knobs (${names(before).join(", ")})`],
    ...same(ran(questions), ran(asked)) ? [] : ["questions or arms"],
    ...new Set(parts),
  ];
  return found.length > 0 ? found : [`flags (${before.args.join(" ") || "none"})`];
}

/** Removes what a sweep in this folder has computed. */
async function removeRows(folder: string): Promise<void> {
  for (const name of [SWEEP_STORE, `${SWEEP_STORE}-wal`, `${SWEEP_STORE}-shm`, "sweep.json", "shards", "slurm"]) {
    await Deno.remove(`${folder}/${name}`, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** The engine that trains policies; started here, where small cells are tried. */
async function tensorEngine({ plan }: Planned): Promise<Engine> {
  if (!plan.questions.some(({ question }) => question.tensors)) return { name: "none", label: "none", facts: {} };
  return await startEngine(plan.backend);
}

function folderOf(out: string | undefined, { name }: Experiment): string {
  const folder = (out ?? `reports/${name}-sweep`).replace(/(?<=.)\/+$/, "");
  if (folder === "") throw new UserError("--out needs a folder");
  return folder;
}

/** The file that a sweep was given, kept beside its rows. */
async function keepFile(folder: string, { file }: SweepCommand): Promise<void> {
  if (file !== undefined) await writeWhole(`${folder}/sweep.yaml`, file);
}

/** The command that runs one cell as an experiment of its own. */
function cellCommand({ experiment, args }: Description, cell: string, seeds: number): string {
  const own = { ...flagsOf(cell), seeds: String(seeds) };
  const shared = args.filter((_, i) => args[i - (i % 2)] !== "--seeds");
  const flags = Object.entries(own).flatMap(([name, value]) => [`--${name}`, value]);
  const words = [...shared, ...flags, "--out", `reports/${experiment}-cell`];
  return `deno task ${experiment} ${words.map(shellWord).join(" ")}`;
}
