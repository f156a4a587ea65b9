/**
 * Trains a language model on lines of preferences: from the files of the command line to those of the run's folder.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { refused, writeWhole } from "../files.ts";
import { type Checkpoint, openCheckpoint } from "../policies/language/checkpoint.ts";
import { tokenizerOf } from "../policies/language/checkpoint_tokenizer.ts";
import { engineFacts, startBackend } from "../tensor/backend.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { evaluate } from "../training/language/evaluate.ts";
import type { Example } from "../training/language/examples.ts";
import { FrozenStates } from "../training/language/frozen_states.ts";
import { type ReadLines, readLines } from "../training/language/lines.ts";
import { type CurvePoint, type LoopOptions, type Progressed, runLoop } from "../training/language/loop.ts";
import type { ExampleKind, Objective } from "../training/language/objective.ts";
import { objectiveOf } from "../training/language/objectives.ts";
import { weighedBySample } from "../training/language/objectives_of_logs.ts";
import { holdBack } from "../training/language/order.ts";
import { cachedReference } from "../training/language/reference.ts";
import { checkWeights } from "../training/language/sample_weights.ts";
import { loadState, saveState, type Settings } from "../training/language/saved_state.ts";
import { trainerOf } from "../training/language/trainer.ts";
import { DivergenceError, UserError } from "../user_error.ts";
import { takeFolder } from "./folder.ts";
import { createProgress } from "./progress.ts";
import { gitState, versions } from "./provenance.ts";
import { linesOf } from "../text_lines.ts";
import { checkProducts, productsBy } from "./products.ts";
import { checkIds, fitted } from "./train_checks.ts";
import { keepTraining, spentBefore } from "./train_keeping.ts";
import { keepWeights, takeWeights, trainedModel } from "./train_model.ts";
import type { TrainOptions } from "./train_options.ts";
import { TRAINING } from "./training_record.ts";
import { trlSettings } from "./trl/export.ts";
import { askedOf, commonSettings } from "./trl/training.ts";

/** Bytes of states below the trained layers that are kept. */
const STATES = 2 ** 30;
/** Time between two looks that others can take at a training, while it goes: its page takes half a second. */
const LOOKS = 20_000;

/**
 * Trains, or goes on where the same command was stopped.
 *
 * @param command as the user gave it, for the report
 * @param say told what there is to know, a line at a time
 * @param options.references folder for log-probs of references, which all runs share
 * @param options.progress how steps are shown
 * @param options.looks least time between two drawings of the report on the way, ms
 * @returns where the report is, and what was written
 * @throws UserError for whatever a user can mend; DivergenceError where numbers left the finite ones, once the state before
 * that is saved and the report is drawn
 */
