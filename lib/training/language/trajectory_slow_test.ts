/**
 * Steps of training beside a second implementation in float64: the model by plain loops, losses by their formulas,
 * gradients by differences, AdamW as its paper has it. The two share data and weights, and no code.
 */
import assert from "node:assert/strict";
import { tinyConfig } from "../../policies/language/checkpoint_test_helpers.ts";
import { loadAdapter } from "../../policies/language/lora.ts";
import { languageModel } from "../../policies/language/model.ts";
import { plainLogProbs, seededWeights, sourceOf } from "../../policies/language/reference_test_helpers.ts";
import { Rng } from "../../random.ts";
import { startBackend } from "../../tensor/backend.ts";
import type { Example, Response } from "./examples.ts";
import type { Objective } from "./objective.ts";
import { objectiveOf } from "./objectives.ts";
import { scoreTexts } from "./scoring.ts";
import { tinyLabelled, tinyPairs } from "./tiny_test_helpers.ts";
import { trainedWeights, trainerOf } from "./trainer.ts";

const config = tinyConfig("llama"), weights = seededWeights(config);
const LAYER = "model.layers.1.self_attn.v_proj", NORMS = ["model.layers.1.input_layernorm.weight", "model.norm.weight"];
const BATCH = 3, RATE = 0.02, SCALE = 2;

/** Log-probs of tokens of each response by position, of policy and reference. */
interface Scores {
  readonly example: Example;
  readonly policy: readonly Float64Array[];
  readonly reference: readonly Float64Array[];
}

const total = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
const softplus = (x: number) => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const own = (logps: Float64Array, { from }: Response) => logps.subarray(from);
const mean = (values: readonly number[]) => total(values) / values.length;

/** Log-ratios of chosen and rejected responses. */
function ratios(batch: readonly Scores[], of = (logps: Float64Array, text: Response) => total(own(logps, text))) {
  const side = ({ example: { responses }, policy, reference }: Scores, k: number) =>
    of(policy[k], responses[k]) - of(reference[k], responses[k]);
  return batch.map((scores) => ({
    c: side(scores, 0),
    r: scores.example.responses.length > 1 ? side(scores, 1) : NaN,
  }));
}

const perToken = (logps: Float64Array, text: Response) => total(own(logps, text)) / own(logps, text).length;

/** What is fixed while a step is taken: z0 or δ. */
type Fixed = number;

interface Case {
  readonly name: string;
  readonly objective: Objective;
  readonly examples: readonly Example[];
  readonly steps: number;
  readonly loss: (batch: readonly Scores[], fixed: Fixed) => number;
  readonly norms?: boolean;
  readonly weightDecay?: number;
  readonly clip?: number;
}

