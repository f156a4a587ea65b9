/**
 * What holds between engines, as the README has it: the rows of small runs on every engine of the processor that is here,
 * against those of the reference engine, metric by metric.
 */
import assert from "node:assert/strict";
import { realData } from "../lib/datasets/data_test_helpers.ts";
import { needingData } from "../lib/optional/skipping.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { type ResultRow, rowsFromCsv } from "../lib/run/rows.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { testedBackends } from "../lib/tensor/backends_test_helpers.ts";
import cpo from "./cpo.ts";
import distribution from "./distribution.ts";
import { reportOf, runInProcess } from "./in_process_test_helpers.ts";

/** Two numbers of one row may differ by `absolute + relative · the larger one`. */
interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/**
 * Nats by which log-probabilities of responses that a policy gives may differ at the end of training. Each of 30 or 40
 * steps of Adam rounds logits and gradients below 10 by 6e-8 of them, and passes on what earlier ones have: 40 · 6e-7 if
 * nothing grows, and some growth where gradients are small, since Adam divides by their size.
 */
const DELTA = 1e-4;

/** A mean of outcomes in [-1, 1] or so under the policy: moves by at most δ times their spread. */
const mean: Tolerance = { absolute: DELTA, relative: 0 };
/** An expectation of log-probabilities under the policy: δ from them, and δ times their spread, below 10, from shares. */
const nats: Tolerance = { absolute: 10 * DELTA, relative: 0 };

/** Every metric of the questions below that an engine has a part in. */
const tolerances: Readonly<Record<string, Readonly<Record<string, Tolerance>>>> = {
  // Clicks of a policy's choice over those of all packages, in per cent.
  cpo: { uplift: { absolute: 100 * DELTA, relative: 0 } },
  distribution: {
    positive: mean,
    entropy: nats,
    "reverse-kl": nats,
    "kl-to-start": nats,
    kl: nats,
    "log-loss": nats,
    margin: nats,
    "gradient-norm": nats, // of a mean of log-probabilities
    "forward-kl": nats, // while the policy has not collapsed: see below
  },
};

/** Nats of entropy below which a policy has collapsed: one response has nearly all of it. */
const COLLAPSED = 0.2;
/** Nats of KL(π* ‖ π) above which it says "far from the target", whatever its digits. */
const FAR = 5;

const reference = "cpu";
const others = testedBackends.filter((name) => !["cpu", "webgpu"].includes(name));

/** Rows of a run, and the verdicts of its claims. */
async function resultsOn(engine: string, experiment: Experiment, flags: readonly string[]) {
  assert.equal(await startBackend(engine), engine);
  const run = await runInProcess(experiment, flags, Deno.env.get("PREFLAB_MIRROR"));
  const verdicts = Object.fromEntries(reportOf(experiment, run).claims.map(({ id, verdict }) => [id, verdict]));
  return { rows: rowsFromCsv(run.csv, "results.csv"), verdicts };
}

/** The place of a row, all but its metric. */
function placeOf({ question, arm, seed, condition }: ResultRow): string {
  return JSON.stringify([question, arm, seed, condition]);
}

/** One line for each row in which two engines differ by more than they may. */
function disagreements(name: string, ours: readonly ResultRow[], theirs: readonly ResultRow[]): string[] {
  const entropies = new Map(
    theirs.filter(({ metric }) => metric === "entropy").map((row) => [placeOf(row), row.value]),
  );
  const lines: string[] = [];
  assert.deepEqual(ours.map((row) => [placeOf(row), row.metric]), theirs.map((row) => [placeOf(row), row.metric]));
  for (const [i, row] of ours.entries()) {
    const a = row.value, b = theirs[i].value, { metric } = row;
    if (a === b) continue;
    const { absolute, relative } = tolerances[name][metric] ?? { absolute: 0, relative: 0 };
    const isCollapsed = metric === "forward-kl" && entropies.get(placeOf(row))! < COLLAPSED;
    // Log-probabilities of responses that are never given have no digits that hold: they only are far down.
    if (
      isCollapsed ? Math.min(a, b) > FAR : Math.abs(a - b) <= absolute + relative * Math.max(Math.abs(a), Math.abs(b))
    ) continue;
    lines.push(`${placeOf(row)} ${metric}: ${a} and ${b}`);
  }
  return lines;
}

const runs: readonly {
  // deno-lint-ignore no-explicit-any -- each experiment has options of its own
  readonly experiment: Experiment<any>;
  readonly questions: readonly string[];
  readonly datasets: readonly string[];
  /** Flags that leave as many replicates as a verdict takes. */
  readonly few?: readonly string[];
}[] = [
  { experiment: cpo, questions: ["upworthy"], datasets: ["upworthy"], few: ["--bootstraps", "20"] },
  { experiment: distribution, questions: ["sentences", "politeness"], datasets: ["polarity", "politeness"] },
];
for (const { experiment, questions, datasets, few = [] } of runs) {
  const stores: Record<string, object | undefined> = {};
  for (const id of datasets) stores[id] = await realData(id);
  const flags = ["--preset", "smoke", "--questions", questions.join(","), ...few];
  Deno.test({
    ...needingData(
      stores,
      `between engines numbers agree metric by metric, and no verdict changes: ${experiment.name} ${questions}`,
    ),
    fn: async (t) => {
      const expected = await resultsOn(reference, experiment, flags);
      const trained = new Set(experiment.questions.filter(({ tensors }) => tensors).map(({ id }) => id));
      assert.ok(questions.every((id) => trained.has(id)));
      const own: ResultRow[][] = []; // of native and wasm, whose kernels are the same but for products
      for (const engine of others) {
        await t.step(engine, async () => {
          const { rows, verdicts } = await resultsOn(engine, experiment, flags);
          assert.deepEqual(verdicts, expected.verdicts);
          assert.deepEqual(disagreements(experiment.name, rows, expected.rows), []);
          if (engine !== "tensorflow") own.push(rows);
        });
      }
      for (const rows of own) assert.deepEqual(rows, own[0], "native has the numbers of wasm: nothing is multiplied");
    },
  });
}
