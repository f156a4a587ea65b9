/**
 * Scores lines of texts under a language model, from a file to a file.
 *
 * @module
 */
import { openCheckpoint } from "../policies/language/checkpoint.ts";
import { tokenizerOf } from "../policies/language/checkpoint_tokenizer.ts";
import type { LanguageModel } from "../policies/language/model.ts";
import { textScores } from "../policies/language/text_scores.ts";
import { type TextToScore, textToScore, type Written } from "../policies/language/text_to_score.ts";
import { confirmNumbers, startBackend } from "../tensor/backend.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { UserError } from "../user_error.ts";
import { type Products, runningModel } from "./products.ts";
import { createProgress } from "./progress.ts";
import { countKept } from "./resume.ts";
import { linesOf, parsedLine } from "../text_lines.ts";
import { linesOut } from "./text_lines_out.ts";

/** What is scored, by what, and where to. */
interface ScoreOptions {
  /** Folder of Hugging Face, or a file of weights. */
  readonly model: string;
  /** Folder of a low-rank adapter of peft. */
  readonly adapter?: string;
  /** Lines of JSON. */
  readonly file: string;
  /** Is written, a line for each. */
  readonly out: string;
  /** Tokens that are run at a time, unless one text has more. */
  readonly batch: number;
  /** A name of `backendNames`. */
  readonly backend: string;
  /** How matrices are held; sums are float32's either way. */
  readonly products: Products;
  /** Goes on behind the lines that `out` has. */
  readonly resume: boolean;
}

/** Largest difference in nats between a log-prob that was written and the same in another batch or on another engine. */
const SAME = 1e-3;

/** A text and the line that it is from. */
interface NumberedText extends TextToScore {
  readonly line: number;
}

/**
 * Scores a file; the lines before one that is wrong are written.
 *
 * @param options.progress how lines are shown
 * @returns what was done, in a line
 * @throws UserError for whatever a user can mend, with the number of the line
 * @example
 * ```ts ignore
 * await score({ model: "models/SmolLM2", file: "a.jsonl", out: "b.jsonl", batch: 2048, backend: "auto", products: "float32", resume: false });
 * ```
 */
export async function score(
  { model: path, adapter, file, out, batch, backend, products, resume }: ScoreOptions,
  { progress: shown = createProgress } = {},
): Promise<string> {
  using target = linesOut(out, resume);
  const total = await countLines(file);
  if (total === 0) throw new UserError(`${file}: has no line; write one for each text`);
  const engine = await startBackend(backend), checkpoint = openCheckpoint(path);
  try {
    const { config } = checkpoint;
    const running = runningModel(checkpoint, adapter, products);
    let tokenizer: Promise<Tokenizer> | undefined;
    const texts = async function* (): AsyncGenerator<NumberedText> {
      let line = 0;
      for await (const text of linesOf(file)) {
        line++;
        yield await at(file, line, async () => ({
          line,
          ...await textToScore(parsedLine(text), config, () => tokenizer ??= tokenizerOf(checkpoint)),
        }));
      }
    };
    const stream = texts(), { model, said } = running;
    await using _ = {
      async [Symbol.asyncDispose]() {
        await stream.return(undefined);
        running[Symbol.dispose]();
      },
    };
    const { done, apart } = await checkKept(target.kept, stream, model, out);
    const progress = shown("score", total, done), began = performance.now();
    let tokens = 0, count = done;
    const flush = async (pending: readonly NumberedText[]) => {
      if (pending.length === 0) return;
      progress.start(tokens > 0 ? `${Math.round(tokens / ((performance.now() - began) / 1000))} tokens/s` : "");
      const scores = textScores(model, pending);
      await confirmNumbers();
      target.write(pending.map((text, i) => `${JSON.stringify(written(text, scores[i], file))}\n`).join(""));
      pending.forEach(() => progress.finish());
      count += pending.length;
      tokens += pending.reduce((sum, { ids }) => sum + ids.length, 0);
    };
    try {
      let pending: NumberedText[] = [], size = 0;
      try {
        for await (const text of stream) {
          if (size + text.ids.length > batch) {
            await flush(pending);
            [pending, size] = [[], 0];
          }
          pending.push(text);
          size += text.ids.length;
        }
      } catch (error) {
        if (error instanceof UserError) await flush(pending);
        throw error;
      }
      await flush(pending);
    } finally {
      progress.end();
    }
    const rate = Math.round(tokens / ((performance.now() - began) / 1000));
    const kept = done === 0
      ? ""
      : `; ${done} were there, the last of them within ${apart.toPrecision(2)} nats of what ${engine} gives`;
    return `${out}: ${count} of ${total} lines; ${tokens} tokens, ${rate} a second, on ${engine}${said}${kept}`;
  } finally {
    checkpoint.close();
  }
}

