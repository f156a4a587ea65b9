/**
 * What `deno task value` is told.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import { gammaList } from "../gamma_list.ts";
import { int, number, parseFlags } from "../options.ts";

/** A policy whose value is asked for. */
export type PolicySpec =
  /** Probabilities in the order of the actions, the same in all rounds. */
  | { readonly kind: "fixed"; readonly probabilities: readonly number[] }
  /** Columns of the log with a probability of each action. */
  | { readonly kind: "columns"; readonly columns: readonly string[] }
  /** A file of actions with their probabilities. */
  | { readonly kind: "file"; readonly path: string }
  /** All actions alike, what was logged, or what is best by the outcome model of the other folds. */
  | { readonly kind: "rule"; readonly rule: PolicyRule };

const RULES = ["uniform", "logging", "best-fitted"] as const;
/** A policy that the log itself makes. */
export type PolicyRule = typeof RULES[number];

/** A valuation that was asked for. */
export interface ValueOptions {
  readonly log: string;
  readonly reward: string;
  /** Absent where the log has one action only. */
  readonly action?: string;
  /** Column of propensities of the logged actions, or one of each action in their order; fitted where absent. */
  readonly propensity?: readonly string[];
  readonly group?: string;
  readonly covariates: readonly string[];
  /** Columns with the expected reward of each action; fitted where absent. */
  readonly outcomes?: readonly string[];
  /** Actions in order, as the log names them. */
  readonly actions?: readonly string[];
  readonly target: PolicySpec;
  readonly against?: PolicySpec;
  /** Whether propensities are in percent. */
  readonly percent: boolean;
  readonly lambda: number;
  readonly level: number;
  /** Draws of the bootstrap; 0 for standard errors. */
  readonly bootstrap: number;
  readonly seed: number;
  /** Factors by which odds of actions may be off; none unless given. */
  readonly gammas: readonly number[];
  readonly out: string;
}

const LAMBDA = number(10, "largest weight of clipped, switch-dr and dros", { min: 1e-9, max: 1e300 });
const LEVEL = number(0.95, "probability that an interval covers", { min: 0.5, max: 0.9999 });
const BOOTSTRAP = int(0, "draws of the cluster bootstrap", { min: 0, max: 100_000 });
const SEED = int(1, "of the bootstrap's draws", { min: 0, max: 2 ** 31 });

const VALUED = [
  ...["log", "reward", "action", "propensity", "group", "covariates", "outcome-columns", "actions", "target"],
  ...["target-columns", "target-file", "against", "against-columns", "against-file", "lambda", "level", "bootstrap"],
  ...["seed", "gamma", "out"],
];

