/**
 * Goes on with lines of prompts under a language model, from a file to a file.
 *
 * @module
 */
import { openCheckpoint } from "../policies/language/checkpoint.ts";
import { tokenizerOf } from "../policies/language/checkpoint_tokenizer.ts";
import type { LanguageModelConfig } from "../policies/language/config.ts";
import { type Completion, generate, type GenerateOptions } from "../policies/language/generate.ts";
import type { LanguageModel } from "../policies/language/model.ts";
import type { Sampling } from "../policies/language/sampling.ts";
import { idsOf, messagesOf, textOf } from "../policies/language/text_to_score.ts";
import { Rng } from "../random.ts";
import { backendDevice, confirmNumbers, startBackend } from "../tensor/backend.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { UserError } from "../user_error.ts";
import { type Products, runningModel } from "./products.ts";
import { createProgress } from "./progress.ts";
import { countKept } from "./resume.ts";
import { linesOf, parsedLine } from "../text_lines.ts";
import { linesOut } from "./text_lines_out.ts";

/** What is gone on with, by what, how, and where to. */
interface GenerateTask {
  /** Folder of Hugging Face, or a file of weights. */
  readonly model: string;
  /** Folder of a low-rank adapter of peft. */
  readonly adapter?: string;
  /** Lines of JSON. */
  readonly prompts: string;
  /** Is written, a line for each. */
  readonly out: string;
  /** How tokens are drawn. */
  readonly sampling: Sampling;
  /** Of all draws; a line's depend on its number too. */
  readonly seed: number;
  /** Tokens of a completion at most. */
  readonly maxTokens: number;
  /** Text that ends a completion. */
  readonly stop?: string;
  /** Sequences at a time. */
  readonly batch: number;
  /** A name of `backendNames`. */
  readonly backend: string;
  /** How matrices are held and multiplied. */
  readonly products: Products;
  /** Goes on behind the lines that `out` has. */
  readonly resume: boolean;
}

/** A line as a prompt. */
interface LinePrompt {
  /** All that the line says. */
  readonly record: Readonly<Record<string, unknown>>;
  readonly ids: Uint32Array;
  readonly seed: number;
}

const FORMS = ["prompt", "messages", "ids"] as const;
/** What is written of a completion: a line may not say it already. */
const WRITTEN = ["completion", "tokens", "logprobs", "sampled_logprobs", "ended"] as const;
/** Lines that share a cache as long as the longest of them needs, as a multiple of those at a time. */
const PIECE = 8;

/**
 * Goes on with the prompts of a file; a line is written as soon as it and all before it are done.
 *
 * @param options.progress how lines are shown
 * @returns what was done, in a line
 * @throws UserError for whatever a user can mend, with the number of the line; nothing is written where a line is wrong
 * @example
 * ```ts ignore
 * await generateLines({ model: "models/SmolLM2", prompts: "a.jsonl", out: "b.jsonl", ...options });
 * ```
 */
export async function generateLines(
  { model: path, adapter, prompts: file, out, sampling, seed, maxTokens, stop, batch, backend, products, resume }:
    GenerateTask,
  { progress: shown = createProgress } = {},
): Promise<string> {
  using target = linesOut(out, resume);
  const engine = await startBackend(backend), checkpoint = openCheckpoint(path);
  try {
    const { config } = checkpoint;
    let known: Promise<Tokenizer> | undefined;
    const tokenizer = () => known ??= tokenizerOf(checkpoint);
    const prompts = await promptsOf(file, Rng.seed(seed), { config, maxTokens, tokenizer });
    if (prompts.length === 0) throw new UserError(`${file}: has no line; write one for each prompt`);
    const needsText = stop !== undefined || prompts.some(({ record }) => !Object.hasOwn(record, "ids"));
    const decode = needsText ? (await tokenizer()).decode : undefined;
    const textOf = (ids: readonly number[]) => decode!(ids, { skipSpecial: true });
    const options: GenerateOptions = {
      ...{ ...sampling, maxTokens, atOnce: batch },
      ...(stop !== undefined && { stop: { strings: [stop], decode: textOf } }),
    };
    using running = runningModel(checkpoint, adapter, products);
    const { model, said } = running;
    const done = await checkKept(target.kept, prompts, model, options, out);
    const progress = shown("generate", prompts.length, done), began = performance.now();
    let tokens = 0, held = "";
    const device = backendDevice();
    try {
      for (let from = done; from < prompts.length; from += PIECE * batch) {
        const piece = prompts.slice(from, from + PIECE * batch), ready = new Map<number, Completion>();
        let next = 0;
        generate(model, piece, {
          ...options,
          onCompletion(index, completion) {
            ready.set(index, completion);
            for (let first = ready.get(next); first !== undefined; first = ready.get(++next)) {
              ready.delete(next);
              held += `${JSON.stringify(written(piece[next], first, textOf, stop))}\n`;
            }
            // What a device of its own has computed counts once it has been confirmed.
            if (device === undefined) held = flushed(held, target);
            tokens += completion.ids.length;
            progress.finish();
            progress.start(`${tokens} tokens in them`);
          },
        });
        await confirmNumbers();
        held = flushed(held, target);
      }
    } finally {
      progress.end();
    }
    const rest = done === 0 ? "" : `; ${done} were there`;
    const rate = Math.round(tokens / ((performance.now() - began) / 1000));
    return `${out}: ${prompts.length} lines${rest}; ${tokens} tokens, ${rate} a second, on ${engine}${said}`;
  } finally {
    checkpoint.close();
  }
}

/**
 * Holds the lines that are there to their prompts, and the last of them to the model and the rules: a completion depends on
 * these, the seed and the number of its line, and not on where a run was stopped.
 *
 * @returns how many
 */