/** What is written of a text. */
function written({ ids, completion, rest, line }: NumberedText, logp: Float32Array, file: string): object {
  const wrong = logp.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new UserError(
      `${file}:${line}: log-prob of token ${wrong + 1} is ${logp[wrong]}: the model's weights diverged`,
    );
  }
  const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);
  // The first token has no log-prob, though it may be the completion's.
  const of = completion === undefined ? undefined : logp.subarray(Math.max(0, completion - 1));
  const scores: Written = {
    tokens: [...ids],
    logprobs: Array.from(logp, (value) => Number(value.toPrecision(9))), // a float32, and no digits that it does not have
    ...{ sum: sum(logp), count: logp.length },
    ...(of && { completion_start: completion, completion_sum: sum(of), completion_count: of.length }),
    ...(completion === 0 && { completion_unscored: 1 }),
  };
  return { ...rest, ...scores };
}

/**
 * Holds the lines that are there to what would be written of their texts and log-probs, and the last of them to the model.
 *
 * @returns how many, and how far the log-probs of the last are from the model's on this engine, in nats
 */
async function checkKept(
  kept: AsyncIterable<string>,
  stream: AsyncIterator<NumberedText>,
  model: LanguageModel,
  out: string,
): Promise<{ readonly done: number; readonly apart: number }> {
  let apart = 0;
  const next = async () => (await stream.next() as IteratorResult<NumberedText, undefined>).value;
  const done = await countKept(out, kept, next, {
    kind: "lines to score",
    read(line, text, refuse) {
      const { record, tokens, logprobs } = scoresIn(line) ?? {};
      if (`${tokens}` !== `${text.ids}`) throw refuse("holds the scores of another text");
      const logp = Float32Array.from(logprobs!, Number);
      const right = logp.length === text.ids.length - 1 && logp.every(Number.isFinite) &&
        JSON.stringify(record) === JSON.stringify(written(text, logp, out));
      if (right) return logp;
      throw refuse("was changed: sum, count or what its text says besides do not fit its logprobs and text");
    },
    async compare(text, logprobs, refuse) {
      const [logp] = textScores(model, [text]);
      await confirmNumbers();
      apart = logp.reduce((most, value, i) => Math.max(most, Math.abs(value - logprobs[i])), 0);
      if (!(apart <= SAME)) throw refuse("holds the scores of another model, adapter or --products");
    },
  });
  return { done, apart };
}

function scoresIn(
  line: string,
):
  | { readonly record: unknown; readonly tokens: readonly unknown[]; readonly logprobs: readonly unknown[] }
  | undefined {
  try {
    const record = parsedLine(line), { tokens, logprobs } = record as Partial<Record<"tokens" | "logprobs", unknown>>;
    return Array.isArray(tokens) && Array.isArray(logprobs) ? { record, tokens, logprobs } : undefined;
  } catch {
    return undefined;
  }
}

/** Says in which line a mistake is. */
async function at<T>(file: string, line: number, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${file}:${line}: ${error.message}`);
    throw error;
  }
}

async function countLines(file: string): Promise<number> {
  let count = 0;
  for await (const _ of linesOf(file)) count++;
  return count;
}
