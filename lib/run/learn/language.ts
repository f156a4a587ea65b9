/**
 * Methods over a language model.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { type Checkpoint, openCheckpoint } from "../../policies/language/checkpoint.ts";
import { tokenizerOf } from "../../policies/language/checkpoint_tokenizer.ts";
import { Rng } from "../../random.ts";
import { engineFacts, startBackend } from "../../tensor/backend.ts";
import { UserError } from "../../user_error.ts";
import { checkProducts, productsBy } from "../products.ts";
import { gitState, versions } from "../provenance.ts";
import { checkIds, fitted } from "../train_checks.ts";
import type { TrainOptions } from "../train_options.ts";
import { trlSettings } from "../trl/export.ts";
import { askedOf, commonSettings } from "../trl/training.ts";
import { KeptFolds } from "./kept_folds.ts";
import { crossValidateLanguage } from "./language_folds.ts";
import type { LanguageOptions } from "./language_options.ts";
import { encodedRows, type PairsData } from "./language_texts.ts";
import type { LearnOptions } from "./options.ts";
import type { LearnRead } from "./source.ts";
import type { Learned } from "./words.ts";

/**
 * Trains the model by every method in every fold, and compares what it does on the rest.
 *
 * @throws UserError for a model that cannot be opened, for rows of which too few fit it, and as trainings do; DivergenceError
 * where one runs away
 * @example
 * ```ts ignore
 * const { compared, written } = await learnLanguage(options, options.language!, read, console.log);
 * ```
 */
export async function learnLanguage(
  { methods, grid, source: { path }, out, numbers: { folds, seed } }: LearnOptions,
  language: LanguageOptions,
  read: LearnRead,
  say: (line: string) => void,
): Promise<Learned> {
  const { training, klTokens } = language;
  await startBackend(training.backend);
  checkProducts(training.products ?? "float32");
  const checkpoint = openCheckpoint(training.model);
  try {
    const tokenizer = await tokenizerOf(checkpoint), rules = fitted(training, checkpoint);
    if (klTokens >= checkpoint.config.maxLength) {
      throw new UserError(
        `--kl-tokens ${klTokens}: ${checkpoint.path} was made for ${checkpoint.config.maxLength} tokens`,
      );
    }
    const encoding = { tokenizer, rules, path }, encoded = encodedRows(read.texts, encoding);
    const fitting = encoded.examples.flatMap((example, i) => example === undefined ? [] : [{ example, i }]);
    const data = part(read, fitting.map(({ i }) => i)), examples = fitting.map(({ example }) => example);
    if (data.rows.every(({ tied }) => tied)) throw new UserError(`${path}: all pairs that fit the model are ties`);
    checkIds(examples, checkpoint);
    const lost = encoded.lost === "" ? [] : [`tokens: ${encoded.lost}`];
    for (const line of lost) say(line);
    const texts = fitting.map(({ i }) => read.texts[i]);
    const kept = await KeptFolds.open(out, {
      ...{ training: { ...training, model: checkpoint.checksum() }, klTokens, folds, grid, seed, data, texts },
      methods: methods.map(({ id, loss, given }) => [id, loss.name, given]),
      ...{
        engine: { ...engineFacts(), ...(training.products && { products: productsBy(training.products)! }) },
        git: await gitState(),
        versions: versions(),
      },
    });
    const { compared, written, betas } = await crossValidateLanguage({
      ...{ data, texts, examples, checkpoint, encoding, language, methods, folds, grid, seed, say },
      ...{ rng: Rng.seed(seed).fork("learn"), folderOf: (id) => `${out}/policy-${id}`, kept },
    });
    const { numbers: { rank, layers, epochs, steps, batch, learningRate }, whole } = training;
    const policies =
      `Policies are the language model ${basename(resolve(checkpoint.path))}, trained anew in each fold: ` +
      (whole ? "its weights" : `a low-rank adapter of rank ${rank}`) +
      (layers > 0 ? ` in the last ${layers} layers` : "") +
      `, ${steps > 0 ? `${steps} steps` : `${epochs} epochs`} of ${batch} lines, highest rate ${learningRate}. ` +
      `Log-ratios are of whole texts, to the model as it was. KL is estimated at each prompt on one completion of the ` +
      `policy, its first ${klTokens} tokens.`;
    return {
      read: { ...read, data, texts, told: [...read.told, ...lost] },
      compared,
      policies,
      files: new Map([["trl.json", trlText(methods, betas, { ...training, rules }, data, checkpoint.config)]]),
      written,
      settle: () => kept.remove(),
    };
  } finally {
    checkpoint.close();
  }
}

/** Settings of TRL for the trainings on all rows, on the pairs that lie beside them. */
function trlText(
  methods: LearnOptions["methods"],
  betas: readonly number[],
  training: TrainOptions,
  { rows }: PairsData,
  config: Checkpoint["config"],
): string {
  const weighted = rows.some(({ weight }) => weight !== 1), pairs = rows.filter(({ tied }) => !tied).length;
  const { steps, epochs, batch } = training.numbers;
  const asked = methods.map(({ id, loss, asked, objective }, m) => {
    const lines = objective(betas[m]).data === "labelled" ? 2 * pairs : pairs;
    return [id, askedOf(loss.name, asked(betas[m]), steps || Math.ceil(epochs * lines / batch), weighted)] as const;
  });
  const settings = trlSettings(Object.fromEntries(asked), { usual: "pairs.jsonl" }, commonSettings(training, config));
  return `${JSON.stringify(settings, null, 1)}\n`;
}

/** Some rows of the pairs. */
function part({ data }: LearnRead, rows: readonly number[]): PairsData {
  if (data.kind !== "pairs") throw new TypeError("expected pairs");
  return { ...data, rows: rows.map((i) => data.rows[i]), groups: rows.map((i) => data.groups[i]) };
}
