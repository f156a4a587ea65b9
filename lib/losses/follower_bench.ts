/** How the follower's time grows with the number of pairs. */
import { Rng } from "../random.ts";
import { follower } from "./follower.ts";

for (const size of [1_000, 10_000, 100_000]) {
  const margins = Rng.seed(1).normals(size), lo = -10;
  Deno.bench(`follower, ${size} pairs`, { group: "follower" }, () => {
    follower(margins, { radius: 0.2, lo });
  });
}
