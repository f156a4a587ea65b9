/**
 * `deno task sweep NAME --grid TEXT`: an experiment at every combination of some of its options.
 *
 * @module
 */
import { nearest } from "../lib/nearest.ts";
import { exitWith } from "../lib/run/exit.ts";
import { say } from "../lib/run/tell.ts";
import { experimentNamed, sweepHelp } from "../lib/sweep/command_line.ts";
import { engineFlags } from "../lib/sweep/engines.ts";
import { runSweep } from "../lib/sweep/main.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments, moduleOf } from "../experiments/all.ts";

await exitWith(async () => {
  const names = Object.keys(experiments), help = Deno.args.includes("--help");
  const name = await experimentNamed(Deno.args);
  if (name === undefined && help) return say(sweepHelp(undefined, engineFlags, names));
  if (name === undefined) throw new UserError(`sweep takes the name of an experiment, of ${names.join(", ")}`);
  if (!Object.hasOwn(experiments, name)) {
    const guess = nearest(name, names);
    throw new UserError(
      `unknown experiment "${name}"${guess ? `, did you mean ${guess}` : ""}? Choose from ${names.join(", ")}`,
    );
  }
  const { default: experiment } = await experiments[name]();
  if (help) return say(sweepHelp(experiment, engineFlags, names));
  await runSweep(experiment, moduleOf(name), Deno.args);
});
