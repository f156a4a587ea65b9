/**
 * Computes blocks of a sweep in this process: plans once, and is the same whoever asks.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { basisOf, differences } from "../run/basis.ts";
import { factsOf } from "../run/chosen_writer.ts";
import { resolveOptions } from "../run/options.ts";
import type { Plan } from "../run/plan.ts";
import { createRunner, type UnitRunner } from "../run/runner.ts";
import { blockOf, unitsOf } from "../run/units.ts";
import { type Engine, startEngine } from "../run/workers.ts";
import { type Description, moduleUrl, planCells, type Planned } from "./description.ts";
import { flagsOf } from "./grid.ts";
import type { Job } from "./job.ts";
import { encodeShard } from "./shard.ts";

/** A block that was computed. */
interface Computed {
  /** Its rows, with their checksum. */
  readonly shard: Uint8Array<ArrayBuffer>;
  /** How long it took, seconds. */
  readonly seconds: number;
}

/** Computes blocks, one after the other. */
interface Computer {
  /** Rows of one block. @throws UserError where the cell cannot be computed with its options */
  run(job: Job): Promise<Computed>;
}

/**
 * The plan of a cell: that of all cells with other options.
 *
 * @throws UserError for a value that the option does not take
 */
export function planOfCell({ experiment, args, plan }: Planned, { cell, seeds }: Omit<Job, "block">): Plan {
  const { values, switches } = textsOf(args);
  const texts = { ...values, ...flagsOf(cell), seeds: String(seeds) };
  const options = resolveOptions(experiment.options, { values: texts, switches }, plan.preset, plan.only);
  return { ...plan, options: options as Plan["options"] };
}

/** Flags of cells as texts: pairs of a name and a value, which were checked before. */
export function textsOf(args: readonly string[]) {
  const values: Record<string, string> = {};
  for (let i = 0; i < args.length; i += 2) values[args[i].slice(2)] = args[i + 1];
  return { values, switches: new Set<string>() };
}

/**
 * How many blocks a cell has: as many as the question with the most of them.
 *
 * @example
 * ```ts
 * import { planRun } from "../run/plan.ts";
 * import { experimentFlags } from "../run/plan.ts";
 * import toy from "../run/testdata/toy.ts";
 * import assert from "node:assert/strict";
 * const plan = await planRun(toy, experimentFlags(toy, ["--only", "synthetic", "--seeds", "5"]), undefined);
 * assert.equal(blocksOf(plan), 3); // its question runs two seeds at once
 * ```
 */
export function blocksOf({ questions, options }: Pick<Plan, "questions" | "options">): number {
  return Math.max(...questions.map(({ question }) => Math.ceil(question.seeds(options) / question.block!)));
}

/** How many blocks from the first one on are the same under two numbers of seeds. */
export function blocksInCommon(a: Plan, b: Plan): number {
  return Math.min(...a.questions.map(({ question }) => {
    const [n, m] = [question.seeds(a.options), question.seeds(b.options)];
    return n === m ? Infinity : Math.floor(Math.min(n, m) / question.block!);
  }));
}

/** Computes blocks with an engine that runs. */
function computerOf(planned: Planned, identity: string): Computer {
  let last: { readonly key: string; readonly plan: Plan; readonly runner: UnitRunner } | undefined;
  return {
    async run(job) {
      const began = performance.now(), key = `${job.seeds} ${job.cell}`;
      if (last?.key !== key) {
        const plan = planOfCell(planned, job);
        last = { key, plan, runner: createRunner(planned.experiment, plan) };
      }
      const blocks = [];
      for (const unit of unitsOf(last.plan, job.block)) blocks.push(blockOf(unit, await last.runner.run(unit)));
      return { shard: encodeShard(identity, job, blocks), seconds: (performance.now() - began) / 1000 };
    },
  };
}

/**
 * Computes blocks of a sweep that another process has described.
 *
 * @param mirror value of PREFLAB_MIRROR, if set
 * @throws UserError where this process would give other numbers: with other code, data, Deno or engine
 */
export async function openComputer(description: Description, mirror: string | undefined): Promise<Computer> {
  const module = moduleUrl(description);
  const { default: experiment } = await import(module);
  const planned = await planCells(experiment, module, description.args, mirror);
  const none: Engine = { name: "none", label: "none", facts: {} };
  const engine = description.backend === "none" ? none : await startEngine(description.backend);
  const { plan } = planned, model = plan.writer && factsOf(plan.writer), parts = new Set<string>();
  for (const [id, { basis }] of Object.entries(description.config.questions)) {
    const own = plan.questions.find(({ question }) => question.id === id);
    if (own === undefined) parts.add(`question ${id}`); // its data are not there
    else {
      const here = await basisOf(own.question, module, plan.store, engine.label, model);
      for (const part of differences(basis, here)) parts.add(part);
    }
  }
  if (parts.size > 0) {
    throw new UserError(
      `${[...parts].join(", ")}: not as where the sweep was begun; run it where they are, or begin it with --fresh`,
    );
  }
  return computerOf(planned, description.identity);
}

/** Why a block could not be computed, in one line: what the user can mend, or a mistake of the program with its place. */
export function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  return `a mistake in the program: ${Deno.inspect(error).split("\n", 2).map((line) => line.trim()).join(" ")}`;
}
