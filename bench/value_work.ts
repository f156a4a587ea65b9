/**
 * The value of a policy from a log, in a process of its own, so that its memory can be told.
 *
 * deno run bench/value_work.ts LOG TARGET.json: prints one line of JSON: processor milliseconds, the most memory that the
 * process held, in MiB, and values by estimator.
 *
 * @module
 */
import process from "node:process";
import { valueOptions } from "../lib/run/value/options.ts";
import { valued } from "../lib/run/value/value.ts";

const [log, target] = Deno.args, columns = ["--reward", "reward", "--action", "action", "--propensity", "propensity"];
const law = JSON.parse(await Deno.readTextFile(target)).join(",");
const { rows } = await valued(valueOptions(["--log", log, ...columns, "--target", law])!, "bench");
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
// Of Linux's two numbers only this one is of this process alone: the other begins with what its parent held. Deno shows it
// to a process with all permissions.
const status = await Deno.readTextFile("/proc/self/status").catch(() => ""),
  own = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
console.log(JSON.stringify({
  ms: [(userCPUTime + systemCPUTime) / 1000],
  mebibytes: Number(own ?? maxRSS) / 1024,
  values: Object.fromEntries(rows.map(({ estimator, estimate }) => [estimator, estimate])),
}));
