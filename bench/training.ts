/**
 * Training steps on each engine and in PyTorch, taking turns: models, replicates, and how time grows with each size.
 *
 * @module
 */
import { startBackend } from "../lib/tensor/backend.ts";
import { rowsOf } from "./kernels.ts";
import type { ModelSizes } from "./models.ts";
import type { Peers, PeerWork } from "./peers/peer.ts";
import type { BenchRow } from "./rows.ts";
import { mlpStep, type Step, tabularCpoStep, tabularStep, transformerSizes, transformerStep } from "./steps.ts";
import { type Contender, millisecondsOf, processorMilliseconds, takeTurns } from "./timing.ts";

/** Milliseconds of one sample; a longer step is sampled once. */
const BUDGET = 100;

/** What the steps run on. */
export interface Stage {
  /** Names of our engines. */
  readonly engines: readonly string[];
  /** Threads of one operation. */
  readonly threads: number;
  /** Turns that are counted. */
  readonly rounds: number;
  /** Those that were found. */
  readonly peers: Peers;
  /** Gets why a peer has no time. */
  readonly notes: string[];
}

/** One step on an engine: built at its first turn, since a step belongs to the engine it was built on. */
function ours(name: string, threads: number, build: () => Step): Contender & { free(): Promise<void> } {
  let step: Step | undefined;
  return {
    name,
    async sample() {
      await startBackend(name, { threads });
      step ??= build();
      const { run } = step;
      return millisecondsOf(() => run(), BUDGET, threads === 1 ? processorMilliseconds : undefined);
    },
    async free() {
      await startBackend(name, { threads });
      step?.dispose();
    },
  };
}

/** One way of a peer, and which peer it is. */
interface PeerWay extends PeerWork {
  readonly of: keyof Peers;
}

/** PyTorch tuned and compiled, the same as one writes it, and JAX where it has the work. */
function ways({ kind, arguments: given }: PeerWork, hasJax: boolean): Record<string, PeerWay> {
  return {
    "PyTorch, tuned and compiled": { of: "PyTorch", kind, arguments: given, tuned: true },
    "PyTorch": { of: "PyTorch", kind, arguments: given },
    ...(hasJax ? { "JAX": { of: "JAX", kind, arguments: given } } : {}),
  };
}

/** Rows of one step; the first peer that was found is the yardstick. */
async function measure(
  { engines, threads, rounds, peers, notes }: Stage,
  group: string,
  work: string,
  build: () => Step,
  theirs: Readonly<Record<string, PeerWay>>,
): Promise<BenchRow[]> {
  const found: Contender[] = [], missing: string[] = [];
  for (const [name, { of, ...asked }] of Object.entries(theirs)) {
    const sample = async () => {
      const ms = await peers[of]!.time(asked, BUDGET / 1000);
      if (typeof ms === "string") throw new Error(`${name}, ${work}: ${ms}`);
      return ms;
    };
    const first = peers[of] && await peers[of].time(asked, 0); // built and compiled before turns are taken
    if (typeof first === "number") found.push({ name, sample });
    else {
      missing.push(name);
      const note = `${name} not found: ${first}`;
      if (first !== undefined && !notes.includes(note)) notes.push(note);
    }
  }
  const own = engines.map((name) => ours(name, threads, build));
  const contenders = [...found, ...own];
  const times = await takeTurns(contenders, rounds);
  for (const contender of own) await contender.free();
  const rows = rowsOf(group, work, contenders, times);
  const none = { group, work, ms: null, rate: null, unit: "", ratio: null, against: "" };
  return [
    ...missing.map((by): BenchRow => ({ ...none, by })),
    // Without a peer our engines have no yardstick: their ratio to each other is not what is asked.
    ...found.length > 0 ? rows : rows.map((row) => ({ ...row, ratio: null, against: "" })),
  ];
}

/** The same sizes by the names of the Python arguments. */
function peerSizes(sizes: ModelSizes): Record<string, number> {
  const { vocabulary, width, layers, heads, keyHeads, hidden } = sizes;
  return { vocabulary, width, layers, heads, key_heads: keyHeads, hidden };
}

