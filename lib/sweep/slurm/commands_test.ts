/** Slurm's commands as they answered, and as they refused: word for word, of 22.05.8. */
import assert from "node:assert/strict";
import { UserError } from "../../user_error.ts";
import { callHere, Refused, slurmBy } from "./commands.ts";

const answer = (code: number, out: string, errors = "") => slurmBy(() => Promise.resolve({ code, out, errors }));

Deno.test("a submission gives the number of its job, also behind what a wrapper says and of a named cluster", async () => {
  assert.equal(await answer(0, "12\n").submit([]), "12");
  assert.equal(await answer(0, "Charged to: lab\n12;big\n").submit([]), "12");
  await assert.rejects(answer(0, "").submit([]), Refused);
});

Deno.test("a refusal is told in Slurm's last words", async () => {
  const refusals: readonly [string, RegExp][] = [
    [
      "sbatch: error: invalid partition specified: nosuch\nsbatch: error: Batch job submission failed: Invalid partition name specified\n",
      /^sbatch refuses: Batch job submission failed: Invalid partition name specified; see /,
    ],
    [
      "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified\n",
      /Invalid account or account\/partition combination specified/,
    ],
    ["sbatch: error: Invalid --time specification\n", /^sbatch refuses: Invalid --time specification; /],
    ["", /^sbatch refuses: exit code 1; /],
  ];
  for (const [errors, message] of refusals) {
    await assert.rejects(answer(1, "", errors).submit([]), (error) => {
      assert.ok(error instanceof Refused);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("a job that was forgotten is an empty queue, and no answer is none", async () => {
  const forgotten = await answer(1, "", "slurm_load_jobs error: Invalid job id specified\n").queue(["9"]);
  assert.equal(forgotten!.size, 0);
  const away = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n";
  assert.equal(await answer(1, "", away).queue(["9"]), undefined);
  assert.equal(await answer(1, "", away).named("a"), undefined);
  assert.deepEqual(await answer(0, "28\n28\n28\n").named("a"), ["28"]);
  assert.deepEqual(await answer(0, "").named("a"), []);
});

Deno.test("without accounting, or without sacct, there is none", async () => {
  assert.equal(await answer(1, "", "Slurm accounting storage is disabled\n").account(["9"]), undefined);
  const missing = slurmBy((command, args) => callHere(`no-such-${command}`, args));
  assert.equal(await missing.account(["9"]), undefined);
  await assert.rejects(missing.queue(["9"]), UserError);
});
