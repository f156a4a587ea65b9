/**
 * A small experiment for tests of whole processes: one question in plain numbers, one that trains, one on real data.
 *
 * @module
 */
import { question } from "../experiment.ts";
import { main } from "../main.ts";
import { int, type OptionValues } from "../options.ts";
import { commonOptions } from "../plan.ts";
import type { Experiment } from "../experiment.ts";
import { above } from "../../statistics/claims.ts";
import { tf } from "../../tensor/backend.ts";
import { fit } from "../../training/fit.ts";

const options = {
  ...commonOptions,
  n: int(400, "draws a replicate", { part: "synthetic", min: 1, max: 100_000_000 }),
  steps: int(20, "Adam steps", { part: "benchmark", min: 1, max: 10_000 }),
  fault: int(0, "1 makes the last unit's metric NaN, 2 makes it throw, 3 makes training ask for 8 GiB", {
    part: "synthetic",
    min: 0,
    max: 3,
  }),
};
type ToyOptions = OptionValues<typeof options>;

/** Mean of n draws; with antithetic draws its error is smaller. */
const sampling = question<ToyOptions, unknown>({
  id: "sampling",
  asks: "How far is a mean of draws from the truth?",
  part: "synthetic",
  method: "Squared error of the mean of n uniform draws.",
  arms: ["cpo", "dr-cpo"],
  conditions: () => [{ spread: 0.5 }, { spread: 1 }, { spread: 2 }],
  seeds: ({ seeds }) => seeds,
  block: 2,
  run({ options, arm, condition, seeds, streams }) {
    const last = arm === "dr-cpo" && condition.spread === 2 && seeds.includes(options.seeds - 1);
    if (last && options.fault === 2) throw new TypeError("a mistake in the program");
    const error = streams("draws").map((rng) => {
      let sum = 0;
      for (let i = 0; i < options.n; i++) {
        const u = rng.uniform() - 0.5;
        sum += arm === "cpo" ? u : (u + (rng.uniform() - 0.5)) / 2;
      }
      return Number(condition.spread) * (sum / options.n) ** 2;
    });
    return { error: last && options.fault === 1 ? error.map(() => NaN) : error };
  },
  claims: [{
    id: "pairs-help",
    statement: "Averaging pairs of draws lowers the error",
    source: "any textbook",
    paper: "-",
    quantity: "squared error of one draw - of pairs",
    rule: above(0),
    arms: ["cpo", "dr-cpo"],
    evidence: (view) => view.paired("cpo", "dr-cpo", { name: "error" }, { spread: 1 }),
  }],
  figures: () => [],
  tables: () => [],
});

/** Adam on a parabola with a random centre. */
const training = question<ToyOptions, unknown>({
  id: "training",
  asks: "How near does Adam come?",
  part: "benchmark",
  method: "Squared distance to the centre after some steps.",
  arms: ["cpo", "dr-cpo"],
  conditions: () => [{ rate: 0.05 }, { rate: 0.1 }],
  seeds: ({ seeds }) => seeds,
  tensors: true,
  run({ options, arm, condition, seeds, streams }) {
    if (options.fault === 3) tf.fill([2 ** 31], 0);
    const centre = tf.tensor2d(streams("centre").map((rng) => [rng.normal(), rng.normal()]));
    const x = tf.variable(tf.zerosLike(centre));
    try {
      const loss = () => tf.sum(tf.square(tf.sub(x, centre)), 1);
      const { loss: distance } = fit({
        parameters: [x],
        loss,
        steps: options.steps,
        learningRate: Number(condition.rate),
        arm,
        seeds,
      });
      return { distance };
    } finally {
      tf.dispose([x, centre]);
    }
  },
  claims: [],
  figures: () => [],
  tables: () => [],
});

/** The size of a real file. */
const speeches = question<ToyOptions, number>({
  id: "speeches",
  asks: "How large is the file?",
  part: "benchmark",
  method: "By reading it.",
  dataset: "hong-kong",
  arms: ["naive"],
  conditions: () => [{}],
  seeds: () => 1,
  prepare: async ({ store }) => (await store.read("hong-kong", "HKData.csv")).length,
  run: ({ prepared }) => ({ bytes: [prepared] }),
  claims: [],
  figures: () => [],
  tables: () => [],
});

const toy: Experiment<typeof options> = {
  name: "toy",
  title: "A toy",
  paper: "None.",
  lead: "For tests.",
  formulas: [],
  options,
  questions: [sampling, training, speeches],
};

export default toy;

if (import.meta.main) await main(toy, import.meta.url);
