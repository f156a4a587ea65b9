/**
 * What `deno task learn` is told.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import {
  LANGUAGE_FLAGS,
  LANGUAGE_HELP,
  LANGUAGE_SWITCHES,
  type LanguageOptions,
  languageOptions,
} from "./language_options.ts";
import { gammaList } from "../gamma_list.ts";
import { int, number, numbers, type OptionSpec, parseFlags } from "../options.ts";
import { type NamedMethod, namedMethod, SERVED_HELP } from "./methods.ts";

const NUMBERS = {
  folds: int(5, "folds, each held out once; whole prompts or groups stay together", { min: 2, max: 1000 }),
  kl: number(0.1, "KL from π0, in nats, at which policies are compared", { min: 1e-6, max: 100 }),
  features: int(32, "features of a text at most: directions of latent semantic analysis", { min: 1, max: 512 }),
  seed: int(0, "of folds and features", { min: 0, max: 1_000_000_000 }),
};
const GRID = numbers([0.03, 0.1, 0.3, 1], "values of β that each fold chooses from", { min: 1e-6, max: 1e6 });

/** Names of columns of pairs, and of logs. */
const OF_PAIRS = ["prompt", "chosen", "rejected", "weight", "tied", "propensity"] as const;
const OF_LOGS = ["prompt", "reward", "text", "action", "propensity", "group"] as const;
const COLUMNS = [...new Set([...OF_PAIRS, ...OF_LOGS])];

/** Where the data are. */
export type LearnSource =
  | {
    readonly kind: "pairs";
    readonly path: string;
    readonly columns: Partial<Record<typeof OF_PAIRS[number], string>>;
  }
  | {
    readonly kind: "log";
    readonly path: string;
    readonly reward: string;
    /** The column of what was shown, and whether its words are read. */
    readonly shown: string;
    readonly isText: boolean;
    readonly percent: boolean;
    readonly columns: Partial<Record<"prompt" | "propensity" | "group", string>>;
  };

/** All that a comparison is told. */
export interface LearnOptions {
  readonly source: LearnSource;
  readonly methods: readonly NamedMethod[];
  readonly grid: readonly number[];
  readonly numbers: Readonly<Record<keyof typeof NUMBERS, number>>;
  /** By how much odds may be off, ascending; none where nobody asked. */
  readonly gammas: readonly number[];
  readonly claims?: string;
  /** The language model that policies are, in place of weights of words. */
  readonly language?: LanguageOptions;
  readonly out: string;
}

/** The text of `--help`. */
export const LEARN_HELP =
  `Learns policies over texts from your own preferences or log by several methods, and compares them on what was held out:
accuracy, calibration, length-controlled win rate, value by doubly robust estimation, KL from where they began. Writes a page
with figures and tables, the policies, and pairs as JSONL for TRL, with TRL's settings in trl.json. Texts are seen through
their words, or by a language model that --model names.

Usage: deno task learn --pairs FILE [flags]
       deno task learn --log FILE --reward COLUMN --text COLUMN|--action COLUMN [flags]

  --pairs FILE        preferences: CSV, TSV, JSONL or Parquet, with columns prompt, chosen and rejected, or as
                      docs/learn.md has them
  --log FILE          what was shown, and what came of it, a row each
  --methods LIST      of the losses below (default dpo,apo-zero,kto, or causal-outcome-only,causal-cpo,dr-cpo with a
                      log); "cpo" is causal-cpo; options of a loss stand behind it, as in simpo:gamma=0.5
  --prompt, --chosen, --rejected, --tied COLUMN   of pairs, where they are not called so
  --weight COLUMN     of pairs: what a pair counts for
  --propensity COLUMN probability with which a text was shown out of those of its prompt; of pairs, with which the pair
                      was: its inverse is the weight. Of a log, where it is not there: the share of rows of the prompt
  --percent           propensities of a log are in percent
  --reward COLUMN     of a log: what came of it, larger is better. Losses of pairs learn from pairs of rows that share a
                      prompt, or of all rows without one: the text with the higher reward is preferred, by inverse
                      propensities
  --text COLUMN       of a log: the text that was shown; its words are what policies read
  --action COLUMN     of a log without texts: what was done, by name
  --group COLUMN      of a log: rows that belong together, such as a reader's (default: those of a prompt, or each row)
  --beta LIST         values of β that each fold chooses from, the same for every method: β of a loss, τ of IPO, the price
                      of KL of causal losses in standard deviations of the reward (default ${GRID.values.quick})
${
    Object.entries(NUMBERS).map(([key, { kind, help, values }]) =>
      `  ${`--${key} ${kind}`.padEnd(20)}${help} (default ${values.quick})`
    ).join("\n")
  }
  --gamma LIST        of pairs, such as 1,1.5,2: how right methods can still be where something hidden moved the odds of a
                      pair's being shown, or of its label, by at most that factor
  --claims FILE       what you claim, a line each, such as "apo-zero - dpo in accuracy > 0", "kto in kl < 1"
  --out FOLDER        where everything goes (default reports/learn)
  --help              this text

${LANGUAGE_HELP}

${SERVED_HELP}

Examples
  deno task learn --pairs pairs.jsonl --methods dpo,apo-zero,kto,simpo:gamma=0.5
  deno task learn --pairs pairs.jsonl --methods dpo,kto --model models/smollm2 --rank 8 --epochs 2
  deno task learn --log log.csv --reward clicked --action arm --propensity p --group reader`;

