/**
 * A sweep of the toy experiment, for tests of whole processes.
 *
 * @module
 */
import { exitWith } from "../../run/exit.ts";
import toy from "../../run/testdata/toy.ts";
import { runSweep } from "../main.ts";

if (import.meta.main) {
  await exitWith(async () => {
    await runSweep(toy, new URL("../../run/testdata/toy.ts", import.meta.url).href, ["toy", ...Deno.args]);
  });
}
