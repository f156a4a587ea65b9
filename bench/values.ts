/**
 * Values of policies from a log beside Open Bandit Pipeline, DoubleML and EconML: processor time, memory, and the numbers.
 *
 * @module
 */
import { parquetWriteBuffer } from "hyparquet-writer";
import { Rng } from "../lib/random.ts";
import { valueOptions } from "../lib/run/value/options.ts";
import { valued } from "../lib/run/value/value.ts";
import type { BenchRow } from "./rows.ts";
import { told } from "./told.ts";
import { middleOf } from "./timing.ts";

const ROUNDS = 1_000_000, SHOWN_ROUNDS = 20_000, ACTIONS = 50;
/** Draws of OBP's bootstrap; its default is 10,000, which take a hundred times as long. */
const RESAMPLES = 100;
/** Processes of each side at most. */
const MOST_TURNS = 3;
const SCRIPT = new URL("peers/estimators.py", import.meta.url).pathname;
const OBP = "OBP";

interface ValueTold {
  readonly ms: readonly number[];
  readonly mebibytes: number;
  readonly about?: string;
  readonly values: Readonly<Record<string, number>>;
}

/**
 * Processor time and memory of IPW, SNIPW and DR with intervals, from CSV and Parquet; notes say by how much values differ.
 *
 * @param options.folder is written: logs, which are made anew
 * @param options.python that has OBP, DoubleML or EconML
 * @param options.notes gets what was not found, and how far values are apart
 */
export async function valueRows(
  { folder, rounds, python, notes }: {
    readonly folder: string;
    readonly rounds: number;
    readonly python: string;
    readonly notes: string[];
  },
): Promise<BenchRow[]> {
  const n = rounds === 1 ? SHOWN_ROUNDS : ROUNDS, rows: BenchRow[] = [], target = `${folder}/target.json`;
  const logs = await writeLogs(folder, n, target);
  const work = new URL("value_work.ts", import.meta.url).pathname;
  const missing = new Set<string>();
  for (const [format, log] of Object.entries(logs)) {
    const about = `IPW, SNIPW, DR with intervals, ${n} rounds, ${ACTIONS} arms, ${format}`;
    const sides = [
      [OBP, () => told<ValueTold>(python, [SCRIPT, "time", log, target, String(RESAMPLES)])],
      [
        "preflab",
        () =>
          told<ValueTold>(Deno.execPath(), [
            "run",
            "--no-prompt",
            "--allow-all",
            work,
            log,
            target,
          ]),
      ],
    ] as const;
    const found = new Map<string, ValueTold[]>(sides.filter(([by]) => !missing.has(by)).map(([by]) => [by, []]));
    for (let turn = 0; turn < Math.min(rounds, MOST_TURNS); turn++) {
      for (const [by, start] of sides) {
        const answers = found.get(by);
        if (answers === undefined) continue;
        const answer = await start();
        if (typeof answer !== "string") answers.push(answer);
        else {
          found.delete(by);
          if (!missing.has(by)) notes.push(`${by}: not found, ${answer}`);
          missing.add(by);
        }
      }
    }
    const yardstick = found.get(OBP), ours = found.get("preflab");
    for (const [by, answers] of found) {
      const ms = middleOf(answers.flatMap((answer) => answer.ms));
      rows.push({
        ...{
          group: "Values of a log, processor time",
          work: about,
          ms,
          rate: answers[0].mebibytes,
          unit: "MiB at most",
        },
        by: answers[0].about === undefined ? by : `${answers[0].about}, ${RESAMPLES} draws`,
        ...{
          ratio: yardstick ? ms / middleOf(yardstick.flatMap((answer) => answer.ms)) : null,
          against: yardstick ? OBP : "",
        },
      });
    }
    if (yardstick && ours) notes.push(apart(OBP, ["ipw", "snipw"], yardstick[0].values, ours[0].values));
  }
  notes.push(...await agreement(folder, python));
  for (const path of [...Object.values(logs), target]) await Deno.remove(path);
  return rows;
}