function numberOf<T>(name: string, spec: OptionSpec<T>, text: string | undefined): T {
  if (text === undefined) return spec.values.quick;
  try {
    return spec.parse(text);
  } catch (error) {
    throw new UserError(`--${name}: ${(error as Error).message}`);
  }
}

/**
 * Reads the command line.
 *
 * @returns undefined where help was asked for
 * @throws UserError for whatever does not fit: the flag, what it may be
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { source, methods } = learnOptions(["--pairs", "a.jsonl", "--methods", "dpo,cpo"])!;
 * assert.deepEqual([source.path, methods.map(({ id }) => id)], ["a.jsonl", ["dpo", "cpo"]]);
 * assert.throws(() => learnOptions([]), /^UserError: learn takes --pairs FILE, or --log FILE/);
 * ```
 */
export function learnOptions(args: readonly string[]): LearnOptions | undefined {
  const { values, switches } = parseFlags(
    args,
    [
      "pairs",
      "log",
      "methods",
      "beta",
      "gamma",
      "claims",
      "out",
      ...COLUMNS,
      ...Object.keys(NUMBERS),
      ...LANGUAGE_FLAGS,
    ],
    ["percent", "help", ...LANGUAGE_SWITCHES],
  );
  if (switches.has("help")) return undefined;
  const empty = Object.keys(values).find((name) => values[name] === "");
  if (empty !== undefined) throw new UserError(`--${empty} needs a value, and got an empty one`);
  const source = sourceOf(values, switches), language = languageOptions(values, switches);
  const usual = source.kind === "pairs" ? "dpo,apo-zero,kto" : "causal-outcome-only,causal-cpo,dr-cpo";
  const names = (values.methods ?? usual).split(",").map((name) => name.trim());
  const methods = names.map(namedMethod),
    twice = methods.find(({ id }, i) => methods.findIndex((m) => m.id === id) !== i);
  if (twice !== undefined) throw new UserError(`--methods: ${twice.id} is there twice; leave one out`);
  return {
    ...{ source, methods, grid: language && values.beta === undefined ? [0.1] : numberOf("beta", GRID, values.beta) },
    ...(language && { language }),
    numbers: {
      folds: numberOf("folds", NUMBERS.folds, values.folds),
      kl: numberOf("kl", NUMBERS.kl, values.kl),
      features: numberOf("features", NUMBERS.features, values.features),
      seed: numberOf("seed", NUMBERS.seed, values.seed),
    },
    gammas: gammasOf(values.gamma, source),
    ...(values.claims !== undefined && { claims: values.claims }),
    out: (values.out ?? "reports/learn").replace(/(?<=.)\/+$/, ""),
  };
}

function gammasOf(text: string | undefined, { kind }: LearnSource): number[] {
  if (text === undefined) return [];
  if (kind === "log") {
    throw new UserError(
      "--gamma has no effect with --log; deno task value --gamma bounds what a policy of it is worth",
    );
  }
  return gammaList(text);
}

function sourceOf(values: Readonly<Record<string, string | undefined>>, switches: ReadonlySet<string>): LearnSource {
  const { pairs, log, reward, text, action } = values;
  if ((pairs === undefined) === (log === undefined)) {
    throw new UserError(
      `learn takes --pairs FILE, or --log FILE with --reward and --text or --action${
        pairs === undefined ? "" : ", and not both"
      }; see --help`,
    );
  }
  const idle = COLUMNS.find((name) =>
    values[name] !== undefined &&
    !(pairs === undefined ? OF_LOGS : OF_PAIRS as readonly string[]).includes(name as never)
  );
  if (idle !== undefined) {
    throw new UserError(`--${idle} has no effect with --${pairs === undefined ? "log" : "pairs"}`);
  }
  const named = <K extends string>(names: readonly K[]) =>
    Object.fromEntries(names.flatMap((name) => values[name] === undefined ? [] : [[name, values[name]]])) as {
      [k in K]?: string;
    };
  if (pairs !== undefined) {
    if (switches.has("percent")) throw new UserError("--percent has no effect with --pairs");
    if (values.weight !== undefined && values.propensity !== undefined) {
      throw new UserError(
        "--weight and --propensity exclude each other: the weight of a pair is its inverse propensity",
      );
    }
    return { kind: "pairs", path: pairs, columns: named(OF_PAIRS) };
  }
  if (reward === undefined) throw new UserError("--log needs --reward COLUMN: what came of what was shown");
  const shown = text ?? action;
  if (shown === undefined || (text !== undefined && action !== undefined)) {
    throw new UserError("--log needs --text COLUMN, whose words are read, or --action COLUMN, and not both");
  }
  return {
    ...{ kind: "log", path: log!, reward, shown, isText: text !== undefined, percent: switches.has("percent") },
    columns: named(["prompt", "propensity", "group"]),
  };
}