export async function train(
  options: TrainOptions,
  command: string,
  say: (line: string) => void,
  { references = "reports/reference", progress: shown = createProgress, looks = LOOKS } = {},
): Promise<string[]> {
  const { out, numbers } = options, engine = await startBackend(options.backend);
  using checkpoint = closing(openCheckpoint(options.model));
  const tokenizer = await tokenizerOf(checkpoint);
  const objective = checkedObjective(options);
  const rules = fitted(options, checkpoint);
  const { train, heldOut, checksum } = await examplesOf({ ...options, rules }, objective, tokenizer, say);
  if (rules !== options.rules) {
    say(`${checkpoint.path}: was made for ${rules.maxLength} tokens; longer texts are cut there`);
  }
  checkIds([...train, ...heldOut], checkpoint);
  const folder = await takeFolder(out, TRAINING);
  try {
    const facts = factsOf(options), engineLine = JSON.stringify([engine, facts]);
    const checkpointSum = checkpoint.checksum();
    const { fresh, out: _, lengthGiven: __, ...given } = options;
    const { model: ___, pairs: ____, heldOut: _____, adapter, ...told } = given;
    const adapterIs = adapter === undefined ? {} : { adapter: await adapterSum(adapter) };
    const settings: Settings = { ...told, engine: engineLine, checkpoint: checkpointSum, data: checksum, ...adapterIs };
    if (fresh) removeOld(out);

    const { model, trained, write, dispose } = trainedModel(checkpoint, options, say);
    const steps = numbers.steps || Math.ceil(numbers.epochs * train.length / numbers.batch);
    if (numbers.warmup > 0 && numbers.warmup >= steps) {
      throw new UserError(`--warmup ${numbers.warmup}: training has ${steps} steps; take fewer for the warm-up`);
    }
    const micro = numbers.micro || numbers.batch;
    const reference = objective.reference
      ? cachedReference(() => model, [...train, ...heldOut], { checkpoint: checkpointSum, engine: engineLine }, {
        ...{ folder: references, micro, say },
      })
      : new Map();
    checkWeights(objective, [...train, ...heldOut], reference);
    const setting = {
      ...{ model, objective, reference, micro, recomputes: options.recompute, points: { mean: 0, count: 0 } },
      ...(model.frozenLayers > 0 && { states: new FrozenStates(STATES) }),
    };
    const { weightDecay, seed, clip } = numbers;
    const trainer = trainerOf(setting, trained, { weightDecay, seed, clipNorm: clip === 0 ? Infinity : clip });
    const from = fresh ? undefined : loadState(out, settings, trainer, trained);
    const seconds = fresh ? 0 : await spentBefore(out, from !== undefined, say);
    const known = {
      ...{ command, git: await gitState(), versions: versions(), engine, engineFacts: facts },
      ...{ checkpoint: checkpointSum, data: checksum, ...adapterIs },
      ...{ lines: train.length, heldOut: heldOut.length, steps, options: { ...given, rules } },
    };
    const keeping = keepTraining(out, known, { curve: from?.curve ?? [], kept: trainer.steps, seconds });
    await keeping.write();
    await writeWhole(
      `${out}/trl.json`,
      trlText({ ...options, rules }, [...train, ...heldOut], steps, checkpoint.config),
    );
    if (from !== undefined) say(`${out}: goes on after ${trainer.steps} of ${steps} steps`);
    const loop: LoopOptions = {
      ...{ seed, batch: numbers.batch, evaluateEvery: numbers.evaluateEvery, saveEvery: numbers.saveEvery },
      schedule: { kind: options.schedule, peak: numbers.learningRate, warmup: numbers.warmup, steps },
      ...(numbers.patience > 0 && { patience: numbers.patience }),
    };
    const best = `${out}/best.safetensors`, progress = shown("train", steps, trainer.steps);
    let drawn = performance.now();
    const listeners = {
      async point(point: CurvePoint) {
        keeping.add(point);
        if (point.on === "held-out") progress.say(heldOutLine(point));
        else {
          progress.start(`loss ${point.loss.toPrecision(4)}`);
          progress.finish();
        }
        if (performance.now() - drawn < looks) return;
        await keeping.draw();
        drawn = performance.now();
      },
      best: () => numbers.patience > 0 ? keepWeights(best, trained) : undefined,
      async save(now: Progressed) {
        await saveState(out, settings, trainer, trained, now);
        await keeping.write(trainer.steps);
      },
    };
    try {
      await runLoop(trainer, { train, heldOut }, loop, listeners, from);
      progress.end();
      if (numbers.patience > 0) takeWeights(best, trained);
      const written = await write(out);
      await keeping.draw();
      return [`${out}/index.html`, written];
    } catch (error) {
      progress.end();
      if (error instanceof UserError && error.message.startsWith("out of memory")) {
        throw new UserError(`${error.message}; --recompute or a smaller --micro takes less`, { cause: error });
      }
      if (error instanceof DivergenceError) await keeping.draw(`${error.message}; the state before that step is kept.`);
      throw error;
    } finally {
      trainer.dispose();
      dispose();
    }
  } finally {
    folder.release();
  }
}

/** What numbers depend on beside this project's code. */
function factsOf({ products }: TrainOptions): Record<string, string> {
  if (products === undefined) return engineFacts();
  checkProducts(products);
  return { ...engineFacts(), products: productsBy(products)! };
}

function closing(checkpoint: Checkpoint): Checkpoint & Disposable {
  return Object.assign(checkpoint, { [Symbol.dispose]: () => checkpoint.close() });
}

