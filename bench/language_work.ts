/**
 * One piece of work of a language model, in a process of its own, so that its memory can be told.
 *
 * deno run bench/language_work.ts ENGINE WORK FORM ROUNDS SIZES: FORM of frozen matrices, SIZES in JSON. Prints one line of JSON: processor milliseconds of
 * each round, and the most memory that the process held, in MiB.
 *
 * @module
 */
import process from "node:process";
import { generate } from "../lib/policies/language/generate.ts";
import { loadAdapter, newAdapter } from "../lib/policies/language/lora.ts";
import { languageModel } from "../lib/policies/language/model.ts";
import { sequencesOf } from "../lib/policies/language/sequences.ts";
import type { Form } from "../lib/policies/language/weights.ts";
import { Rng } from "../lib/random.ts";
import { startBackend } from "../lib/tensor/backend.ts";
import { objectiveOf } from "../lib/training/language/objectives.ts";
import { FrozenStates } from "../lib/training/language/frozen_states.ts";
import { scoreTexts } from "../lib/training/language/scoring.ts";
import { trainedWeights, trainerOf } from "../lib/training/language/trainer.ts";
import type { LanguageSizes, LanguageWork } from "./language.ts";
import { packedModel, randomModel, randomPairs } from "./models.ts";

const rng = Rng.seed(0);

/** Layers that are trained where most are not; `language.py` knows the same. */
const TRAINED_LAYERS = 6;

/** The work as a function to be called again and again. */
function build(work: LanguageWork, frozen: Form, sizes: LanguageSizes): () => void {
  const source = randomModel(sizes, rng), pairs = randomPairs({ ...sizes, shared: true }, rng);
  if (work === "forward") {
    const model = languageModel(source, { frozen }), texts = pairs.flatMap(({ responses }) => responses);
    const sequences = sequencesOf(texts.map(({ ids }) => ids));
    const scored = Uint8Array.from(sequences.positions, (t) => Number(t >= sizes.prompt));
    return () => void model.logProbs(sequences, scored);
  }
  if (work === "generate" || work === "generate-quantised") {
    const model = work === "generate"
      ? languageModel(source, { frozen })
      : languageModel(packedModel(source, rng), { frozen: "packed" });
    const prompts = pairs.flatMap(({ responses }) => responses).map(({ ids }, seed) => ({
      ids: Uint32Array.from(ids.subarray(0, sizes.prompt), (id) => (id + seed) % sizes.vocabulary), // none equal
      seed,
    }));
    return () => void generate(model, prompts, { temperature: 1, maxTokens: sizes.new, end: [] });
  }
  const adapter = work === "full" ? undefined : loadAdapter(
    newAdapter(
      {
        ...{ rank: 8, alpha: 16, rankStabilised: false },
        targets: work === "lora-all" ? "all-linear" : ["q_proj", "v_proj"],
        ...(work === "lora-top" && { layers: lastLayers(sizes) }),
      },
      source.config,
      rng,
    ),
    source.config,
  );
  const model = languageModel(source, adapter ? { frozen, change: adapter.change } : { trained: () => true });
  const trained = adapter
    ? adapter.parameters.map((variable, i) => ({ name: `factor ${i}`, variable }))
    : trainedWeights(model, () => true);
  const reference = new Map(pairs.map((pair) => [pair, { responses: scoreTexts(model, [pair.responses]) }]));
  const setting = {
    ...{ model, objective: objectiveOf("dpo", { loss: { beta: 0.1 } }), reference, micro: pairs.length },
    ...{ recomputes: false, points: { mean: 0, count: 0 } },
    ...(work === "lora-top" && { states: new FrozenStates(2 ** 30) }),
  };
  const trainer = trainerOf(setting, trained, { weightDecay: 0.01, clipNorm: Infinity, seed: 0 });
  return () => void trainer.step(pairs, 1e-4);
}

/** Those that are trained where most are not. */
const lastLayers = ({ layers }: LanguageSizes): number[] =>
  Array.from({ length: layers }, (_, i) => i).slice(-TRAINED_LAYERS);

if (import.meta.main) {
  const [engine, work, form, rounds, sizes] = Deno.args;
  await startBackend(engine);
  const step = build(work as LanguageWork, form as Form, JSON.parse(sizes));
  if (Number(rounds) > 1) step(); // a single round shows that it runs: nothing is warmed up
  const ms = Array.from({ length: Number(rounds) }, () => {
    const began = process.cpuUsage();
    step();
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  });
  console.log(JSON.stringify({ ms, mebibytes: process.resourceUsage().maxRSS / 1024 }));
}
