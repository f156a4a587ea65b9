/**
 * Methods over a language model, fold by fold: trained anew on the rest of each fold, measured on what was held out.
 *
 * @module
 */
import { tokenize } from "../../datasets/text_features.ts";
import { assignFolds } from "../../estimators/cross_fit.ts";
import { sigmoid, softplus } from "../../exact/logistic.ts";
import { checkFolds, type Compared } from "../../learn/cross_validate.ts";
import type { Measures } from "../../learn/held_out.ts";
import type { Method } from "../../learn/method.ts";
import type { Checkpoint } from "../../policies/language/checkpoint.ts";
import type { Rng } from "../../random.ts";
import { groupCount } from "../../statistics/groups.ts";
import type { Example } from "../../training/language/examples.ts";
import type { Objective } from "../../training/language/objective.ts";
import { UserError } from "../../user_error.ts";
import type { FoldOutcome, KeptFolds } from "./kept_folds.ts";
import type { LanguageOptions } from "./language_options.ts";
import { type LanguagePolicy, languagePolicy, Reference } from "./language_policy.ts";
import { type Encoding, examplesFor, type PairsData, type PairTexts } from "./language_texts.ts";

/** Folds of the training part, one of which chooses β, as with words. */
const INNER = 4;
/** Log-ratios that differ by less than this share of their log-probs are the same to float32. */
const ROUNDING = 2 ** -22;

/** What is compared, and how. */
interface LanguageComparison {
  readonly data: PairsData;
  /** Texts of each row as the file has them `[n]`. */
  readonly texts: readonly PairTexts[];
  /** Each row in tokens `[n]`. */
  readonly examples: readonly Example[];
  readonly checkpoint: Checkpoint;
  readonly encoding: Encoding;
  readonly language: LanguageOptions;
  readonly methods: readonly Method[];
  /** K. */
  readonly folds: number;
  /** Values of β; one is taken as it is, of several each fold chooses. */
  readonly grid: readonly number[];
  readonly seed: number;
  readonly rng: Rng;
  /** Folder of a method's policy from all rows. */
  readonly folderOf: (id: string) => string;
  /** What was kept of a run that was stopped. */
  readonly kept: KeptFolds;
  readonly say: (line: string) => void;
}

/**
 * Trains and measures each method in each fold, and once on all rows, which is written.
 *
 * @returns what was held out, what was written, and β of each method's policy from all rows
 * @throws UserError for fewer groups than folds, and as trainings do; DivergenceError where one runs away
 * @example
 * ```ts ignore
 * const { compared, written } = await crossValidateLanguage(comparison);
 * ```
 */
export async function crossValidateLanguage(
  comparison: LanguageComparison,
): Promise<{ readonly compared: Compared; readonly written: readonly string[]; readonly betas: readonly number[] }> {
  const { data, methods, folds, grid, rng, checkpoint, language: { training }, say } = comparison;
  const { rows, groups } = data, n = rows.length, all = Array.from({ length: n }, (_, i) => i);
  checkFolds(n, groups, folds);
  const fold = assignFolds({ n, folds, rng: rng.fork("folds"), groups }), written: string[] = [], wholes: number[] = [];
  const results = methods.map(({ id }) => ({ id, rows: new Array<Measures>(n), betas: [] as number[], short: 0 }));
  const { numbers } = training, inner = methods.filter((method) => isChosen(method, grid)).length * grid.length;
  const total = (folds + 1) * (methods.length + inner);
  let done = 0;
  using reference = new Reference(checkpoint, numbers.micro || numbers.batch, training.products);
  const base = reference.of(comparison.examples);
  // A model without its low-rank changes is the reference: a copy is kept beside weights that are trained alone.
  if (!training.whole) reference[Symbol.dispose]();
  const start = comparison.examples.map((example) =>
    base.get(example)!.responses.map((logps) => logps.reduce((sum, logp) => sum + logp, 0))
  );
  const trained = async (method: Method, beta: number, which: readonly number[], what: string) => {
    const objective = method.objective(beta);
    const examples = examplesFor(objective, data, comparison.texts, which, comparison.encoding);
    if (examples.length === 0) throw new UserError(`${method.id}: ${what} has nothing that it learns from`);
    const began = performance.now();
    const policy = await languagePolicy(checkpoint, training, objective, examples, reference, say);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const memory = Math.round(Deno.memoryUsage().rss / 2 ** 20);
    say(`${++done} of ${total}: ${method.id}, ${what}: ${examples.length} lines in ${seconds} s, ${memory} MB in all`);
    return { policy, objective };
  };
  const outcomeOf = async (
    method: Method,
    train: readonly number[],
    held: readonly number[],
    where: string,
    k: number,
  ): Promise<FoldOutcome> => {
    const beta = isChosen(method, grid)
      ? await chosenBeta(comparison, method, train, where, rng.fork(`inner-${k}`), start, trained)
      : grid[0];
    const { policy, objective } = await trained(method, beta, train, where);
    using _ = policy;
    if (k === folds) return { beta, rows: [], written: await policy.write(comparison.folderOf(method.id)) };
    const logps = policy.logps(held.map((i) => comparison.examples[i])), kls = klOf(comparison, policy, held);
    const rows = held.map((i, at) => measuresOf(data, i, logps[at], start[i], objective, kls[at]));
    return { beta, rows };
  };
  if (comparison.kept.size > 0) {
    say(`goes on after ${comparison.kept.size} of ${(folds + 1) * methods.length} folds of methods, which are kept`);
  }
  for (let k = 0; k <= folds; k++) {
    const where = k < folds ? `fold ${k + 1} of ${folds}` : "all rows";
    const train = all.filter((i) => k === folds || fold[i] !== k), held = all.filter((i) => fold[i] === k);
    for (const [m, method] of methods.entries()) {
      const unit = `${method.id} ${k}`, known = await stillThere(comparison.kept.get(unit));
      const outcome = known ?? await outcomeOf(method, train, held, where, k);
      if (known === undefined) await comparison.kept.put(unit, outcome);
      else done += 1 + (isChosen(method, grid) ? grid.length : 0);
      if (outcome.written !== undefined) {
        written.push(outcome.written);
        wholes.push(outcome.beta);
      } else results[m].betas.push(outcome.beta);
      held.forEach((i, at) => results[m].rows[i] = outcome.rows[at]);
    }
  }
  return { compared: { results, fold }, written, betas: wholes };
}

