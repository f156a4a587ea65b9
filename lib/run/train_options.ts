/**
 * What `deno task train` is told.
 *
 * @module
 */
import type { PairRules } from "../tokenizers/pairs.ts";
import type { ObjectiveOptions } from "../training/language/objective.ts";
import { type Schedule, scheduleNames } from "../training/language/schedule.ts";
import { UserError } from "../user_error.ts";
import { flagName, int, number, type OptionSpec, parseFlags } from "./options.ts";
import { productsOf } from "./products.ts";
import { targetsOf } from "./trained_parts.ts";
import { LOSSES_HELP, lossFlags, lossOptions, trainableLoss, wrapped } from "./train_losses.ts";

const BIG = 1_000_000_000;

/** Numbers, with their defaults. */
const numbers = {
  epochs: number(1, "times that each line is learned from", { min: 0, max: 10_000 }),
  steps: int(0, "steps in all; 0 for as many as the epochs take", { min: 0, max: BIG }),
  batch: int(8, "lines of a step", { min: 1, max: 100_000 }),
  micro: int(0, "lines that are in memory at a time; 0 for all of a step", { min: 0, max: 100_000 }),
  learningRate: number(1e-4, "highest step size; for whole weights a hundredth of this is usual", { min: 0, max: 10 }),
  warmup: int(0, "steps on which the rate rises from 0", { min: 0, max: BIG }),
  weightDecay: number(0, "of matrices; norms and biases have none", { min: 0, max: 10 }),
  clip: number(1, "longest gradient over all that is trained; 0 for any", { min: 0, max: BIG }),
  rank: int(8, "of the adapter", { min: 1, max: 4096 }),
  loraAlpha: number(16, "of the adapter: its change is scaled by alpha/rank", { min: 1e-6, max: BIG }),
  layers: int(0, "only so many of the last layers are trained; 0 for all", { min: 0, max: 1000 }),
  maxLength: int(512, "tokens of a text; what is longer is cut", { min: 2, max: 1_000_000 }),
  heldShare: number(0, "share of the prompts that is only looked at", { min: 0, max: 0.9 }),
  evaluateEvery: int(50, "steps between two looks at what is held out", { min: 1, max: BIG }),
  patience: int(0, "looks without a lower loss after which training stops; 0 for never", { min: 0, max: BIG }),
  saveEvery: int(50, "steps between two saves", { min: 1, max: BIG }),
  seed: int(0, "of the order of lines, of what is held out, of the adapter", { min: 0, max: BIG }),
};

/** Words, with what they may be; the first is the default. */
const words = {
  train: ["adapter", "weights"],
  schedule: scheduleNames.toSorted((a, b) => Number(b === "linear") - Number(a === "linear")),
  truncation: ["keep_start", "keep_end"],
  start: ["tokenizer", "always", "never"],
} as const;

const PATHS = ["model", "pairs", "held-out", "adapter", "out"] as const;
const SWITCHES = ["recompute", "rs-lora", "no-end", "likelihood-prompt", "fresh", "help"] as const;
/** Flags with a text that is read elsewhere. */
const TEXTS = ["loss", "likelihood", "targets", "backend", "products"] as const;

/** All that a training is told. */
export interface TrainOptions {
  readonly model: string;
  readonly pairs: string;
  /** Lines that are only looked at. */
  readonly heldOut?: string;
  /** Folder of the adapter that training begins with. */
  readonly adapter?: string;
  readonly out: string;
  readonly backend: string;
  /** How matrices that are not trained are held and multiplied; default: as float32. */
  readonly products?: "bfloat16";
  readonly loss: string;
  readonly objective: ObjectiveOptions;
  readonly rules: PairRules;
  /** Whether the longest length was given: a model's own that is shorter does not silently replace it. */
  readonly lengthGiven: boolean;
  readonly whole: boolean;
  readonly recompute: boolean;
  readonly fresh: boolean;
  readonly rankStabilised: boolean;
  readonly targets: readonly string[] | string;
  readonly schedule: Schedule["kind"];
  readonly numbers: Readonly<Record<keyof typeof numbers, number>>;
}

const valued = [
  ...PATHS,
  ...TEXTS,
  ...Object.keys(words),
  ...Object.keys(numbers).map(flagName),
  ...lossFlags,
];

