/**
 * A cell as a run of its experiment: its configuration and its rows.
 *
 * @module
 */
import type { Block } from "../run/rows.ts";
import type { RunConfig } from "../run/run_config.ts";
import { planOfCell } from "./compute.ts";
import type { Description, Planned } from "./description.ts";
import { checkShard } from "./shard.ts";
import type { CellState, SweepStore } from "./store.ts";

/** A cell with its rows. */
export interface Cell {
  readonly state: CellState;
  /** The run that it would be by itself. */
  readonly config: RunConfig;
  /** Its rows, block after block of seeds. */
  readonly blocks: readonly Block[];
}

/** The run that a cell is. */
function configOf(
  planned: Planned,
  { config }: Description,
  { name, seeds, blocks, done, failure }: CellState,
): RunConfig {
  const { options, questions } = planOfCell(planned, { cell: name, seeds });
  const own = questions.map(({ question }) => {
    const of = config.questions[question.id];
    return [question.id, { ...of, seeds: question.seeds(options) }] as const;
  });
  return {
    ...config,
    options,
    questions: Object.fromEntries(own),
    failures: failure === undefined
      ? []
      : questions.map(({ question }) => ({ question: question.id, message: failure })),
    complete: done === blocks,
  };
}

/**
 * A cell with its rows, from the store.
 *
 * @throws UserError where a shard is not as it was written
 */
export function cellOf(planned: Planned, description: Description, store: SweepStore, state: CellState): Cell {
  const blocks: Block[] = [];
  for (const { block, bytes } of store.shards(state.name)) {
    const job = { cell: state.name, seeds: state.seeds, block };
    blocks.push(...checkShard(bytes, description.identity, job, `rows of ${state.name}`).blocks);
  }
  return { state, config: configOf(planned, description, state), blocks };
}
