/**
 * Kills processes of a sweep at random moments, for tests: `killer.ts FOLDER SEED KILLS MOST_MS`.
 *
 * Prints how many it killed. It finds them by their command lines, which name the folder, and ends when told to by its
 * standard input.
 *
 * @module
 */
import { Rng } from "../../random.ts";

const [folder, seed, kills, most] = Deno.args, rng = Rng.seed(Number(seed)).fork("kills");
let over = false, killed = 0;
new Response(Deno.stdin.readable).text().then(() => over = true);

/** Drivers and workers of the folder. */
const targets = () =>
  [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).filter(({ name }) => {
    try {
      const line = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      return line.includes(folder) && /toy_sweep\.ts|sweep\/worker\.ts/.test(line);
    } catch {
      return false; // it has ended
    }
  }).map(({ name }) => Number(name));

while (!over && killed < Number(kills)) {
  await new Promise((resolve) => setTimeout(resolve, rng.uniform() * Number(most)));
  const found = targets();
  if (found.length === 0) continue;
  try {
    Deno.kill(found[Math.floor(rng.uniform() * found.length)], "SIGKILL");
    killed++;
  } catch {
    // it has ended
  }
}
console.log(killed);
