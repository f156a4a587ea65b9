import assert from "node:assert/strict";
import { realData } from "../../lib/datasets/data_test_helpers.ts";
import { needingData } from "../../lib/optional/skipping.ts";
import { Rng } from "../../lib/random.ts";
import { mean } from "../../lib/statistics/summary.ts";
import { startBackend } from "../../lib/tensor/backend.ts";
import type { Response } from "../../lib/training/language/examples.ts";
import type { Stories } from "../../lib/training/language/stories.ts";
import { DIMENSIONS } from "../../lib/worlds/population.ts";
import { linesOf } from "../any_experiment_test_helpers.ts";
import cpo from "../cpo.ts";
import { reportOf, runInProcess } from "../in_process_test_helpers.ts";
import { type Confounding, nearestRatings, readersOf } from "./language_readers.ts";

const PROMPTS = 16, RESPONSES = 3, HALF = 24;

/** Stories of which nothing but the features counts. */
function storiesOf(seed: number): Stories {
  const rng = Rng.seed(seed), cells = PROMPTS * RESPONSES, text: Response = { ids: Uint32Array.of(1, 2), from: 1 };
  const table = rng.normals(cells * DIMENSIONS).map((v, i) => i % DIMENSIONS === 0 ? Math.abs(v) : v);
  return {
    candidates: Array.from({ length: PROMPTS }, () => new Array<Response>(RESPONSES).fill(text)),
    table,
    texts: [],
    features: () => new Float64Array(DIMENSIONS),
    heldOut: [],
    untrained: [],
  };
}

const N = 200_000;
/** How far taste moves a reaction, a unit of sensation, as in the population. */
const LIKING = 1.5;
const readers = (confounding: Confounding, shuffled = false, n = N) =>
  readersOf(storiesOf(1), confounding, n, (name) => Rng.seed(2).fork(name), shuffled);

/** Mean outcome, and share of rows, of each text. */
function tally({ log: { text, outcome } }: ReturnType<typeof readers>) {
  const sums = new Float64Array(HALF), counts = new Float64Array(HALF);
  text.forEach((t, i) => [sums[t], counts[t]] = [sums[t] + outcome[i], counts[t] + 1]);
  return { means: sums.map((sum, t) => sum / counts[t]), shares: counts.map((count) => count / text.length) };
}

Deno.test("a randomised log shows each text as often as f0 writes it, and rates it by what readers like", () => {
  const found = readers({ log: 0 }), { means, shares } = tally(found), usual = mean(found.liking);
  assert.ok(Math.abs(mean(found.log.outcome)) < 1e-9);
  // 8 000 ratings a text with a standard deviation below 3: three standard errors.
  means.forEach((value, t) => assert.ok(Math.abs(value - (found.liking[t] - usual)) < 0.1, `${t}: ${value}`));
  shares.forEach((share) => assert.ok(Math.abs(share - 1 / HALF) < 0.004, `${share}`));
  found.logShown.forEach((logp) => assert.ok(Math.abs(logp + Math.log(RESPONSES)) < 1e-12));
  found.prediction.texts.forEach((value, t) => assert.ok(Math.abs(value - means[t]) < 0.15, `${t}: ${value}`));
});

