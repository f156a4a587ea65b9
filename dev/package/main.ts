/**
 * `deno task package`: the library as an npm package, JavaScript with types.
 *
 * @module
 */
import { exitWith } from "../../lib/run/exit.ts";
import { say } from "../../lib/run/tell.ts";
import { UserError } from "../../lib/user_error.ts";
import { writePackage } from "./write.ts";

const HELP =
  `Writes reports/package: the library as an npm package for Node and bundlers, JavaScript with types. npm pack makes a file
of it. What computes on tensors stays out (preflab/tensor-losses): engines are Deno's.

Usage: deno task package`;

await exitWith(async () => {
  if (Deno.args[0] === "--help") return say(HELP);
  if (Deno.args.length > 0) throw new UserError(`package takes no arguments, got "${Deno.args.join(" ")}": see --help`);
  const { entries, files, left } = await writePackage("reports/package");
  say(`reports/package: ${entries.join(", ")}; ${files} files; left out, since it needs tensors: ${left.join(", ")}`);
});