const pairs = tinyPairs(6, 21), labelled = tinyLabelled(6, 22);
const cases: readonly Case[] = [
  {
    name: "DPO, clipped and decaying",
    objective: objectiveOf("dpo", { loss: { beta: 0.5 } }),
    examples: pairs,
    steps: 10,
    loss: (batch) => mean(ratios(batch).map(({ c, r }) => softplus(-0.5 * (c - r)))),
    ...{ weightDecay: 0.3, clip: 0.2 },
  },
  {
    name: "DPO on gains of norms, which do not decay",
    objective: objectiveOf("dpo", { loss: { beta: 0.5 } }),
    examples: pairs,
    steps: 5,
    loss: (batch) => mean(ratios(batch).map(({ c, r }) => softplus(-0.5 * (c - r)))),
    ...{ norms: true, weightDecay: 0.3 },
  },
  {
    name: "IPO per token",
    objective: objectiveOf("ipo-mean", { loss: { tau: 0.5 } }),
    examples: pairs,
    steps: 5,
    loss: (batch) => mean(ratios(batch, perToken).map(({ c, r }) => (c - r - 1) ** 2)),
  },
  {
    name: "AOT, which sorts the batch",
    objective: objectiveOf("aot-unpaired", { loss: { beta: 0.5 } }),
    examples: pairs,
    steps: 5,
    loss(batch) {
      const found = ratios(batch), up = (a: number, b: number) => a - b;
      const chosen = found.map(({ c }) => c).sort(up), rejected = found.map(({ r }) => r).sort(up);
      return mean(chosen.map((c, k) => softplus(-0.5 * (c - rejected[k]))));
    },
  },
  {
    name: "LD-DPO with a likelihood term",
    objective: objectiveOf("ld-dpo", { loss: { beta: 0.5, alpha: 0.25 }, likelihood: { weight: 0.5 } }),
    examples: pairs,
    steps: 5,
    loss(batch) {
      const dpo = batch.map((scores) => {
        const short = Math.min(...scores.example.responses.map((text) => text.ids.length - text.from));
        const [{ c, r }] = ratios(
          [scores],
          (logps, text) => total(own(logps, text).map((logp, t) => t < short ? logp : 0.25 * logp)),
        );
        return softplus(-0.5 * (c - r));
      });
      const chosen = batch.flatMap(({ policy, example }) => [...own(policy[0], example.responses[0])]);
      return mean(dpo) - 0.5 * mean(chosen);
    },
  },
  {
    name: "ORPO with the likelihood of prompts and responses",
    objective: objectiveOf("orpo", { loss: { lambda: 0.5 }, likelihood: { weight: 1, prompt: true } }),
    examples: pairs,
    steps: 10,
    loss(batch) {
      const odds = batch.map(({ policy, example: { responses } }) => {
        const [w, l] = responses.map((text, k) => Math.exp(perToken(policy[k], text)));
        return Math.log(w / (1 - w)) - Math.log(l / (1 - l));
      });
      return 0.5 * mean(odds.map((o) => softplus(-o))) -
        mean(batch.flatMap(({ policy: [chosen] }) => [...chosen.subarray(1)]));
    },
  },
  {
    name: "KTO with a mean over mismatched pairs",
    objective: objectiveOf("kto", { loss: { beta: 0.5, undesirableWeight: 1.5 } }),
    examples: labelled,
    steps: 10,
    loss: (batch, z0) =>
      mean(
        ratios(batch).map(({ c }, i) =>
          batch[i].example.desirable ? 1 - sigmoid(0.5 * (c - z0)) : 1.5 * (1 - sigmoid(0.5 * (z0 - c)))
        ),
      ),
  },
  {
    name: "BCO with a running mean of rewards",
    objective: objectiveOf("bco", { loss: { beta: 0.5 } }),
    examples: labelled,
    steps: 10,
    loss: (batch, delta) =>
      mean(ratios(batch).map(({ c }, i) => softplus((batch[i].example.desirable ? -1 : 1) * (0.5 * c - delta)))),
  },
];

/** Start values of what is trained: A `[1, 16]`, then B `[8, 1]`; or the gains. */
const rng = Rng.seed(8);
const factors = Float64Array.from(rng.normals(24), (z) => Math.fround(0.3 * z));
const startOf = ({ norms }: Case) =>
  norms ? Float64Array.from(NORMS.flatMap((name) => [...weights.get(name)!])) : factors;

/** The weights with what is trained in them. */
function changed({ norms }: Case, x: Float64Array): Map<string, Float64Array> {
  const all = new Map(weights);
  if (norms) NORMS.forEach((name, k) => all.set(name, x.slice(16 * k, 16 * (k + 1))));
  else {
    const [a, b] = [x.subarray(0, 16), x.subarray(16)], name = `${LAYER}.weight`;
    all.set(name, weights.get(name)!.map((w, i) => w + SCALE * b[Math.floor(i / 16)] * a[i % 16]));
  }
  return all;
}

/** Log-probs by position; the first has none. */
const logps = (of: ReadonlyMap<string, Float64Array>, { ids }: Response) =>
  Float64Array.of(0, ...plainLogProbs(config, of, ids));