Deno.test("a confounded log shows what its propensities say, and rates what is sensational by who was shown it", () => {
  const clean = readers({ log: 0 }), found = readers({ log: 1 }), { means, shares } = tally(found);
  assert.deepEqual(found.liking, clean.liking);
  shares.forEach((share, t) =>
    assert.ok(Math.abs(share - Math.exp(found.logShown[t]) * RESPONSES / HALF) < 0.004, `${t}: ${share}`)
  );
  // The law of what a type is shown, and with it the mean taste of a text's readers, worked out anew.
  const sensation = (t: number) => found.features[t * DIMENSIONS];
  const law = (sign: number, t: number) => {
    const own = [0, 1, 2].map((a) => Math.exp(sign * sensation(t - t % RESPONSES + a)));
    return own[t % RESPONSES] / own.reduce((x, y) => x + y);
  };
  const expected = Array.from(found.liking, (liked, t) => {
    const [less, more] = [law(-1, t), law(1, t)];
    return liked + LIKING * sensation(t) * (more - less) / (more + less);
  });
  const usual = expected.reduce((sum, value, t) => sum + shares[t] * value, 0);
  expected.forEach((value, t) => assert.ok(Math.abs(means[t] - (value - usual)) < 0.12, `${t}: ${means[t]} ${value}`));
  assert.ok(Math.max(...expected.map((value, t) => Math.abs(value - found.liking[t]))) > 1);
});

Deno.test("predictions of another's confounded log leave the log clean; shuffled outcomes have nothing to do with texts", () => {
  const clean = readers({ log: 0 }), found = readers({ log: 0, predictions: 1 });
  assert.deepEqual(found.log, clean.log);
  assert.notDeepEqual(found.prediction.texts, clean.prediction.texts);
  found.log.text.slice(0, 50).forEach((t, i) => assert.equal(found.prediction.logged[i], found.prediction.texts[t]));
  const shuffled = readers({ log: 0 }, true);
  assert.deepEqual(shuffled.log.outcome.toSorted(), clean.log.outcome.toSorted());
  tally(shuffled).means.forEach((value) => assert.ok(Math.abs(value) < 0.1, `${value}`));
});

Deno.test("the nearest rated texts vote, and a text can be left out", () => {
  const ratings = { text: Uint32Array.of(0, 0, 1, 2, 3, 4, 6), outcome: Float64Array.of(1, 3, 1, 1, 1, 1, 100) };
  const rating = nearestRatings(ratings, Float64Array.of(0, 1, 2, 3, 4, 5, 60), 7);
  assert.equal(rating([0]), mean([2, 1, 1, 1, 1]));
  assert.equal(rating([0], 0), mean([1, 1, 1, 1, 100]));
});

const store = await realData("stories-260k");
Deno.test({
  ...needingData({ "stories-260k": store }, "language: every claim is tested, and an arm's rows are its own"),
  async fn() {
    await startBackend("wasm");
    const mirror = Deno.env.get("PREFLAB_MIRROR");
    // Three steps: the policy gradient writes anew.
    const flags = ["--preset", "smoke", "--questions", "language", "--language-log", "1", "--language-steps", "3"];
    const first = await runInProcess(cpo, flags, mirror), report = reportOf(cpo, first), [section] = report.sections;
    assert.deepEqual(section.figures.map(({ id }) => id), ["language", "language-weights"]);
    assert.equal(section.tables.length, 3);
    for (const { data, caption } of section.figures) assert.ok(data.length > 0 && !/NaN|undefined/.test(caption));
    const claims = report.claims.filter(({ id }) => id.startsWith("language-"));
    assert.ok(claims.length > 15 && claims.every(({ verdict }) => verdict !== "not run"));
    const lines = (arm: string, confounded: string) =>
      values(linesOf(first.csv, arm).filter((line) => line.includes(`,${confounded},`)));
    // CPO reads no outcome model; a confounded log is another log.
    assert.deepEqual(lines("cpo", "predictions"), lines("cpo", "nothing"));
    assert.notDeepEqual(lines("cpo", "log"), lines("cpo", "nothing"));
    assert.notDeepEqual(lines("dr-cpo", "predictions"), lines("dr-cpo", "nothing"));
    const alone = await runInProcess(cpo, [...flags, "--arms", "reward-model"], mirror);
    assert.deepEqual(linesOf(alone.csv, "reward-model"), linesOf(first.csv, "reward-model"));
  },
});

/** Last column. */
const values = (lines: readonly string[]) => lines.map((line) => line.slice(line.lastIndexOf(",") + 1));