/** An outcome, unless its policy was removed. */
async function stillThere(outcome: FoldOutcome | undefined): Promise<FoldOutcome | undefined> {
  if (outcome?.written === undefined) return outcome;
  return await Deno.stat(outcome.written).then(() => outcome, () => undefined);
}

const isChosen = ({ tuned }: Method, grid: readonly number[]): boolean => tuned !== undefined && grid.length > 1;

/** The β with which a quarter of the training groups is told apart best; of equal values the largest. */
async function chosenBeta(
  { data, grid, examples }: LanguageComparison,
  method: Method,
  train: readonly number[],
  where: string,
  rng: Rng,
  start: readonly (readonly number[])[],
  trained: (
    method: Method,
    beta: number,
    which: readonly number[],
    what: string,
  ) => Promise<{ readonly policy: LanguagePolicy; readonly objective: Objective }>,
): Promise<number> {
  const groups = train.map((i) => data.groups[i]), count = groupCount(groups);
  if (count < 2) {
    throw new UserError("a fold learns from one group alone, which leaves none to choose β by; give one --beta");
  }
  const inner = assignFolds({ n: groups.length, folds: Math.min(INNER, count), rng, groups });
  const fit = train.filter((_, at) => inner[at] !== 0);
  const judge = train.filter((i, at) => inner[at] === 0 && !data.rows[i].tied);
  let best = grid[0], most = -Infinity;
  for (const beta of grid.toSorted((a, b) => b - a)) {
    const { policy, objective } = await trained(method, beta, fit, `${where}, to choose β: ${beta}`);
    using _ = policy;
    const logps = policy.logps(judge.map((i) => examples[i]));
    const sum = judge.reduce(
      (total, i, at) => total + data.rows[i].weight * measuresOf(data, i, logps[at], start[i], objective, NaN).accuracy,
      0,
    );
    if (sum > most) [best, most] = [beta, sum];
  }
  return best;
}

/** KL at the prompt of each of some rows, from one completion a prompt. */
function klOf(
  { data, examples, language: { klTokens }, seed }: LanguageComparison,
  policy: LanguagePolicy,
  held: readonly number[],
): number[] {
  const first = new Map<number, number>();
  for (const i of held) if (!first.has(data.rows[i].prompt)) first.set(data.rows[i].prompt, i);
  const prompts = [...first.values()].map((i) => {
    const [{ ids, from }] = examples[i].responses;
    return ids.slice(0, from);
  });
  const kls = policy.kls(prompts, klTokens, seed), places = new Map([...first.keys()].map((prompt, k) => [prompt, k]));
  return held.map((i) => kls[places.get(data.rows[i].prompt)!]);
}

/** Measures of a held-out pair, by the names that measures of word policies have. */
function measuresOf(
  { rows, prompts }: PairsData,
  row: number,
  [chosen, rejected]: readonly number[],
  [chosenStart, rejectedStart]: readonly number[],
  { beta = 1 }: Objective,
  kl: number,
): Measures {
  const { tied, prompt, ...places } = rows[row], ratios = [chosen - chosenStart, rejected - rejectedStart];
  const margin = ratios[0] - ratios[1],
    size = Math.max(...[chosen, rejected, chosenStart, rejectedStart].map(Math.abs));
  const accuracy = Math.abs(margin) <= ROUNDING * size ? 0.5 : margin > 0 ? 1 : 0;
  const words = [places.chosen, places.rejected].map((text) => tokenize(prompts[prompt].texts[text]).length);
  const [picked, other] = margin >= 0 ? words : words.toReversed(), counted = (value: number) => tied ? NaN : value;
  return {
    accuracy: counted(accuracy),
    preferred: counted(sigmoid(chosen - rejected)),
    "log-loss": counted(softplus(-beta * margin)),
    predicted: sigmoid(beta * margin),
    kl,
    chosen: ratios[0],
    rejected: ratios[1],
    won: tied ? 0.5 : accuracy,
    "picked-words": picked,
    "other-words": other,
  };
}
