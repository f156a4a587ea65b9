/**
 * Every option of every experiment at one value, at its ends and at several values: the run ends, and its report draws.
 *
 * @module
 */
import assert from "node:assert/strict";
import { failure, realData } from "../lib/datasets/data_test_helpers.ts";
import { needingData } from "../lib/optional/skipping.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { flagName, type OptionSpec, type OptionSpecs, type Part } from "../lib/run/options.ts";
import { experimentFlags, planRun } from "../lib/run/plan.ts";
import { createRunner } from "../lib/run/runner.ts";
import { unitsOf } from "../lib/run/units.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { DivergenceError } from "../lib/user_error.ts";
import { experiments } from "./all.ts";
import { runAndDraw, withoutGaps } from "./drawn_test_helpers.ts";
import { small } from "./small_runs_test_helpers.ts";

const mirror = Deno.env.get("PREFLAB_MIRROR");

/** Ids of the questions of a part that read each option while they run. */
async function readers(
  experiment: Experiment,
  part: Part,
  args: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const plan = await planRun(experiment, experimentFlags(experiment, [...args, "--only", part]), mirror);
  let read = new Set<string>();
  const options = new Proxy(plan.options, { get: (values, key) => (read.add(String(key)), Reflect.get(values, key)) });
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
  const { min, max, list } = spec.bounds!, most = Math.min(max, cap);
  if (!list) return [...new Set([`${min}`, `${most}`])];
  const all = [min, ...[spec.values.smoke].flat() as number[], most];
  const several = [[min, most], [...new Set(all)].slice(0, list.most)];
  const lists = [[min], [most], ...several].filter((values) => values.length >= list.least);
  return [...new Set(lists.map(String))];
}

/** A language model takes its time: of its options the last value alone, which is the upper end or a list of many. */
const triedOf = (key: string, values: readonly string[]) => key.startsWith("language") ? values.slice(-1) : values;

/** Flags with those arms alone that some of the questions have. */
function armsOf({ questions }: Experiment, ids: readonly string[], flags: Readonly<Record<string, string>>) {
  const { arms, ...others } = flags, asked = questions.filter(({ id }) => ids.includes(id));
  const kept = (arms ?? "").split(",").filter((arm) => asked.some((question) => question.arms.includes(arm)));
  return { ...others, ...kept.length > 0 && { arms: kept.join() } };
}

const words = (flags: Readonly<Record<string, string>>) =>
  Object.entries(flags).flatMap(([key, value]) => [`--${flagName(key)}`, value]);

for (const [name, parts] of Object.entries(small)) {
  const { default: experiment } = await experiments[name]();
  for (const part of ["synthetic", "benchmark"] as const) {
    const { flags, capped = {}, diverging = [] } = parts[part] ?? {};
    if (!flags) continue;
    const datasets = new Set(experiment.questions.flatMap((q) => q.part === part && q.dataset ? [q.dataset] : []));
    const stores: Record<string, object | undefined> = {};
    for (const id of datasets) stores[id] = await realData(id);
    Deno.test({
      ...needingData(
        stores,
        `${name}, ${part}: every option at one value, at its ends and at several values runs and draws`,
      ),
      async fn(t) {
        await startBackend("wasm");
        const base = ["--preset", "smoke", ...words({ seeds: "2" })];
        const reading = await readers(experiment, part, [...base, ...words(flags)]);
        for (const [key, spec] of Object.entries(experiment.options as OptionSpecs)) {
          const questions = reading.get(key);
          if (!questions || (part === "benchmark" && spec.part !== part)) continue;
          for (const value of triedOf(key, valuesOf(spec, key === "seeds" ? 4 : capped[key]))) {
            const args = [
              "--preset",
              "smoke",
              ...words({ seeds: "2", ...armsOf(experiment, questions, flags), [key]: value }),
            ];
            args.push("--questions", questions.join());
            await t.step(`deno task ${name} ${args.join(" ")}`, async () => {
              try {
                withoutGaps(await runAndDraw(experiment, args, mirror));
              } catch (error) {
                if (!diverging.includes(key) || !(error instanceof DivergenceError)) throw error;
                assert.ok(error.message.includes(`--${flagName(key)} ${value}`), error.message);
              }
            });
          }
          if (!spec.bounds!.list) continue;
          const twice = `${spec.bounds!.min},${spec.bounds!.min}`;
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
