/**
 * What a sweep is, in one file of its folder: all that a process needs to compute any of its blocks.
 *
 * @module
 */
import { refused, writeWhole } from "../files.ts";
import { experimentFlags, type Plan, planRun } from "../run/plan.ts";
import type { Experiment, Question } from "../run/experiment.ts";
import type { OptionValues } from "../run/options.ts";
import { describeRun, type RunConfig } from "../run/run_config.ts";
import { sha256Hex } from "../run/sha256.ts";
import type { Engine } from "../run/workers.ts";
import { UserError } from "../user_error.ts";
import type { Knob } from "./grid.ts";

/** Raised when a field of the file changes its meaning. */
const VERSION = 1;
/** The project's folder. */
const ROOT = new URL("../../", import.meta.url);
/** Seeds of a block where the question has none of its own. */
const BLOCK = 20;

/** A sweep without the time at which it runs. */
export interface Description {
  /** Version of the file. */
  readonly version: number;
  /** Name of the experiment. */
  readonly experiment: string;
  /** Its script, from the project's folder. */
  readonly module: string;
  /** Flags of every cell, as the experiment takes them. */
  readonly args: readonly string[];
  /** The command line that began it. */
  readonly command: string;
  /** What differs between cells. */
  readonly knobs: readonly Knob[];
  /** Seeds that every cell begins with. */
  readonly seeds: number;
  /** Half-width that the intervals of its claims are brought to by adding seeds; absent where seeds stay as they are. */
  readonly until?: Until;
  /** Seeds of a block, by question. */
  readonly blocks: Readonly<Record<string, number>>;
  /** Name of the tensor engine, or "none". */
  readonly backend: string;
  /** Checksum of all that decides rows beside cells and seeds. */
  readonly identity: string;
  /** The run of a cell without its knobs: questions, arms, what they rest on, versions, commit. */
  readonly config: RunConfig;
}

/** When seeds are added. */
interface Until {
  /** Half-width of an interval that needs no more, in the unit of its claim. */
  readonly width: number;
  /** Seeds that no cell goes beyond. */
  readonly most: number;
}

/** Path of a folder's description. */
function descriptionPath(folder: string): string {
  return `${folder}/sweep.json`;
}

/** An experiment with the flags that all cells share, planned. */
export interface Planned {
  readonly experiment: Experiment;
  /** URL of its script. */
  readonly module: string;
  readonly args: readonly string[];
  /** Its questions run in blocks of a fixed number of seeds, so that more seeds add blocks and change none. */
  readonly plan: Plan;
}

/**
 * The plan that all cells share.
 *
 * @param mirror value of PREFLAB_MIRROR, if set
 * @throws UserError for flags that cannot be done as asked
 */
export async function planCells(
  experiment: Experiment,
  module: string,
  args: readonly string[],
  mirror: string | undefined,
): Promise<Planned> {
  const plan = await planRun(experiment, experimentFlags(experiment, args), mirror);
  const questions = plan.questions.map(({ question, arms }) => ({ question: inBlocks(question), arms }));
  return { experiment, module, args, plan: { ...plan, questions } };
}

function inBlocks<Q extends Question<OptionValues<Experiment["options"]>>>(question: Q): Q {
  return { ...question, block: question.block ?? BLOCK };
}

/**
 * The description of a sweep that is about to begin.
 *
 * @param engine the tensor engine that computes
 */
export async function describeSweep(
  { experiment, module, args, plan }: Planned,
  sweep: Pick<Description, "command" | "knobs" | "seeds" | "until">,
  engine: Engine,
): Promise<Description> {
  const config = await describeRun(experiment, module, args, plan, engine.label, engine.facts);
  const blocks = Object.fromEntries(plan.questions.map(({ question }) => [question.id, question.block!]));
  const questions = Object.entries(config.questions).map(([id, { arms, basis }]) => [id, arms, basis]);
  const swept = new Set([...sweep.knobs.map(({ option }) => option), "seeds"]);
  const fixed = Object.entries(plan.options).filter(([name]) => !swept.has(name)).sort(([a], [b]) => a < b ? -1 : 1);
  const names = sweep.knobs.map(({ flag }) => flag);
  return {
    version: VERSION,
    experiment: experiment.name,
    module: module.startsWith(ROOT.href) ? module.slice(ROOT.href.length) : module,
    args,
    ...sweep,
    blocks,
    backend: engine.name,
    identity: await sha256Hex(JSON.stringify([experiment.name, fixed, names, questions, blocks])),
    config,
  };
}

/** Writes the file, whole or not at all. @throws UserError when the disk refuses it */
export async function writeDescription(folder: string, description: Description): Promise<void> {
  await writeWhole(descriptionPath(folder), `${JSON.stringify(description, null, 1)}\n`);
}

/**
 * The description of a folder.
 *
 * @throws UserError where there is none, or one of another version
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await assert.rejects(readDescription("reports/no-such-sweep"), /sweep\.json: not there; /);
 * ```
 */
export async function readDescription(folder: string): Promise<Description> {
  const path = descriptionPath(folder);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw refused(path, error);
    throw new UserError(`${path}: not there; does this machine see the folder that the sweep was begun in?`);
  }
  try {
    const description: Description = JSON.parse(text);
    if (description.version === VERSION) return description;
  } catch {
    // told below
  }
  throw new UserError(`${path}: damaged or of another version; give the command of the sweep again, which writes it`);
}

/** URL of the experiment's script. */
export function moduleUrl({ module }: Description): string {
  return new URL(module, ROOT).href;
}