/** How far values are apart, in words. */
function apart(
  by: string,
  names: readonly string[],
  theirs: Readonly<Record<string, number>>,
  ours: Readonly<Record<string, number>>,
): string {
  const most = Math.max(...names.map((name) => Math.abs(theirs[name] - ours[name])));
  return `${by}: values of ${names.join(", ")} differ from ours by ${most.toPrecision(2)} at most`;
}

/** All that is defined alike, on a small log with given expected rewards. */
async function agreement(folder: string, python: string): Promise<string[]> {
  const rng = Rng.seed(3), path = `${folder}/small.csv`, lines = ["y,a,p,q0,q1,t,s"];
  for (let i = 0; i < 500; i++) {
    const chance = 0.1 + 0.8 * rng.uniform(), a = rng.bernoulli(chance) ? 1 : 0, t = rng.uniform();
    lines.push([rng.normal() + a, a, a === 1 ? chance : 1 - chance, rng.normal(), rng.normal(), t, 1 - t].join(","));
  }
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
  const found = await told<Record<string, { about: string; values: Record<string, number>; error?: number } | string>>(
    python,
    [SCRIPT, "agree", path],
  );
  const log = [
    "--log",
    path,
    "--reward",
    "y",
    "--action",
    "a",
    "--propensity",
    "p",
    "--outcome-columns",
    "q0,q1",
    "--lambda",
    "1.5",
  ];
  const by = async (flags: readonly string[]) => (await valued(valueOptions([...log, ...flags])!, "bench")).rows;
  const alone = await by(["--target-columns", "s,t"]), both = await by(["--target", "0,1", "--against", "1,0"]);
  await Deno.remove(path);
  if (typeof found === "string") return [`values of other libraries: not found, ${found}`];
  const ours = Object.fromEntries(alone.map(({ estimator, estimate }) => [estimator, estimate!]));
  const effect = both.find(({ policy, estimator }) => policy === "difference" && estimator === "dr")!;
  return Object.entries(found).flatMap(([name, answer]) => {
    if (typeof answer === "string") return [`${name}: ${answer}`];
    if (name === OBP) return [apart(answer.about, Object.keys(answer.values), answer.values, ours)];
    const theirs: Record<string, number> = {
      ...answer.values,
      ...(answer.error !== undefined && { error: answer.error }),
    };
    const own = { dr: effect.estimate!, error: effect.standard_error! };
    return [`of the effect of an action, ${apart(answer.about, Object.keys(theirs), theirs, own)}`];
  });
}

/** A log of clicks in both formats, and a policy. */
async function writeLogs(
  folder: string,
  n: number,
  target: string,
): Promise<Readonly<Record<"CSV" | "Parquet", string>>> {
  const rng = Rng.seed(1),
    simplex = () => {
      const values = Array.from({ length: ACTIONS }, () => 0.2 + rng.uniform()), sum = values.reduce((a, b) => a + b);
      return values.map((value) => value / sum);
    };
  const law = simplex(), action = Int32Array.from(rng.categorical(law, n)), reward = new Float64Array(n);
  for (let i = 0; i < n; i++) reward[i] = rng.uniform() < 0.05 + 0.002 * action[i] ? 1 : 0;
  const propensity = Float64Array.from(action, (a) => law[a]),
    logs = { CSV: `${folder}/log.csv`, Parquet: `${folder}/log.parquet` };
  await Deno.writeTextFile(target, JSON.stringify(simplex()));
  const columnData = Object.entries({ reward, action, propensity }).map(([name, data]) => ({ name, data }));
  await Deno.writeFile(logs.Parquet, new Uint8Array(parquetWriteBuffer({ columnData })));
  using file = await Deno.create(logs.CSV);
  const encoder = new TextEncoder();
  let text = "reward,action,propensity\n";
  for (let i = 0; i < n; i++) {
    text += `${reward[i]},${action[i]},${propensity[i]}\n`;
    if (text.length < 2 ** 20 && i < n - 1) continue;
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    text = "";
  }
  return logs;
}
