/**
 * The prompt of a pair that is written as two whole dialogues, or as two texts that begin alike.
 *
 * @module
 */
import type { Message } from "../../tokenizers/chat.ts";
import type { Text } from "./texts.ts";

/** Where the assistant begins to speak: in dialogues as Anthropic wrote them, and in chats that a template has written. */
const TURN = /(?:^|\n)[ \t]*(?:#+ ?)?(?:Assistant|ASSISTANT):|<\|assistant\|>\n?|<\|im_start\|>assistant\n|\[\/INST\]/g;
/** Where somebody else does. */
const OTHER = /(?:^|\n)[ \t]*(?:#+ ?)?(?:Human|HUMAN|User|USER):|<\|user\|>|<\|im_start\|>user\n|\[INST\]/;
const MORE = new RegExp(`${TURN.source}|${OTHER.source}`);

/** A pair with its prompt told apart: both texts are the prompt and then the reply. */
interface Split {
  readonly prompt: Text;
  readonly chosen: Text;
  readonly rejected: Text;
  /** Whether a reply goes on with turns of others, or of the assistant again. */
  readonly hasMoreTurns: boolean;
}

/**
 * Tells prompt and replies apart.
 *
 * In a dialogue, the replies are what follows the last turn of the assistant that both have begun; in chats, the messages
 * behind the shared ones. Texts are parted before the first word that differs, whose space belongs to the reply.
 *
 * @returns undefined where the dialogues part before the assistant speaks: they are no two replies to one prompt
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const hello = (reply: string) => `\n\nHuman: Hello?\n\nAssistant:${reply}`;
 * const { prompt, chosen, rejected } = splitPrompt(hello(" Hi."), hello(""))!;
 * assert.deepEqual([prompt, chosen, rejected], [hello(""), " Hi.", ""]);
 * assert.equal(splitPrompt("Stars are far.", "Stars are fair.")!.chosen, " far.");
 * assert.equal(splitPrompt("Human: a\nAssistant: c", "Human: b\nAssistant: c"), undefined);
 * ```
 */
export function splitPrompt(chosen: Text, rejected: Text): Split | undefined {
  if (typeof chosen === "string" && typeof rejected === "string") return splitTexts(chosen, rejected);
  if (typeof chosen !== "string" && typeof rejected !== "string") return splitChats(chosen, rejected);
  return undefined;
}

function splitTexts(chosen: string, rejected: string): Split | undefined {
  let shared = 0;
  while (shared < chosen.length && chosen[shared] === rejected[shared]) shared++;
  const turns = [...chosen.matchAll(TURN)].map((found) => found.index + found[0].length);
  const isDialogue = turns.length > 0 && rejected.search(TURN) >= 0;
  const end = isDialogue ? turns.findLast((at) => at <= shared) : wordStart(chosen, rejected, shared);
  if (end === undefined) return undefined;
  // Where another has begun to speak before they part, the replies themselves are the same.
  const isOther = isDialogue && shared < chosen.length && shared < rejected.length &&
    OTHER.test(chosen.slice(end, shared));
  if (isOther) return undefined;
  const replies = [chosen.slice(end), rejected.slice(end)];
  return {
    prompt: chosen.slice(0, end),
    chosen: replies[0],
    rejected: replies[1],
    hasMoreTurns: isDialogue && replies.some((reply) => MORE.test(reply)),
  };
}

/** Where the first word begins that the texts do not share. */
function wordStart(a: string, b: string, shared: number): number {
  if (shared === a.length && shared === b.length) return 0;
  // Words are looked for near the place alone: texts may be long.
  const from = Math.max(0, shared - 100), words = new Intl.Segmenter("en", { granularity: "word" });
  const starts = [a, b].map((text) => {
    const near = text.slice(from, shared + 100);
    return from + (words.segment(near).containing(shared - from)?.index ?? near.length);
  });
  const start = Math.min(...starts);
  return a[start - 1] === " " ? start - 1 : start;
}

function splitChats(chosen: readonly Message[], rejected: readonly Message[]): Split | undefined {
  const parts = chosen.findIndex((turn, k) => !isSame(turn, rejected[k]));
  const shared = parts >= 0 ? parts : chosen.length;
  const isEqual = shared === chosen.length && shared === rejected.length;
  const end = isEqual ? chosen.findLastIndex(({ role }) => role === "assistant") : shared;
  const replies = [chosen.slice(end), rejected.slice(end)];
  if (end < 0 || replies.some(([first]) => first !== undefined && first.role !== "assistant")) return undefined;
  return {
    prompt: chosen.slice(0, end),
    chosen: replies[0],
    rejected: replies[1],
    hasMoreTurns: replies.some(({ length }) => length > 1),
  };
}

const isSame = (a: Message, b: Message | undefined): boolean => a.role === b?.role && a.content === b.content;