/** The objective, once it has been tried: what is wrong with an option shows before anything is computed. */
function checkedObjective({ loss, objective: options }: TrainOptions): Objective {
  const objective = objectiveOf(loss, options), { data } = objective;
  const text = { ids: Uint32Array.of(0, 1), from: 1 }, logps = Float32Array.of(0, -1);
  const texts: Partial<Record<ExampleKind, number>> = { labelled: 1, logged: 1, sampled: 1, "logged and sampled": 1 };
  const responses = new Array<typeof text>(data === "constitutions" ? 4 : texts[data] ?? 2).fill(text);
  const numbers = { desirable: true, tied: false, rewards: [1, 0], outcome: 1, predicted: 1, constitutions: 2 };
  const example = { responses, ...numbers }, all = responses.map(() => logps);
  try {
    evaluate(objective, [{ example, policy: all, reference: all, logCollision: all }], [example], 0);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) {
      throw new UserError(`loss ${loss}: ${error.message}`);
    }
    throw error;
  }
  return objective;
}

/** Lines as other tasks read them: what is no UTF-8 is refused, where letters would be replaced in silence. */
async function textOf(path: string): Promise<string> {
  let text = "";
  for await (const line of linesOf(path)) text += `${line}\n`;
  return text;
}

/** Examples to learn from and to look at, and the SHA-256 of their lines. */
async function examplesOf(
  { pairs, heldOut, numbers: { heldShare, seed }, rules }: TrainOptions,
  objective: Objective,
  tokenizer: Tokenizer,
  say: (line: string) => void,
) {
  const read = async (path: string): Promise<ReadLines & { readonly text: string }> => {
    const text = await textOf(path), lines = readLines(text, path, objective, tokenizer, rules);
    if (lines.lost !== "") say(`${path}: ${lines.lost}`);
    return { ...lines, text };
  };
  const all = await read(pairs), other = heldOut === undefined ? undefined : await read(heldOut);
  const checksum = createHash("sha256").update(JSON.stringify([all.text, other?.text])).digest("hex");
  const weighed = (what: string, examples: readonly Example[]): readonly Example[] => {
    if (objective.data !== "logged and sampled" || examples.length === 0) return examples;
    try {
      return weighedBySample(examples);
    } catch (error) {
      if (error instanceof RangeError) throw new UserError(`${what} ${error.message}`);
      throw error;
    }
  };
  if (other !== undefined) {
    return { train: weighed(pairs, all.examples), heldOut: weighed(heldOut!, other.examples), checksum };
  }
  try {
    const sides = holdBack(all.prompts, heldShare, seed);
    const take = (places: readonly number[]) => places.map((i) => all.examples[i]);
    const held = `what --held-share ${heldShare} takes of ${pairs}`;
    return {
      train: weighed(heldShare > 0 ? `${held}, and leaves,` : pairs, take(sides.train)),
      heldOut: weighed(held, take(sides.heldOut)),
      checksum,
    };
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`--held-share ${heldShare}: ${pairs}: ${error.message}`);
    throw error;
  }
}

/** SHA-256 of an adapter's files. */
async function adapterSum(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of ["adapter_config.json", "adapter_model.safetensors"]) {
    try {
      hash.update(await Deno.readFile(`${folder}/${name}`));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw refused(folder, error);
      throw new UserError(`${folder}: no ${name}; an adapter is a folder as peft saves it`);
    }
  }
  return hash.digest("hex");
}

/** Settings of TRL for the same training on the same lines. */
function trlText(
  options: TrainOptions,
  examples: readonly Example[],
  steps: number,
  config: Checkpoint["config"],
): string {
  const { loss, objective, pairs: usual } = options, weighted = examples.some(({ weight = 1 }) => weight !== 1);
  const asked = { [loss]: askedOf(loss, objective, steps, weighted) };
  return `${JSON.stringify(trlSettings(asked, { usual }, commonSettings(options, config)), null, 1)}\n`;
}

/** Removes what an earlier training left. */
function removeOld(out: string): void {
  for (const { name } of Deno.readDirSync(out)) {
    if (/^(state\.json|state-\d+\.safetensors|best\.safetensors)$/.test(name)) Deno.removeSync(`${out}/${name}`);
  }
}

function heldOutLine({ step, loss, accuracy }: CurvePoint): string {
  const order = Number.isNaN(accuracy) ? "" : `, ${(100 * accuracy).toFixed(1)} % in the right order`;
  return `after ${step} steps, held out: loss ${loss.toPrecision(5)}${order}`;
}