function transformerWork(sizes: ModelSizes, pairs: number, length: number): PeerWork {
  return { kind: "transformer", arguments: { pairs, length, sizes: peerSizes(sizes) } };
}

const TABLE = { states: 64, actions: 32, pairs: 256 };
const NET = { widths: [32, 128, 128, 32], pairs: 256 };

/** Steps of every model: transformers of four sizes, a table, a perceptron. */
export async function stepRows(stage: Stage): Promise<BenchRow[]> {
  const rows: BenchRow[] = [], group = "Training steps";
  const one = { replicates: 1, ...TABLE };
  rows.push(
    ...await measure(
      stage,
      group,
      "table 64 x 32, DPO, 256 pairs",
      () => tabularStep(one),
      ways({ kind: "tabular", arguments: { kind: "stacked", ...one } }, true),
    ),
    ...await measure(
      stage,
      group,
      "table 64 x 32, CPO, 256 outcomes",
      () => tabularCpoStep(one),
      ways({ kind: "tabular cpo", arguments: one }, true),
    ),
    ...await measure(
      stage,
      group,
      "perceptron 32-128-128-32, DPO, 256 pairs",
      () => mlpStep({ replicates: 1, ...NET }),
      ways({ kind: "mlp", arguments: { kind: "stacked", replicates: 1, ...NET } }, true),
    ),
  );
  for (const [name, sizes] of Object.entries(transformerSizes)) {
    const work = `transformer of ${name} parameters, DPO, 16 pairs x 64 tokens`;
    const build = () => transformerStep(sizes, 16, 64);
    rows.push(...await measure(stage, group, work, build, ways(transformerWork(sizes, 16, 64), false)));
  }
  return rows;
}

/** What many replicates cost in one program, beside JAX and four ways of doing it in PyTorch. */
export async function replicateRows(stage: Stage): Promise<BenchRow[]> {
  const rows: BenchRow[] = [], group = "Replicates in one program";
  for (const replicates of [1, 8, 32, 128]) {
    for (
      const [name, kind, build, sizes] of [
        ["table", "tabular", () => tabularStep({ replicates, ...TABLE }), TABLE],
        ["perceptron", "mlp", () => mlpStep({ replicates, ...NET }), NET],
      ] as const
    ) {
      const by = (way: string) => ({ kind, arguments: { kind: way, replicates, ...sizes } });
      const theirs = Object.entries(ways(by("stacked"), true)).map(([name, way]): [string, PeerWay] => [
        name === "PyTorch" ? "PyTorch stacked" : name,
        way,
      ]);
      for (const way of ["looped", "vmap"]) theirs.push([`PyTorch ${way}`, { of: "PyTorch", ...by(way) }]);
      rows.push(
        ...await measure(stage, group, `${name}, ${replicates} replicates`, build, Object.fromEntries(theirs)),
      );
    }
  }
  return rows;
}

/** How a transformer step grows, one size at a time. */
export async function scalingRows(stage: Stage): Promise<BenchRow[]> {
  const rows: BenchRow[] = [], group = "Growth of a transformer step";
  const base = {
    vocabulary: 512,
    width: 64,
    layers: 2,
    heads: 4,
    keyHeads: 4,
    hidden: 160,
  };
  const cases: [string, ModelSizes, number, number][] = [
    ...[4, 16, 64].map((pairs): [string, ModelSizes, number, number] => [`${pairs} pairs`, base, pairs, 64]),
    ...[32, 64, 128, 256].map((length): [string, ModelSizes, number, number] => [
      `${length} tokens`,
      base,
      4,
      length,
    ]),
    ...[32, 64, 128, 256].map((width): [string, ModelSizes, number, number] => [
      `width ${width}`,
      { ...base, width, hidden: 2.5 * width },
      4,
      64,
    ]),
  ];
  for (const [work, sizes, pairs, length] of cases) {
    const build = () => transformerStep(sizes, pairs, length);
    const theirs = { "PyTorch": { of: "PyTorch", ...transformerWork(sizes, pairs, length) } } as const;
    rows.push(...await measure(stage, group, work, build, theirs));
  }
  return rows;
}