/** The text of `--help`. */
export const VALUE_HELP =
  `Values a policy from a log of another one, by nine estimators, with what speaks against each number.

Usage: deno task value --log FILE --reward COLUMN --action COLUMN --propensity COLUMN --target 0.1,0.3,0.6 [flags]

The log: a row a round, CSV, TSV, JSONL or Parquet, read in chunks
  --log FILE             the file; text may be gzip
  --reward COLUMN        outcome of the action, a number
  --action COLUMN        what was done: codes from 0, or names
  --propensity COLUMN    probability of that action when it was chosen, in (0, 1], or a list of columns with those of all
                         actions in their order; without it, it is fitted to the covariates (or to frequencies) in other
                         folds, and it is said
  --percent              propensities are in percent
  --group COLUMN         who rounds belong to (a reader, a session): intervals are over groups
  --covariates LIST      columns of numbers known before the action, for fitted outcomes and propensities
  --outcome-columns LIST columns with the expected reward of each action, instead of a fitted model
  --actions LIST         names of the actions, in order (default: codes in order, or names sorted)

The policy to value, and one to compare it with on the same log
  --target LIST|RULE     a probability for each action, such as 0.1,0.3,0.6; or ${RULES.join(", ")}
  --target-columns LIST  columns of the log with the probabilities of each round
  --target-file FILE     JSON {"action": probability, …}
  --against LIST|RULE, --against-columns LIST, --against-file FILE
                         the same of another policy: difference and ratio are given as well

Flags
  --lambda NUM           ${LAMBDA.help}: above it they are cut, not used, shrunk (default ${LAMBDA.values.quick})
                         the nearer to 0, the nearer switch-dr and dros are to the direct method
  --level NUM            ${LEVEL.help} (default ${LEVEL.values.quick})
  --bootstrap INT        ${BOOTSTRAP.help}: intervals are its percentiles (default ${BOOTSTRAP.values.quick}: standard errors)
  --seed INT             ${SEED.help} (default ${SEED.values.quick})
  --gamma LIST           such as 1,1.5,2,3: bounds where something that was not recorded moves the odds of each action by at
                         most that factor, and the factor at which the conclusion turns over; holds the columns of the log
  --out FOLDER           (default reports/value)
  --help                 this text

best-fitted takes the action that the outcome model of the other folds expects most of. Writes value.csv, index.html,
figures/ and tables/; what the columns mean, which interval is whose, and when a value is not identified: docs/value.md.

Examples
  deno task value --log log.csv --reward clicked --action arm --propensity p --group reader --target 0.2,0.2,0.6
  deno task value --log log.parquet --reward y --action arm --covariates age,week --target best-fitted --against logging`;

/**
 * Reads the command line.
 *
 * @returns undefined where help was asked for
 * @throws UserError for whatever does not fit
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const flags = "--log a.csv --reward y --action a --propensity p --target 0.4,0.6".split(" ");
 * assert.deepEqual(valueOptions(flags)?.target, { kind: "fixed", probabilities: [0.4, 0.6] });
 * assert.throws(() => valueOptions(["--reward", "y"]), /^UserError: --log is missing/);
 * ```
 */
export function valueOptions(args: readonly string[]): ValueOptions | undefined {
  const { values, switches } = parseFlags(args, VALUED, ["percent", "help"]);
  if (switches.has("help")) return undefined;
  for (const name of VALUED) {
    if (values[name] === "") throw new UserError(`--${name} needs a value, and got an empty one`);
  }
  const needed = (name: string, what: string): string => {
    if (values[name] !== undefined) return values[name];
    throw new UserError(`--${name} is missing: ${what}; see deno task value --help`);
  };
  const list = (name: string) => {
    const names = values[name]?.split(",").map((word) => word.trim());
    const again = names?.find((word, i) => word === "" || names.indexOf(word) !== i);
    if (again !== undefined) {
      throw new UserError(`--${name}: ${again === "" ? "a name is empty" : `"${again}" is there twice`}`);
    }
    return names;
  };
  const { action, group } = values, propensity = list("propensity");
  const log = needed("log", "the file with the rounds"), reward = needed("reward", "the column with the outcome");
  const target = policyOf("target", values, list), against = policyOf("against", values, list);
  if (action === undefined) {
    const idle = ["propensity", "actions", "outcome-columns", "target", "against"].find((name) =>
      values[name] !== undefined && !(name === "target" && values.target === "logging")
    );
    if (idle !== undefined) {
      throw new UserError(`--action is missing: --${idle} says nothing without the column of actions`);
    }
  }
  if (action !== undefined && target === undefined) {
    throw new UserError(
      "--target is missing: a probability for each action, such as --target 0.1,0.3,0.6, or one of " + RULES.join(", "),
    );
  }
  if (switches.has("percent") && propensity === undefined) {
    throw new UserError("--percent says nothing without --propensity; leave it out");
  }
  const actions = list("actions"), outcomes = list("outcome-columns");
  return {
    ...{ log, reward, covariates: list("covariates") ?? [], target: target ?? { kind: "rule", rule: "logging" } },
    ...(action !== undefined && { action }),
    ...(propensity !== undefined && { propensity }),
    ...(group !== undefined && { group }),
    ...(outcomes !== undefined && { outcomes }),
    ...(actions !== undefined && { actions }),
    ...(against !== undefined && { against }),
    percent: switches.has("percent"),
    lambda: parsed(LAMBDA, "lambda", values.lambda),
    level: parsed(LEVEL, "level", values.level),
    bootstrap: drawsOf(values.bootstrap),
    seed: parsed(SEED, "seed", values.seed),
    gammas: gammasOf(values.gamma, action, target),
    out: (values.out ?? "reports/value").replace(/(?<=.)\/+$/, ""),
  };
}

