/**
 * Goes on with lines of prompts under a language model, from a file to a file.
 *
 * @module
 */
import { refused } from "../files.ts";
import { readAdapter } from "../policies/language/adapter_files.ts";
import { openCheckpoint } from "../policies/language/checkpoint.ts";
import { tokenizerOf } from "../policies/language/checkpoint_tokenizer.ts";
import type { LanguageModelConfig } from "../policies/language/config.ts";
import { type Completion, generate } from "../policies/language/generate.ts";
import { merged } from "../policies/language/lora.ts";
import { languageModel } from "../policies/language/model.ts";
import type { Sampling } from "../policies/language/sampling.ts";
import { idsOf, messagesOf, textOf } from "../policies/language/text_to_score.ts";
import { Rng } from "../random.ts";
import { confirmNumbers, startBackend } from "../tensor/backend.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { UserError } from "../user_error.ts";
import { createProgress } from "./progress.ts";
import { linesOf } from "./text_lines.ts";

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
/** Lines of a piece, after each of which something is written, as a multiple of those at a time. */
const PIECE = 8;

/**
 * Goes on with the prompts of a file.
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
  { model: path, adapter, prompts: file, out, sampling, seed, maxTokens, stop, batch, backend }: GenerateTask,
  { progress: shown = createProgress } = {},
): Promise<string> {
  const engine = await startBackend(backend), checkpoint = openCheckpoint(path);
  try {
    const { config } = checkpoint;
    let known: Promise<Tokenizer> | undefined;
    const tokenizer = () => known ??= tokenizerOf(checkpoint);
    const prompts = await promptsOf(file, Rng.seed(seed), { config, maxTokens, tokenizer });
    const decode = stop === undefined ? undefined : (await tokenizer()).decode;
    const source = adapter === undefined ? checkpoint : merged(checkpoint, readAdapter(adapter, config));
    using target = created(out);
    const model = languageModel(source), progress = shown("generate", prompts.length, 0), began = performance.now();
    let tokens = 0;
    const rate = () => Math.round(tokens / ((performance.now() - began) / 1000));
    try {
      for (let from = 0; from < prompts.length; from += PIECE * batch) {
        progress.start(`${rate()} tokens/s`);
        const piece = prompts.slice(from, from + PIECE * batch);
        const completions = generate(model, piece, {
          ...{ ...sampling, maxTokens, atOnce: batch },
          ...(decode && { stop: { strings: [stop!], decode: (ids) => decode(ids, { skipSpecial: true }) } }),
        });
        await confirmNumbers();
        for (const [i, completion] of completions.entries()) {
          target.write(`${JSON.stringify(await written(piece[i], completion, tokenizer, stop))}\n`);
          tokens += completion.ids.length;
          progress.finish();
        }
      }
    } finally {
      progress.end();
      model.dispose();
    }
    return `${out}: ${prompts.length} lines; ${tokens} tokens, ${rate()} a second, on ${engine}`;
  } finally {
    checkpoint.close();
  }
}

/** A line with its completion. */
async function written(
  { record }: LinePrompt,
  { ids, logp, sampledLogp, ended }: Completion,
  tokenizer: () => Promise<Tokenizer>,
  stop: string | undefined,
): Promise<object> {
  const short = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(9)));
  const line: Partial<Record<typeof WRITTEN[number], unknown>> = {
    ...{ tokens: ids, logprobs: short(logp), sampled_logprobs: short(sampledLogp), ended },
  };
  if (Object.hasOwn(record, "ids")) return { ...record, ...line };
  const text = (await tokenizer()).decode(ids, { skipSpecial: true }),
    end = stop === undefined ? -1 : text.indexOf(stop);
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
        throw new UserError(
          `${ids.length} tokens and --max-tokens ${model.maxTokens} are more than the ${maxLength} that the model was made for`,
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
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw new UserError(text.trim() === "" ? "is empty" : `is no JSON (${(error as Error).message})`);
  }
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

/** A file that was not there. */
function created(path: string): { write(text: string): void } & Disposable {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { write: true, createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new UserError(`${path}: is there already; remove it, or name another with --out`);
    }
    throw refused(path, error);
  }
  return {
    write(text) {
      try {
        const bytes = new TextEncoder().encode(text);
        for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      } catch (error) {
        throw refused(path, error);
      }
    },
    [Symbol.dispose]: () => file.close(),
  };
}
