/**
 * Every option of every experiment at one value, at its ends and at several values: the run ends, and its report draws.
 *
 * @module
 */
import assert from "node:assert/strict";
import { failure, realData } from "../lib/datasets/testing.ts";
import type { Report } from "../lib/report/types.ts";
import { createRunner, unitsOf } from "../lib/run/execute.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { flagName, type OptionSpec, type OptionSpecs, type Part } from "../lib/run/options.ts";
import { experimentFlags, planRun } from "../lib/run/plan.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { experiments } from "./all.ts";
import { runAndDraw } from "./drawn_test_helpers.ts";

/** How one part of an experiment is made small. */
interface Small {
  /** Values of flags, by name. */
  readonly flags: Readonly<Record<string, string>>;
  /** The largest value that is tried, of options that say how much work there is. */
  readonly capped?: Readonly<Record<string, number>>;
}

const mirror = Deno.env.get("PREFLAB_MIRROR");

const small: Readonly<Record<string, { readonly synthetic?: Small; readonly benchmark?: Small }>> = {
  cpo: {
    synthetic: {
      flags: {
        texts: "12",
        n: "20",
        generated: "20",
        observed: "60",
        steps: "3",
        sizes: "20,40",
        coverageSizes: "20,30",
      },
      capped: {
        texts: 300,
        n: 2000,
        generated: 2000,
        observed: 2000,
        replicates: 40,
        sizes: 400,
        coverageSizes: 400,
        steps: 40,
      },
    },
    benchmark: { flags: { steps: "3" }, capped: { bootstraps: 40 } },
  },
  distribution: {
    synthetic: {
      flags: {
        contexts: "3",
        actions: "3",
        steps: "1,3",
        n: "64",
        sizes: "32,64",
        smallSizes: "32,64",
        trainingN: "64",
      },
      capped: { contexts: 40, actions: 12, steps: 200 },
    },
    benchmark: { flags: { textSteps: "3", textSizes: "32,64" }, capped: { textSteps: 20, textSizes: 512 } },
  },
  compare: {
    synthetic: {
      flags: { prompts: "3", n: "30", sizes: "20,30", steps: "3" },
      capped: { prompts: 30, responses: 12, n: 500, sizes: 500, steps: 20 },
    },
  },
};

/** Ids of the questions of a part that read each option while they run. */
async function readers(
  experiment: Experiment,
  part: Part,
  args: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const plan = await planRun(experiment, experimentFlags(experiment, [...args, "--only", part]), mirror);
  let read = new Set<string>();
  const options = new Proxy(plan.options, {
    get: (values, key) => (read.add(String(key)), Reflect.get(values, key)),
  });
  const runner = createRunner(experiment, { ...plan, options });
  const found = new Map<string, string[]>();
  for (const planned of plan.questions) {
    read = new Set();
    for (const unit of unitsOf({ ...plan, options, questions: [planned] })) await runner.run(unit);
    for (const key of read) found.set(key, [...found.get(key) ?? [], planned.question.id]);
  }
  return found;
}

/** Texts that an option is tried at: its ends, and for a list each end alone, two values and many. */
function valuesOf(spec: OptionSpec<unknown>, cap = Infinity): string[] {
  const { min, max, list } = spec.bounds, most = Math.min(max, cap);
  if (!list) return [...new Set([`${min}`, `${most}`])];
  const all = [min, ...[spec.values.smoke].flat() as number[], most];
  const several = [[min, most], [...new Set(all)].slice(0, list.most)];
  const lists = [[min], [most], ...several].filter((values) => values.length >= list.least);
  return [...new Set(lists.map(String))];
}

/** What a drawn report may not say. */
function withoutGaps({ sections, claims }: Report): void {
  for (const { id, figures, notes, tables } of sections) {
    assert.ok(figures.length + tables.length > 0, id);
    for (const text of [...figures.flatMap(({ caption, alt }) => [caption, alt]), ...notes]) {
      assert.doesNotMatch(text, /NaN|undefined|Infinity|null/, id);
    }
  }
  for (const { id, verdict, note } of claims) {
    if (verdict === "not run") assert.match(note ?? "", /^this (needs|question was not run)/, id);
  }
}

const words = (flags: Readonly<Record<string, string>>) =>
  Object.entries(flags).flatMap(([key, value]) => [`--${flagName(key)}`, value]);

for (const [name, parts] of Object.entries(small)) {
  const { default: experiment } = await experiments[name]();
  for (const part of ["synthetic", "benchmark"] as const) {
    const { flags, capped = {} } = parts[part] ?? {};
    if (!flags) continue;
    const datasets = new Set(experiment.questions.flatMap((q) => q.part === part && q.dataset ? [q.dataset] : []));
    const ignore = (await Promise.all([...datasets].map((id) => realData(id)))).includes(undefined);
    Deno.test({
      name: `${name}, ${part}: every option at one value, at its ends and at several values runs and draws`,
      ignore,
      async fn(t) {
        await startBackend("wasm");
        const base = ["--preset", "smoke", ...words({ seeds: "2" })];
        const reading = await readers(experiment, part, [...base, ...words(flags)]);
        for (const [key, spec] of Object.entries(experiment.options as OptionSpecs)) {
          const questions = reading.get(key);
          if (!questions || (part === "benchmark" && spec.part !== part)) continue;
          for (const value of valuesOf(spec, key === "seeds" ? 4 : capped[key])) {
            const args = ["--preset", "smoke", ...words({ seeds: "2", ...flags, [key]: value })];
            args.push("--questions", questions.join());
            await t.step(`deno task ${name} ${args.join(" ")}`, async () => {
              withoutGaps(await runAndDraw(experiment, args, mirror));
            });
          }
          if (!spec.bounds.list) continue;
          const twice = `${spec.bounds.min},${spec.bounds.min}`;
          const plan = () => planRun(experiment, experimentFlags(experiment, [`--${flagName(key)}`, twice]), mirror);
          assert.equal(
            await failure(Promise.resolve().then(plan)),
            `--${flagName(key)}: expected different numbers, got "${twice}"`,
          );
        }
      },
    });
  }
}
