/**
 * One side of the comparison: blocks of the toy experiment by the pool, or by as many processes without one.
 *
 * `work.ts pool|plain|share FOLDER CELLS SEEDS DRAWS JOBS [SHARE]`
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import toy from "../../lib/run/testdata/toy.ts";
import { blocksOf, openComputer, planOfCell } from "../../lib/sweep/compute.ts";
import { describeSweep, planCells, readDescription, writeDescription } from "../../lib/sweep/description.ts";
import { cellsOf, gridOf } from "../../lib/sweep/grid.ts";
import { localEngine } from "../../lib/sweep/local.ts";
import { openSweepStore } from "../../lib/sweep/store.ts";

const [side, folder, ...numbers] = Deno.args, [cells, seeds, draws, jobs, share] = numbers.map(Number);
const module = new URL("../../lib/run/testdata/toy.ts", import.meta.url).href;
const args = ["--questions", "sampling", "--seeds", String(seeds)];
const knobs = gridOf(`n=${Array.from({ length: cells }, (_, k) => draws + k)}`, toy.options), names = cellsOf(knobs);
const planned = await planCells(toy, module, args, undefined);

if (side === "share") {
  // The same blocks in the same order, without a store: every JOBS-th cell.
  const computer = await openComputer(await readDescription(folder), undefined);
  for (const cell of names.filter((_, k) => k % jobs === share)) {
    const blocks = blocksOf(planOfCell(planned, { cell, seeds }));
    for (let block = 0; block < blocks; block++) await computer.run({ cell, seeds, block });
  }
} else {
  const description = await describeSweep(planned, { command: "bench", knobs, seeds }, {
    name: "none",
    label: "none",
    facts: {},
  });
  await writeDescription(folder, description);
  const began = performance.now();
  if (side === "plain") {
    const self = fileURLToPath(import.meta.url);
    const processes = Array.from({ length: jobs }, (_, k) =>
      new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          "--v8-flags=--max-semi-space-size=4,--expose-gc",
          self,
          "share",
          folder,
          ...numbers.slice(0, 4),
          String(k),
        ],
      }).output());
    await Promise.all(processes);
  } else {
    const store = openSweepStore(folder);
    const counts = {
      of: (cell: string, seeds: number) => blocksOf(planOfCell(planned, { cell, seeds })),
      common: () => 0,
    };
    store.begin(description.identity, names.map((name) => ({ name, seeds })), counts, []);
    let most = 0;
    const say = (line: string) => console.error(line);
    const show = () => most = Math.max(most, Deno.memoryUsage().rss);
    await localEngine(jobs, undefined).work({ folder, description, store, show, say, stopped: () => false });
    console.log(`driver's memory at most ${(most / 2 ** 20).toFixed(1)} MiB; ${JSON.stringify(store.counts())}`);
    store.close();
  }
  console.log(`${side}: ${((performance.now() - began) / 1000).toFixed(2)} s`);
}