/** The text of `--help`. */
export const TRAIN_HELP =
  `Trains a language model on lines of preferences, and writes an adapter or weights, with a report of the way there and
trl.json, the settings that make TRL train the same (docs/trl.md).
A run that was stopped goes on where it was: give the same command.

Usage: deno task train --model FOLDER|FILE --pairs lines.jsonl [flags]

  --model FOLDER|FILE   a folder of Hugging Face, a .safetensors file in one, a .gguf file, or a
                        .bin file of llama2.c
  --pairs FILE          one JSON object a line, of the kind that the loss reads (below); texts, or lists of
                        {"role", "content"}
  --held-out FILE       lines that are only looked at
  --out FOLDER          where everything goes (default reports/train)
  --loss NAME           one of those below (default dpo)
  --beta NUM            options of the loss, as deno task losses lists them:
${wrapped(lossFlags.map((flag) => `--${flag}`).join(", "), " ".repeat(24))}
                        (--beta is 0.1 and --ratio plain unless given; --divergence alpha:NUM names its number, and
                        --ratio self-normalised or stabilised:LOW:HIGH weighs otherwise)
  --likelihood NUM      weight of the likelihood of chosen responses beside the loss (default: 1 for orpo and
                        contrastive-po, whose papers have it, else 0)
  --likelihood-prompt   it counts the prompt's tokens too, as TRL's ORPO does
  --train adapter|weights   a low-rank adapter, or the weights themselves (default adapter)
  --adapter FOLDER      begins with this adapter; the reference is the model without it
  --targets LIST        layers of the adapter: ends of names, or all-linear (default q_proj,v_proj)
  --rs-lora             scales it by alpha/√rank
  --schedule linear|constant|cosine   of the rate after the warm-up (default linear)
  --truncation keep_start|keep_end    which tokens of a text that is too long are kept (default keep_start)
  --start tokenizer|always|never      whether a text begins with the start token (default: as the tokenizer does it)
  --no-end              completions get no end token
  --recompute           runs blocks again on the way back: a fifth of the memory for half as much time again
  --backend NAME        engine (default wasm; native is faster, and loads the system's BLAS)
  --products float32|bfloat16   how matrices that are not trained are held and multiplied (default float32). bfloat16 rounds
                        them and what they are multiplied with to 8 binary digits: twice as fast, on a processor that
                        multiplies so, by --backend native and oneDNN (deno task doctor, docs/language-models.md)
  --fresh               begins again, whatever --out holds
  --help                this text
${
    Object.entries(numbers).map(([key, { kind, help, values }]) => {
      const flag = `--${flagName(key)} ${kind}`;
      return `  ${flag.padEnd(22)}${help} (default ${values.quick})`;
    }).join("\n")
  }

Losses, each behind the lines that it reads
${LOSSES_HELP}

Lines of pairs, of labelled responses and for sft may have "weight": number, what a line counts for, such as an inverse
propensity; in other lines it is refused, as is a tie where ties are not read. Outcomes and predictions are larger for
better texts. A text with one is weighed by the policy's probability of it over that of the law that it came from: the
model before training, or another where the line has "logging_logprob": its log-prob in nats, summed over the tokens of
the completion. Of a shown text that was picked out of several, "propensity": its probability of being picked, and
"candidates": how many there were. Nothing bounds these weights but --kl-weight, the price of KL from the model before
training. Completions with rewards are draws of that model; reinforce, rloo, rlhf and reverse-kl are right while the
policy is near it, and the report says how many of them still count. Texts that were cut before their end take --no-end.`;

