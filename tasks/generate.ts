/**
 * `deno task generate`: what a language model goes on with after prompts.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import { generateLines } from "../lib/run/generate.ts";
import { flagName, int, number, parseFlags, resolveOptions } from "../lib/run/options.ts";
import { PRODUCTS, productsOf } from "../lib/run/products.ts";
import { say } from "../lib/run/tell.ts";
import { backendNames } from "../lib/tensor/backend.ts";
import { UserError } from "../lib/user_error.ts";

const OPTIONS = {
  maxTokens: int(128, "tokens of a completion at most", { min: 1, max: 2 ** 20 }),
  temperature: number(1, "logits are divided by it; 0 takes the most probable token", { min: 0, max: 1000 }),
  topK: int(0, "so many of the most probable tokens are left; 0 for all", { min: 0, max: 2 ** 30 }),
  topP: number(1, "the fewest tokens are left that have this probability together", { min: 1e-9, max: 1 }),
  minP: number(0, "tokens are left that have this share of the largest probability", { min: 0, max: 1 }),
  repetitionPenalty: number(1, "above 1, tokens that were there before become less probable", { min: 1e-3, max: 1000 }),
  seed: int(0, "of all draws; those of a line depend on its number, and on no other line", { min: 0, max: 2 ** 31 }),
  batch: int(8, "sequences at a time; they decide nothing for each other", { min: 1, max: 4096 }),
};

const HELP = `Goes on with prompts under a language model.

Usage: deno task generate --model FOLDER|FILE --prompts LINES.jsonl --out COMPLETIONS.jsonl

Flags
  --model FOLDER|FILE  a folder of Hugging Face, a .gguf file, or a .bin file of llama2.c;
                       deno task setup-model smollm2 fetches one
  --prompts FILE       lines of JSON, see below
  --out FILE           is written: a line for each, in their order
  --adapter FOLDER     a low-rank adapter of peft, for that model
  --stop TEXT          ends a completion, which is written up to there
${
  Object.entries(OPTIONS).map(([key, { kind, help, values }]) =>
    `  ${`--${flagName(key)} ${kind}`.padEnd(25)} ${help} (default ${values.quick})`
  ).join("\n")
}
  --backend ${backendNames.join("|")}  (default auto, which loads no library of the system; native does, and is faster)
  --products ${PRODUCTS.join("|")}
                       how matrices are multiplied (default float32). quantised leaves those of a GGUF file in 4 and 8 bits
                       (Q4_0, Q4_1, Q8_0) packed in memory, and rounds what they are multiplied with to 16 bits while tokens
                       are drawn: less memory, faster, log-probs 2e-4 nats off on average. bfloat16 rounds all matrices,
                       and what they are multiplied with, to 8 binary digits: three times as fast, by --backend native
                       and oneDNN (deno task doctor, docs/language-models.md)
  --resume             goes on behind the lines that --out has, once they are found to be of these prompts, and the last of
                       them of this model and these rules
  --help               this text

A line holds a prompt in one of these forms. What else it says is handed through.
  {"prompt": "Once upon a time"}                     with the tokens that belong in front of a text
  {"prompt": [{"role": "user", "content": "Hi"}]}    as the model's chat template writes it; "messages" means the same
  {"ids": [504, 3575, 282]}                          tokens as they are
A chat that ends with an answer is given one more: the answer that is there is not gone on with.

A line of completions also has completion (a text, or the answer in a chat), tokens (ids, the end token among them), logprobs
(of these tokens under the model as it is), sampled_logprobs (under the distribution that they were drawn from) and ended
(token, string or length). Rules of drawing are applied in the order of transformers: penalty, temperature, top-k, top-p,
min-p.`;

await exitWith(async () => {
  const paths = ["model", "prompts", "out"] as const;
  const flags = parseFlags(
    Deno.args,
    [...paths, "adapter", "stop", "backend", "products", ...Object.keys(OPTIONS).map(flagName)],
    ["resume", "help"],
  );
  const { values, switches } = flags;
  if (switches.has("help")) return say(HELP);
  const [model, prompts, out] = paths.map((name) => {
    if (values[name]) return values[name];
    throw new UserError(
      `--${name} is missing; deno task generate --model FOLDER|FILE --prompts LINES.jsonl --out COMPLETIONS.jsonl`,
    );
  });
  if (values.stop === "") throw new UserError("--stop: an empty text ends nothing; leave it out");
  if (values.adapter === "") throw new UserError("--adapter: an empty path names no folder; leave it out");
  const { maxTokens, seed, batch, topK, ...rules } = resolveOptions(OPTIONS, flags, "quick", undefined);
  const chosen = (["top-k", "top-p", "min-p"] as const).find((name) => values[name] !== undefined);
  if (rules.temperature === 0 && chosen !== undefined) {
    throw new UserError(`--${chosen} has no effect with --temperature 0, which takes the most probable token`);
  }
  say(
    await generateLines({
      ...{
        model,
        prompts,
        out,
        maxTokens,
        seed,
        batch,
        backend: values.backend ?? "auto",
        products: productsOf(values.products),
        resume: switches.has("resume"),
      },
      sampling: { ...rules, ...(topK > 0 && { topK }) },
      ...(values.adapter !== undefined && { adapter: values.adapter }),
      ...(values.stop !== undefined && { stop: values.stop }),
    }),
  );
});