function parsed(
  option: { parse(text: string): number; readonly values: { readonly quick: number } },
  name: string,
  text: string | undefined,
): number {
  try {
    return text === undefined ? option.values.quick : option.parse(text);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`--${name}: ${error.message}`) : error;
  }
}

/** A few draws have no percentiles. */
function drawsOf(text: string | undefined): number {
  const draws = parsed(BOOTSTRAP, "bootstrap", text);
  if (draws === 0 || draws >= FEWEST_DRAWS) return draws;
  throw new UserError(`--bootstrap ${draws}: percentiles take ${FEWEST_DRAWS} draws or more; 0 is for standard errors`);
}

const FEWEST_DRAWS = 100;

function gammasOf(text: string | undefined, action: string | undefined, target: PolicySpec | undefined): number[] {
  if (text === undefined) return [];
  if (action === undefined || (target?.kind === "rule" && target.rule === "logging")) {
    throw new UserError("--gamma says nothing of the policy that logged, whose value needs no weights; leave it out");
  }
  return gammaList(text);
}

/** Room for probabilities that are written with few digits. */
const SUM_TOLERANCE = 1e-6;

function policyOf(
  name: "target" | "against",
  values: Readonly<Record<string, string | undefined>>,
  list: (name: string) => string[] | undefined,
): PolicySpec | undefined {
  const given = [name, `${name}-columns`, `${name}-file`].filter((flag) => values[flag] !== undefined);
  if (given.length > 1) throw new UserError(`--${given[0]} and --${given[1]} name two policies; keep one`);
  const columns = list(`${name}-columns`), path = values[`${name}-file`], text = values[name];
  if (columns !== undefined) return { kind: "columns", columns };
  if (path !== undefined) return { kind: "file", path };
  if (text === undefined) return undefined;
  const rule = RULES.find((known) => known === text);
  if (rule !== undefined) return { kind: "rule", rule };
  const probabilities = text.split(",").map((word) => word.trim() === "" ? NaN : Number(word));
  if (probabilities.length < 2 || probabilities.some(Number.isNaN)) {
    throw new UserError(
      `--${name} ${text}: write a probability for each action, such as 0.1,0.3,0.6, or one of ${RULES.join(", ")}`,
    );
  }
  checkDistribution(probabilities, `--${name} ${text}`);
  return { kind: "fixed", probabilities };
}

/**
 * Checks that numbers are a distribution.
 *
 * @param where they stand, for the message
 * @throws UserError saying which is out of range, or what their sum is
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.throws(() => checkDistribution([20, 80], "--target 20,80"), /sum to 100: are they in percent\? Divide/);
 * ```
 */
export function checkDistribution(probabilities: ArrayLike<number>, where: string): void {
  let sum = 0;
  for (let a = 0; a < probabilities.length; a++) {
    if (!(probabilities[a] >= 0)) throw new UserError(`${where}: probability ${probabilities[a]} is below 0; mend it`);
    sum += probabilities[a];
  }
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return;
  const told = Number(sum.toPrecision(6));
  throw new UserError(
    Math.abs(sum - 100) < 1e-3
      ? `${where}: the probabilities sum to ${told}: are they in percent? Divide them by 100`
      : `${where}: the probabilities sum to ${told}, not 1; mend them`,
  );
}