async function checkKept(
  kept: AsyncIterable<string>,
  prompts: readonly LinePrompt[],
  model: LanguageModel,
  options: GenerateOptions,
  out: string,
): Promise<number> {
  const left = prompts.values();
  return await countKept(out, kept, () => left.next().value, {
    kind: "prompts",
    read(text, prompt, refuse) {
      const line = objectIn(text);
      const said = Object.entries(line).filter(([key]) => !(WRITTEN as readonly string[]).includes(key));
      if (!Array.isArray(line.tokens) || JSON.stringify(Object.fromEntries(said)) !== JSON.stringify(prompt.record)) {
        throw refuse("holds no completion of this prompt");
      }
      return line;
    },
    async compare(prompt, { tokens, logprobs, sampled_logprobs }, refuse) {
      const [{ ids, logp, sampledLogp }] = generate(model, [prompt], options);
      await confirmNumbers();
      const sharpened = 1 / Math.min(1, options.temperature ?? 1);
      const isAsKept = `${ids}` === `${tokens}` && isNear(logp, logprobs, APART) &&
        isNear(sampledLogp, sampled_logprobs, APART * sharpened);
      if (!isAsKept) {
        throw refuse(
          "was completed by another model or adapter, seed, rule of drawing, --max-tokens, --stop, --products or engine",
        );
      }
    },
  });
}

/**
 * Log-probs of one model on different engines are this near, in nats; those of quantised products are mostly not, nor are
 * those of other rules where few tokens are drawn, which may be the same.
 */
const APART = 1e-4;

function isNear(found: ArrayLike<number>, kept: unknown, bound: number): boolean {
  return Array.isArray(kept) && kept.length === found.length &&
    kept.every((value, t) => Math.abs(value - found[t]) <= bound);
}

/** What a line holds; nothing where it is no object. */
function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = parsedLine(text);
    return typeof value === "object" && value !== null ? value as Readonly<Record<string, unknown>> : {};
  } catch {
    return {};
  }
}

/** Writes text, if there is any. @returns what is left of it */
function flushed(text: string, target: { write(text: string): void }): "" {
  if (text !== "") target.write(text);
  return "";
}

/** A line with its completion. */
function written(
  { record }: LinePrompt,
  { ids, logp, sampledLogp, ended }: Completion,
  textOf: (ids: readonly number[]) => string,
  stop: string | undefined,
): object {
  const short = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(9)));
  const line: Partial<Record<typeof WRITTEN[number], unknown>> = {
    ...{ tokens: ids, logprobs: short(logp), sampled_logprobs: short(sampledLogp), ended },
  };
  if (Object.hasOwn(record, "ids")) return { ...record, ...line };
  const text = textOf(ids), end = stop === undefined ? -1 : text.indexOf(stop);
  const completion = end < 0 ? text : text.slice(0, end);
  const isChat = Object.hasOwn(record, "messages") || typeof record.prompt !== "string";
  return { ...record, completion: isChat ? [{ role: "assistant", content: completion }] : completion, ...line };
}

/** All lines as prompts, before anything is computed. */
async function promptsOf(
  file: string,
  rng: Rng,
  model: {
    readonly config: LanguageModelConfig;
    readonly maxTokens: number;
    readonly tokenizer: () => Promise<Tokenizer>;
  },
): Promise<LinePrompt[]> {
  const prompts: LinePrompt[] = [];
  for await (const text of linesOf(file)) {
    const line = prompts.length + 1;
    try {
      const record = recordOf(text), ids = await encoded(record, model.tokenizer);
      const { vocabulary, maxLength } = model.config, outside = ids.find((id) => id >= vocabulary);
      if (ids.length === 0) throw new UserError("the prompt is empty: it has no token");
      if (outside !== undefined) throw new UserError(`id ${outside} is outside of the model's ${vocabulary} tokens`);
      if (ids.length + model.maxTokens > maxLength) {
        const free = maxLength - ids.length, less = free < 1 ? "" : `, or give --max-tokens ${free} at most`;
        throw new UserError(
          `${ids.length} tokens and --max-tokens ${model.maxTokens} are more than the ${maxLength} that the model was made for: shorten the prompt${less}`,
        );
      }
      prompts.push({ record, ids, seed: rng.fork(line).uint32() });
    } catch (error) {
      throw error instanceof UserError ? new UserError(`${file}:${line}: ${error.message}`) : error;
    }
  }
  return prompts;
}

function recordOf(text: string): Readonly<Record<string, unknown>> {
  const record = parsedLine(text);
  if (typeof record !== "object" || record === null || Array.isArray(record)) throw new UserError("is no object");
  const taken = WRITTEN.find((key) => Object.hasOwn(record, key));
  if (taken !== undefined) throw new UserError(`has ${taken}, which is to be written: call it otherwise`);
  return record as Readonly<Record<string, unknown>>;
}

async function encoded(
  record: Readonly<Record<string, unknown>>,
  tokenizer: () => Promise<Tokenizer>,
): Promise<Uint32Array> {
  const forms = FORMS.filter((key) => Object.hasOwn(record, key)), [form] = forms;
  if (forms.length !== 1) {
    const has = forms.length === 0 ? "has no prompt" : `has ${forms.join(", ")}`;
    throw new UserError(`${has}: write one of ${FORMS.join(", ")}`);
  }
  if (form === "ids") return idsOf(record.ids);
  const { encode, applyChat } = await tokenizer();
  if (form === "messages" || Array.isArray(record.prompt)) {
    return encode(applyChat(messagesOf(record, form), { addGenerationPrompt: true }));
  }
  return encode(textOf(record, "prompt"), { special: true });
}
