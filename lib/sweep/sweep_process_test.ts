/** Sweeps as processes: one answer whoever computes it. */
import assert from "node:assert/strict";
import { inFolder } from "../run/demo_test_helpers.ts";
import { ROOT } from "../run/process_test_helpers.ts";
import { blockCommand } from "./block_command.ts";
import { readDescription } from "./description.ts";
import { jobsText, shardFile } from "./job.ts";
import { GRID, shardsIn, sweep } from "./sweep_process_test_helpers.ts";

Deno.test("one worker, two workers and the command for clusters give the same bytes", () =>
  inFolder((one) =>
    inFolder(async (two) => {
      const [alone, shared] = await Promise.all([
        sweep(one, ...GRID, "--jobs", "1"),
        sweep(two, ...GRID, "--jobs", "2"),
      ]);
      assert.deepEqual([alone.code, shared.code], [0, 0], alone.stderr + shared.stderr);
      const shards = shardsIn(one);
      assert.equal(shards.length, 3 * 4);
      assert.deepEqual(shardsIn(two), shards);
      // Beside the store, as a machine that must not open it does.
      const folder = `${two}/out`, job = { cell: "n=2000", seeds: 8, block: 1 };
      await Deno.mkdir(`${folder}/shards`);
      await Deno.writeTextFile(`${folder}/jobs`, jobsText([job]));
      const [program, ...args] = blockCommand(await readDescription(folder), folder, `${folder}/jobs`, undefined);
      const env = { PREFLAB_MIRROR: "" };
      const { code, stderr } = await new Deno.Command(program, { args, cwd: ROOT, env }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      const bytes = await Deno.readFile(`${folder}/shards/${shardFile(job)}`);
      assert.equal(bytes.toHex().toUpperCase(), new Map(shards).get("n=2000 1"));
    })
  ));
