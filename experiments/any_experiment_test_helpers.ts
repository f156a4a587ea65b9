/**
 * What every experiment has to pass: the same bytes again, arms that do not touch each other, a report that answers every
 * question and tests every claim, whatever the arms.
 *
 * @module
 */
import assert from "node:assert/strict";
import { realData } from "../lib/datasets/data_test_helpers.ts";
import { needingData } from "../lib/optional/skipping.ts";
import type { Report } from "../lib/report/types.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { Rng } from "../lib/random.ts";
import { type InProcessRun, reportOf, runInProcess } from "./in_process_test_helpers.ts";
import { madeIn } from "./sources_test_helpers.ts";

/** How the made worlds of an experiment are tested. */
interface MadeWorlds {
  /** Flags, each with its value, that make a run small; three seeds, so that every interval has a width. */
  readonly flags: readonly string[];
  /** The engine, where policies are trained on one. */
  readonly engine?: string;
  /** Some arms, with commas, whose rows must come out the same twice. */
  readonly again: string;
  /** Other arms, that run in between. */
  readonly between: string;
  /** An arm, and arms beside it that must not change its rows. */
  readonly lone: string;
  readonly beside: string;
  /** Flags that leave as few values as there may be. */
  readonly few?: readonly string[];
  /** Flags under which every claim has something to test, where the small run leaves some without. */
  readonly clear?: readonly string[];
}

/** The lines of an arm in `results.csv`. */
export function linesOf(csv: string, arm: string): string[] {
  return csv.split("\n").filter((line) => line.split(",")[3] === arm);
}

/** Flags, each with its value; one that is given again replaces the first. */
export function replaced(flags: readonly string[], more: readonly string[]): string[] {
  const given = new Map<string, string>();
  for (const words of [flags, more]) {
    for (let i = 0; i < words.length; i += 2) given.set(words[i], words[i + 1]);
  }
  return [...given].flat();
}

function withoutGaps({ sections }: Report): void {
  for (const { figures, notes } of sections) {
    for (const text of [...figures.map(({ caption }) => caption), ...notes]) {
      assert.doesNotMatch(text, /NaN|undefined|Infinity/);
    }
    for (const { id, data, caption } of figures) assert.ok(data.length > 0 && caption.length > 20, id);
  }
}

/** Most words of a caption without what its intervals are: the numbers stand in the table. */
const LONGEST = 35;

/** A full report of one part: every question with a figure and a table, every claim of the part tested, no other. */
function answersAll(experiment: Experiment, part: "synthetic" | "benchmark", report: Report): void {
  const questions = experiment.questions.filter((q) => q.part === part);
  assert.deepEqual(report.sections.map(({ id }) => id), questions.map(({ id }) => id));
  const isMade = madeIn(experiment);
  for (const { id, figures, tables, notes } of report.sections) {
    for (const { id, caption } of figures) {
      assert.ok(isMade(id), `figure ${id} is not in the sources by its name`);
      const finding = caption.replace(/ (Intervals|Bands) are .*$/, "");
      assert.ok(finding.split(/\s+/).length <= LONGEST, `the caption of ${id} is long: ${finding}`);
    }
    assert.ok(figures.length > 0 || notes.some((note) => note.startsWith("Its figures stand beside")), id);
    assert.ok(tables.length > 0, id);
  }
  withoutGaps(report);
  const claimed = new Set(questions.flatMap((q) => q.claims.map((claim) => claim.id)));
  for (const { id, verdict } of report.claims) assert.equal(verdict === "not run", !claimed.has(id), id);
}

/**
 * Registers the tests of an experiment's made worlds.
 *
 * @example
 * ```ts ignore
 * testMadeWorlds(cpo, { flags: ["--preset", "smoke"], again: "dr,cpo", between: "ipw", lone: "cpo", beside: "cpo,naive" });
 * ```
 */
// deno-lint-ignore no-explicit-any -- each experiment has options of its own
export function testMadeWorlds(experiment: Experiment<any>, worlds: MadeWorlds): void {
  const { engine, again, between, lone, beside, few, clear = [] } = worlds;
  const flags = [...worlds.flags, "--only", "synthetic"];
  const run = async (more: readonly string[]): Promise<InProcessRun> => {
    if (engine) await startBackend(engine);
    return await runInProcess(experiment, replaced(flags, more));
  };

  Deno.test("same seed, same bytes: twice in one process, and after other work", async () => {
    const args = ["--arms", again], first = await run(args);
    Rng.seed(99).normals(1000);
    await run(["--arms", between, "--seed", "7"]);
    assert.equal((await run(args)).csv, first.csv);
    assert.notEqual((await run([...args, "--seed", "2"])).csv, first.csv);
  });

  Deno.test("an arm's rows do not depend on the arms beside it", async () => {
    const alone = linesOf((await run(["--arms", lone])).csv, lone);
    assert.ok(alone.length > 0);
    assert.deepEqual(linesOf((await run(["--arms", beside])).csv, lone), alone);
  });

  Deno.test("the report of all arms answers every synthetic question and tests every claim", async () => {
    answersAll(experiment, "synthetic", reportOf(experiment, await run(clear)));
  });

  // Every other arm alone is in arms_alone_slow_test.ts.
  Deno.test("the report copes with an arm run alone, and with as few values as there may be", async () => {
    for (const args of [["--arms", lone], ...few ? [few] : []]) {
      const report = reportOf(experiment, await run(args));
      assert.ok(report.sections.length > 0);
      withoutGaps(report);
    }
  });
}

/**
 * Registers the test of an experiment's questions on real data; ignored where the data are not at hand.
 *
 * @param real.flags make a run small
 * @param real.engine the engine, where policies are trained on one
 * @param real.datasets ids of all data sets the questions read
 * @param real.arm an arm whose rows must be the same when it runs alone
 * @example
 * ```ts ignore
 * await testRealData(apo, { flags: ["--preset", "smoke"], datasets: ["politeness"], arm: "kto" });
 * ```
 */
export async function testRealData(
  // deno-lint-ignore no-explicit-any -- each experiment has options of its own
  experiment: Experiment<any>,
  real: {
    readonly flags: readonly string[];
    readonly engine?: string;
    readonly datasets: readonly string[];
    readonly arm: string;
  },
): Promise<void> {
  const stores: Record<string, object | undefined> = {};
  for (const id of real.datasets) stores[id] = await realData(id);
  Deno.test({
    ...needingData(
      stores,
      "real data: every question is answered, every claim is tested, and the same seed gives the same rows",
    ),
    async fn() {
      if (real.engine) await startBackend(real.engine);
      const mirror = Deno.env.get("PREFLAB_MIRROR");
      const flags = [...real.flags, "--only", "benchmark"];
      const first = await runInProcess(experiment, flags, mirror);
      const report = reportOf(experiment, first);
      answersAll(experiment, "benchmark", report);
      for (const { id, notes } of report.sections) {
        assert.ok(
          notes.some((note) => /^(All|Of) [\d,]+ .* read\b.* used\./.test(note)),
          `${id} counts the rows it leaves out`,
        );
      }
      const again = await runInProcess(experiment, [...flags, "--arms", real.arm], mirror);
      assert.deepEqual(linesOf(again.csv, real.arm), linesOf(first.csv, real.arm));
    },
  });
}