/** Losses of ten steps, and what is trained after them. */
function plainRun(run: Case): { readonly losses: readonly number[]; readonly end: Float64Array } {
  const { examples, loss, objective: { point }, weightDecay = 0, clip = Infinity, norms } = run;
  const x = startOf(run).slice(), m = x.map(() => 0), v = x.map(() => 0), losses: number[] = [];
  let rewards: number[] = [];
  for (let step = 0; step < run.steps; step++) {
    const batch = Array.from({ length: BATCH }, (_, i) => examples[(step * BATCH + i) % examples.length]);
    const reference = batch.map(({ responses }) => responses.map((text) => logps(weights, text)));
    const scored = (at: Float64Array): Scores[] => {
      const now = changed(run, at);
      return batch.map((example, i) => ({
        ...{ example, reference: reference[i], policy: example.responses.map((text) => logps(now, text)) },
      }));
    };
    let fixed = 0;
    if (point === "mismatched") {
      const now = changed(run, x);
      const apart = batch.map(({ mismatched: text }) =>
        total(own(logps(now, text!), text!)) - total(own(logps(weights, text!), text!))
      );
      fixed = Math.max(0, mean(apart));
    } else if (point === "running") {
      rewards = [...rewards, ...ratios(scored(x)).map(({ c }) => 0.5 * c)];
      fixed = mean(rewards);
    }
    losses.push(loss(scored(x), fixed));
    const gradient = x.map((value, i) => {
      const at = (to: number) => loss(scored(x.with(i, to)), fixed);
      return (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
    });
    const length = Math.hypot(...gradient), shorter = Math.min(1, clip / length);
    gradient.forEach((g, i) => {
      m[i] = 0.9 * m[i] + 0.1 * shorter * g;
      v[i] = 0.999 * v[i] + 0.001 * (shorter * g) ** 2;
      const along = m[i] / (1 - 0.9 ** (step + 1)) / (Math.sqrt(v[i] / (1 - 0.999 ** (step + 1))) + 1e-8);
      x[i] -= RATE * (along + (norms ? 0 : weightDecay) * x[i]);
    });
  }
  return { losses, end: x };
}

/** The same by the library. */
function ownRun(run: Case): { readonly losses: readonly number[]; readonly end: readonly number[] } {
  const { objective, examples, norms, weightDecay = 0, clip = Infinity } = run, source = sourceOf(config, weights);
  const settings = { rank: 1, alpha: SCALE, rankStabilised: false, targets: [LAYER] };
  const values = Float32Array.from(factors);
  const adapter = loadAdapter(
    { settings, factors: new Map([[LAYER, { a: values.slice(0, 16), b: values.slice(16) }]]) },
    config,
  );
  const chosen = (name: string) => norms === true && NORMS.includes(name);
  const model = languageModel(source, norms ? { trained: chosen } : { change: adapter.change });
  const trained = norms
    ? trainedWeights(model, chosen)
    : adapter.parameters.map((variable, i) => ({ name: `${i}`, variable }));
  const reference = new Map(examples.map((example) => {
    const score = (texts: readonly Response[]) => scoreTexts(model, [texts], { withoutChanges: true });
    const { responses, mismatched } = example;
    return [example, { responses: score(responses), ...(mismatched && { mismatched: score([mismatched])[0] }) }];
  }));
  const setting = { model, objective, reference, micro: 3, recomputes: true, points: { mean: 0, count: 0 } };
  const trainer = trainerOf(setting, trained, { weightDecay, clipNorm: clip, seed: 0 });
  const losses = Array.from(
    { length: run.steps },
    (_, step) =>
      trainer.step(Array.from({ length: BATCH }, (_, i) => examples[(step * BATCH + i) % examples.length]), RATE).loss,
  );
  const end = trained.flatMap(({ variable }) => [...variable.dataSync()]);
  trainer.dispose();
  adapter.dispose();
  model.dispose();
  return { losses, end };
}

for (const run of cases) {
  Deno.test(`${run.steps} steps are those of float64 by formulas and differences: ${run.name}`, async () => {
    await startBackend("wasm");
    const plain = plainRun(run), ours = ownRun(run);
    // A response's log-prob of some ten nats is off by some units of 2^-24 of it, 1e-6; losses and steps pass it on.
    plain.losses.forEach((loss, step) => {
      const apart = Math.abs(ours.losses[step] - loss);
      assert.ok(apart < 5e-6, `step ${step}: ${ours.losses[step]}, ${loss}`);
    });
    ours.end.forEach((value, i) => assert.ok(Math.abs(value - plain.end[i]) < 1e-5, `${i}: ${value}, ${plain.end[i]}`));
  });
}
