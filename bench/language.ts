/**
 * A language model of the size of SmolLM2-135M beside PyTorch with transformers: processor time and memory.
 *
 * Each side runs in a process of its own, and they take turns. Weights are random: what is computed does not depend on them.
 *
 * @module
 */
import type { ModelSizes } from "./models.ts";
import type { BenchRow } from "./rows.ts";
import { middleOf } from "./timing.ts";
import { openOneDnn } from "../lib/tensor/kernels/onednn.ts";
import { told } from "./told.ts";

/** Sizes of the model and of the texts. */
export interface LanguageSizes extends ModelSizes {
  /** Tokens of a prompt, which two texts share. */
  readonly prompt: number;
  /** Tokens of a text. */
  readonly length: number;
  /** Texts. */
  readonly sequences: number;
  /** Tokens that are generated. */
  readonly new: number;
}

const SMOLLM2 = { vocabulary: 49152, width: 576, layers: 30, heads: 9, keyHeads: 3, hidden: 1536 };
const TEXTS = { prompt: 32, length: 64, sequences: 16, new: 32 };

/** What is measured; `language.py` knows the same. */
const WORK = {
  "forward": { about: "log-probs of the last 32 of 64 tokens, 8 texts", sizes: { ...SMOLLM2, ...TEXTS, sequences: 8 } },
  "generate": { about: "32 tokens drawn after 32, 8 texts", sizes: { ...SMOLLM2, ...TEXTS, sequences: 8 } },
  "generate-quantised": {
    about: "the same with --products quantised, weights of 4 and 8 bits; PyTorch in float32",
    sizes: { ...SMOLLM2, ...TEXTS, sequences: 8 },
  },
  "lora-qv": { about: "DPO step, LoRA of rank 8 on q and v, 8 pairs of 64", sizes: { ...SMOLLM2, ...TEXTS } },
  "lora-qv-bf16": {
    about: "the same; PyTorch with autocast to bfloat16",
    sizes: { ...SMOLLM2, ...TEXTS },
  },
  "lora-all": { about: "DPO step, LoRA of rank 8 on all linear, 8 pairs of 64", sizes: { ...SMOLLM2, ...TEXTS } },
  "lora-top": {
    about: "DPO step, LoRA of rank 8 on q and v of the last 6 layers, 8 pairs of 48; ours keeps the states below",
    sizes: { ...SMOLLM2, ...TEXTS, prompt: 24, length: 48 },
  },
  "full": { about: "DPO step, all weights of 6 layers, 8 pairs of 64", sizes: { ...SMOLLM2, ...TEXTS, layers: 6 } },
} as const;

/** A piece of work. */
export type LanguageWork = keyof typeof WORK;

/** Work that has frozen matrices in float32, which can be held in bfloat16. */
const FROZEN: readonly LanguageWork[] = ["forward", "generate", "lora-qv", "lora-qv-bf16", "lora-all", "lora-top"];

/** Processes of each side for a piece of work, at most: each loads a model. */
const MOST_TURNS = 3;

/** Layers of the model where one round shows that all of it runs. */
const SHOWN_LAYERS = 2;
const GROUP = "Language model of 135 M, processor time";
const SHOWN_GROUP = `${SHOWN_LAYERS} layers of a language model of 135 M, processor time`;

/** What a process tells. */
interface Told {
  /** Processor milliseconds of each round. */
  readonly ms: readonly number[];
  /** Most memory. */
  readonly mebibytes: number;
  /** Versions of a peer. */
  readonly about?: string;
}

/**
 * Processor time and memory of each piece of work; PyTorch, where there is one, is the yardstick.
 *
 * @param engines ours
 * @param python that has torch and transformers
 * @param notes gets what could not be measured
 */
export async function languageRows(
  engines: readonly string[],
  { threads, rounds, python, notes }: {
    readonly threads: number;
    readonly rounds: number;
    readonly python: string;
    readonly notes: string[];
  },
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const folder = new URL(".", import.meta.url).pathname;
  const run = ["run", "--no-prompt", "--allow-ffi", "--allow-read", `${folder}language_work.ts`];
  const whyNot = whyNoBfloat16();
  if (whyNot !== undefined) notes.push(`native, bfloat16: ${whyNot}`);
  for (const work of Object.keys(WORK) as LanguageWork[]) {
    const { about, sizes } = WORK[work];
    const layers = rounds === 1 ? SHOWN_LAYERS : sizes.layers;
    const json = JSON.stringify({ ...sizes, layers }), each = String(Math.min(rounds, MOST_TURNS));
    const sides = [
      {
        by: "PyTorch",
        start: () => told<Told>(python, [`${folder}peers/language.py`, work, each, String(threads), json]),
      },
      ...engines.flatMap((engine) =>
        (engine === "native" && whyNot === undefined && FROZEN.includes(work)
          ? ["float32", "bfloat16"] as const
          : ["float32"] as const).map((form) => ({
            by: form === "float32" ? engine : `${engine}, ${form}`,
            start: () => told<Told>(Deno.execPath(), [...run, engine, work, form, each, json]),
          }))
      ),
    ];
    const found = new Map<string, Told[]>(sides.map(({ by }) => [by, []]));
    for (let turn = 0; turn < Math.min(rounds, MOST_TURNS); turn++) {
      for (const { by, start } of sides) {
        if (found.get(by) === undefined) continue;
        const answer = await start();
        if (typeof answer !== "string") found.get(by)!.push(answer);
        else {
          found.delete(by);
          notes.push(`${by}, ${about}: ${answer}`);
        }
      }
    }
    const middle = (by: string) => {
      const answers = found.get(by);
      return answers && middleOf(answers.flatMap(({ ms }) => ms));
    };
    const yardstick = middle("PyTorch");
    for (const { by } of sides) {
      const ms = middle(by);
      if (ms === undefined) continue;
      const [{ mebibytes, about: versions }] = found.get(by)!;
      rows.push({
        ...{ group: rounds === 1 ? SHOWN_GROUP : GROUP, work: about, by: versions ?? by, ms },
        ...{ rate: mebibytes, unit: "MiB at most" },
        ...{
          ratio: yardstick === undefined ? null : ms / yardstick,
          against: yardstick === undefined ? "" : "PyTorch",
        },
      });
    }
  }
  return rows;
}

function whyNoBfloat16(): string | undefined {
  try {
    openOneDnn();
  } catch (error) {
    return (error as Error).message;
  }
}
