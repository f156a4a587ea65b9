/**
 * `deno task score`: log-probs of texts, token by token, under a language model.
 *
 * @module
 */
import { backendNames } from "../lib/tensor/backend.ts";
import { exitWith } from "../lib/run/exit.ts";
import { int, parseFlags } from "../lib/run/options.ts";
import { PRODUCTS, productsOf } from "../lib/run/products.ts";
import { score } from "../lib/run/score.ts";
import { say } from "../lib/run/tell.ts";
import { UserError } from "../lib/user_error.ts";

const BATCH = int(2048, "tokens run at a time; more take more memory", { min: 1, max: 2 ** 20 });

const HELP = `Scores texts under a language model: the log-prob of every token given those before it, in nats.

Usage: deno task score --model FOLDER|FILE --file LINES.jsonl --out SCORES.jsonl

Flags
  --model FOLDER|FILE  a folder of Hugging Face, a .gguf file, or a .bin file of llama2.c;
                       deno task setup-model smollm2 fetches one
  --file FILE          lines of JSON, see below
  --out FILE           is written: a line for each, in their order
  --adapter FOLDER     a low-rank adapter of peft, for that model
  --batch INT          ${BATCH.help} (default ${BATCH.values.quick})
  --backend ${backendNames.join("|")}  (default auto, which loads no library of the system; native does, and is faster)
  --products ${PRODUCTS.join("|")}
                       how matrices are held (default float32). quantised leaves those of a GGUF file (Q4_0,
                       Q4_1, Q8_0) packed in memory: less of it, and a sooner start; nothing is rounded.
                       bfloat16 rounds all matrices, and what they are multiplied with, to 8 binary digits: twice as
                       fast, by --backend native and oneDNN (deno task doctor, docs/language-models.md)
  --resume             goes on behind the lines that --out has, once they are found to be of these texts, and the last of
                       them of this model; says how far that one is from what this engine gives
  --help               this text

A line holds a text in one of these forms. What else it says, such as an id, is handed through.
  {"text": "Once upon a time"}                                   with the tokens that belong around a text
  {"prompt": "2 + 2 =", "completion": " 4"}                      encoded as one text; both may be lists of messages
  {"messages": [{"role": "user", "content": "Hi"}]}              as the model's chat template writes them
  {"ids": [504, 3575, 282]}                                      tokens as they are

A line of scores has tokens (ids), logprobs (entry i is of token i + 1), sum and count; where there is a completion also
completion_start (its first token), completion_sum and completion_count, and completion_unscored: 1 where the completion
holds the text's first token, which has no log-prob and is not in its sum. No end token is added, and nothing is cut.
The last digits of a log-prob may depend on the texts that are run beside it (2e-5 on native); --batch 1 runs each alone.`;

await exitWith(async () => {
  const { values, switches } = parseFlags(
    Deno.args,
    ["model", "file", "out", "adapter", "batch", "backend", "products"],
    ["resume", "help"],
  );
  if (switches.has("help")) return say(HELP);
  const needed = (name: "model" | "file" | "out"): string => {
    if (values[name]) return values[name];
    throw new UserError(
      `--${name} is missing; deno task score --model FOLDER|FILE --file LINES.jsonl --out SCORES.jsonl`,
    );
  };
  if (values.adapter === "") throw new UserError("--adapter: an empty path names no folder; leave it out");
  say(
    await score({
      ...{ model: needed("model"), file: needed("file"), out: needed("out"), resume: switches.has("resume") },
      ...(values.adapter !== undefined && { adapter: values.adapter }),
      ...{ batch: batchOf(values.batch), backend: values.backend ?? "auto", products: productsOf(values.products) },
    }),
  );
});

function batchOf(text: string | undefined): number {
  try {
    return text === undefined ? BATCH.values.quick : BATCH.parse(text);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`--batch: ${error.message}`) : error;
  }
}
