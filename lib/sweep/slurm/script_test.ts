/** The script of an element, run by bash as Slurm would. */
import assert from "node:assert/strict";
import { inFolder } from "../../run/demo_test_helpers.ts";
import { slurmRequest } from "./request.ts";
import { jobScript, submitArguments } from "./script.ts";

/** Runs one element of a round whose command is a script of bash; `meanwhile` gets its process. */
async function element(
  round: string,
  command: string,
  { setup, job = "12", meanwhile }: {
    setup?: string;
    job?: string;
    meanwhile?: (child: Deno.ChildProcess) => Promise<void>;
  } = {},
): Promise<{ code: number; log: string }> {
  await Deno.mkdir(round, { recursive: true });
  await Deno.writeTextFile(`${round}/command`, command);
  const options = { project: "/", command: (jobs: string) => ["/bin/bash", `${round}/command`, jobs] };
  await Deno.writeTextFile(`${round}/job.sh`, jobScript({ round }, ["--x"], { ...options, ...setup && { setup } }));
  const child = new Deno.Command(Deno.execPath(), {
    // Deno may run itself alone in the suite, and bash through it.
    args: ["eval", "--quiet", RUN, `${round}/job.sh`],
    env: { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_JOB_ID: job, SLURMD_NODENAME: "n1" },
    ...{ stdout: "piped", stderr: "piped" },
  }).spawn();
  const ended = child.output();
  await meanwhile?.(child);
  const { code, stdout, stderr } = await ended;
  return { code, log: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** Runs bash on a script, and hands SIGTERM on as the SIGUSR2 that Slurm warns with. */
const RUN = `
const child = new Deno.Command("bash", { args: Deno.args }).spawn();
Deno.addSignalListener("SIGTERM", () => child.kill("SIGUSR2"));
Deno.exit((await child.status).code);
`;

const file = (path: string) => Deno.readTextFileSync(path).trim();

Deno.test("an element says where it began, runs its command on its blocks, and says how it ended", () =>
  inFolder(async (folder) => {
    // A folder that needs quoting in the shell, and in Slurm's own file names.
    const round = `${folder}/it's 5% $HOME/1`,
      said = await element(round, 'echo "$PWD" "$1" "$GREETING"; exit 3', {
        setup: 'export GREETING="good day"',
      });
    assert.deepEqual(said, { code: 3, log: `/ ${round}/3.jobs good day\n` });
    assert.deepEqual(["owner", "3.begun", "3.ended"].map((name) => file(`${round}/${name}`)), ["12", "n1", "3"]);
    const left = [...Deno.readDirSync(round)].map(({ name }) => name).sort();
    assert.deepEqual(left, ["3.begun", "3.ended", "command", "job.sh", "owner"]);
    const output = submitArguments(slurmRequest({}), { name: "a", round, elements: 4, exclude: [] }).at(-2);
    assert.equal(output, `--output=${folder.replaceAll("%", "%%")}/it's 5%% $HOME/1/%a.log`);
  }));

Deno.test("of two arrays of one round the first to begin computes, and the other one ends without a trace", () =>
  inFolder(async (folder) => {
    const round = `${folder}/1`, command = "echo computed";
    assert.equal((await element(round, command)).log, "computed\n");
    const { code, log } = await element(round, command, { job: "13" });
    assert.deepEqual([code, file(`${round}/owner`)], [0, "12"]);
    assert.match(log, /^these blocks are computed by job 12, /);
    // Another element of the array that has the round.
    assert.equal((await element(round, command)).log, "computed\n");
  }));

Deno.test("a setup that fails ends the element before its blocks, with a code of its own", () =>
  inFolder(async (folder) => {
    const { code, log } = await element(`${folder}/1`, "echo computed", { setup: "true\nfalse" });
    assert.deepEqual([code, log, file(`${folder}/1/3.ended`)], [71, "", "71"]);
  }));

Deno.test("Slurm's warning reaches the command as SIGTERM, and its end is waited for", () =>
  inFolder(async (folder) => {
    const round = `${folder}/1`;
    const command = `trap 'warned=1' TERM; touch "${round}/ready"; while [ -z "$warned" ]; do sleep 0.05; done
sleep 0.3; echo finished; exit 75`;
    const { code, log } = await element(round, command, {
      meanwhile: async (child) => {
        while (!await Deno.stat(`${round}/ready`).then(() => true, () => false)) {
          await new Promise((later) => setTimeout(later, 20));
        }
        child.kill("SIGTERM");
      },
    });
    assert.deepEqual([code, log, file(`${round}/3.ended`)], [75, "finished\n", "75"]);
  }));

Deno.test("a warning during the setup, or before the command listens, leaves the blocks for another element", () =>
  inFolder(async (folder) => {
    const during = await element(`${folder}/1`, "echo computed", { setup: "kill -USR2 $$" });
    assert.deepEqual(during, { code: 75, log: "" });
    // A command of the setup ends by the signal too, which does not make the node a bad one.
    const within = await element(`${folder}/3`, "echo computed", { setup: "kill -TERM $$; false" });
    assert.deepEqual(within, { code: 75, log: "" });
    // The command has ended by the signal: it did not listen yet.
    const before = await element(`${folder}/2`, "kill -USR2 $PPID; sleep 5");
    assert.deepEqual([before.code, file(`${folder}/2/3.ended`)], [75, "75"]);
  }));

Deno.test("what was asked for stands on the command line of sbatch", () => {
  const asked = { partition: "short", account: "lab", time: "2:00:00", mem: "2G", warning: "300" };
  const words = submitArguments(slurmRequest(asked), {
    ...{ name: "preflab-1", round: "/s/1", elements: 10, atOnce: 4, exclude: ["n1", "n7"] },
  });
  assert.deepEqual(words, [
    ...["--parsable", "--job-name=preflab-1", "--array=0-9%4", "--partition=short", "--account=lab"],
    ...["--time=2:00:00", "--mem=2G", "--exclude=n1,n7", "--ntasks=1", "--cpus-per-task=1", "--export=ALL"],
    ...["--no-requeue", "--open-mode=append", "--signal=B:USR2@300", "--output=/s/1/%a.log", "/s/1/job.sh"],
  ]);
});