function numberOf(name: string, spec: OptionSpec<number>, text: string | undefined): number {
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
 * const { loss, objective } = trainOptions(["--model", "m", "--pairs", "p.jsonl", "--loss", "simpo", "--gamma", "1"])!;
 * assert.deepEqual([loss, objective.loss], ["simpo", { beta: 0.1, gamma: 1 }]);
 * assert.throws(() => trainOptions(["--model", "m"]), /^UserError: --pairs FILE is needed/);
 * ```
 */
export function trainOptions(args: readonly string[]): TrainOptions | undefined {
  const { values, switches } = parseFlags(args, valued, SWITCHES);
  if (switches.has("help")) return undefined;
  const path = (name: typeof PATHS[number], kind: string): string => {
    const given = values[name];
    if (given === undefined) throw new UserError(`--${name} ${kind} is needed; see --help`);
    if (given === "") throw new UserError(`--${name} needs a ${kind}, and got an empty path`);
    return given;
  };
  const word = <K extends keyof typeof words>(name: K): typeof words[K][number] => {
    const given = values[name] ?? words[name][0];
    if ((words[name] as readonly string[]).includes(given)) return given as typeof words[K][number];
    throw new UserError(`--${name} ${given}: choose one of ${words[name].join(", ")}`);
  };
  const model = path("model", "FOLDER|FILE"), pairs = path("pairs", "FILE");
  const read = Object.fromEntries(
    Object.entries(numbers).map(([key, spec]) => [key, numberOf(flagName(key), spec, values[flagName(key)])]),
  ) as TrainOptions["numbers"];
  const entry = trainableLoss(values.loss ?? "dpo"), whole = word("train") === "weights";
  const prompt = switches.has("likelihood-prompt");
  const weight = values.likelihood === undefined
    ? Number(["orpo", "contrastive-po"].includes(entry.name))
    : numberOf("likelihood", number(0, "weight", { min: 0, max: BIG }), values.likelihood);
  if (prompt && weight === 0) throw new UserError("--likelihood-prompt has no effect without --likelihood");
  for (const flag of ["rank", "lora-alpha", "targets"]) {
    if (whole && values[flag] !== undefined) throw new UserError(`--${flag} has no effect with --train weights`);
  }
  if (whole && values.adapter !== undefined) throw new UserError("--adapter has no effect with --train weights");
  for (const flag of ["rank", "lora-alpha", "targets", "layers"]) {
    if (values.adapter !== undefined && values[flag] !== undefined) {
      throw new UserError(`--${flag} has no effect with --adapter, which has its own`);
    }
  }
  if (values.adapter !== undefined && switches.has("rs-lora")) {
    throw new UserError("--rs-lora has no effect with --adapter, which has its own scale");
  }
  if (whole && switches.has("rs-lora")) throw new UserError("--rs-lora has no effect with --train weights");
  if (values["held-out"] !== undefined && read.heldShare > 0) {
    throw new UserError("--held-out and --held-share exclude each other; give one of them");
  }
  const looks = values["held-out"] !== undefined || read.heldShare > 0;
  for (const flag of ["patience", "evaluate-every"]) {
    if (!looks && values[flag] !== undefined) {
      throw new UserError(`--${flag} has no effect where nothing is held out; give --held-out or --held-share`);
    }
  }
  if (values.steps !== undefined && values.epochs !== undefined) {
    throw new UserError("--steps and --epochs exclude each other; give one of them");
  }
  if (read.steps === 0 && read.epochs === 0) {
    throw new UserError("--epochs 0: nothing would be learned; take more than 0");
  }
  const products = productsOf(values.products, ["float32", "bfloat16"]), targets = values.targets ?? "q_proj,v_proj";
  if (products === "bfloat16" && whole && read.layers === 0) {
    throw new UserError(
      "--products bfloat16 has no effect with --train weights, unless --layers leaves some as they are",
    );
  }
  return {
    ...{ model, pairs, whole, loss: entry.name, numbers: read, schedule: word("schedule") },
    ...(values["held-out"] !== undefined && { heldOut: path("held-out", "FILE") }),
    ...(values.adapter !== undefined && { adapter: path("adapter", "FOLDER") }),
    out: values.out === undefined ? "reports/train" : path("out", "FOLDER"),
    backend: values.backend ?? "wasm",
    ...(products === "bfloat16" && { products }),
    objective: {
      loss: lossOptions(entry, values),
      ...(weight > 0 && { likelihood: { weight, prompt } }),
    },
    rules: {
      ...{
        start: word("start"),
        end: !switches.has("no-end"),
        maxLength: read.maxLength,
        truncation: word("truncation"),
      },
    },
    lengthGiven: values["max-length"] !== undefined,
    recompute: switches.has("recompute"),
    fresh: switches.has("fresh"),
    rankStabilised: switches.has("rs-lora"),
    targets: targetsOf(targets),
  };
}
