/**
 * What the readers of the language question saw and did, as lines that trainers of language models read.
 *
 * @module
 */
import type { UnitContext } from "../../lib/run/experiment.ts";
import { storiesOf } from "../../lib/training/language/stories.ts";
import type { Writer } from "../../lib/training/language/writer.ts";
import { readersOf } from "./language_samples.ts";
import type { CompareOptions } from "./options.ts";
import { type languageWorldsOf, settingOf } from "./settings.ts";

/** Lines of one replicate, of one world, in the order of its readers. */
interface LanguageLines {
  /**
   * `{"prompt", "chosen", "rejected"}`, with which of both was shown first, the chance that these two were shown, and the
   * reader's type, which the platform recorded.
   */
  readonly pairs: readonly object[];
  /**
   * `{"prompt", "completion", "label"}`: the response shown first, and whether the reaction to it was above the mean one; with
   * the reaction, the chance that it was shown, out of how many, and the type.
   */
  readonly completions: readonly object[];
  /** `{"prompt"}`: openings that nobody learned from. */
  readonly prompts: readonly object[];
  /** Texts, prompt and response together, that a tokenizer makes other tokens of than the model wrote. */
  readonly otherTokens: number;
}

/**
 * The lines of one replicate: the same stories, readers and reactions that every arm of the question was given.
 *
 * @param world one of the question's conditions
 * @param streams the question's, of one seed
 * @example
 * ```ts ignore
 * const { pairs } = languageLines(writer, { options, streams }, { world: "confounded", confounding: 1 });
 * ```
 */
export function languageLines(
  writer: Writer,
  context: Pick<UnitContext<CompareOptions, unknown>, "options" | "streams">,
  world: ReturnType<typeof languageWorldsOf>[number],
): LanguageLines {
  const { options, streams } = context, { languagePrompts, languageResponses, languageTexts, languageN: n } = options;
  const sizes = { prompts: languagePrompts, responses: languageResponses, heldOut: languageTexts };
  const stories = storiesOf(writer, sizes, streams("stories")[0]);
  const { log } = readersOf(context, stories, settingOf(world, { ...options, n }));
  const text = (ids: ArrayLike<number>) => writer.tokenizer.decode(Array.from(ids), { skipSpecial: true });
  const whole = stories.candidates.flat(),
    openings = stories.candidates.map(([{ ids, from }]) => text(ids.slice(0, from)));
  const completion = (x: number, a: number) => {
    const of = whole[x * languageResponses + a];
    return text(of.ids).slice(openings[x].length);
  };
  const rows = Array.from(log.prompt, (x, i) => {
    const shown = [log.first[i], log.second[i]].map((a) => completion(x, a)), won = log.firstWins[i] === 1;
    return { i, prompt: openings[x], shown, won };
  });
  return {
    pairs: rows.map(({ i, prompt, shown: [first, second], won }) => ({
      ...{ prompt, chosen: won ? first : second, rejected: won ? second : first },
      ...{ first: won ? "chosen" : "rejected", pair_propensity: log.pairPropensity[i], reader_type: log.type[i] },
    })),
    completions: rows.map(({ i, prompt, shown: [first] }) => ({
      ...{ prompt, completion: first, label: log.outcome[i] > 0 },
      ...{ outcome: log.outcome[i], propensity: log.propensity[i], candidates: languageResponses },
      reader_type: log.type[i],
    })),
    prompts: stories.heldOut.map(({ ids }) => ({ prompt: text(ids) })),
    otherTokens:
      whole.filter(({ ids }) => `${writer.tokenizer.encode(text(ids), { special: true })}` !== `${ids}`).length,
  };
}
