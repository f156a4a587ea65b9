/**
 * Pairs of a chosen and a rejected text, with what is odd about them counted.
 *
 * @module
 */
import { splitPrompt } from "./implicit_prompt.ts";
import type { Problems } from "./problems.ts";
import type { Row } from "./row.ts";
import { isBlank, type Text } from "./texts.ts";

/** A preference. */
export interface Pair {
  /** Empty where there is none. */
  readonly prompt: Text;
  readonly chosen: Text;
  readonly rejected: Text;
  /** Number of its row in the file, from 1. */
  readonly row: number;
  /** Whether neither is better; then chosen is what the file has first. */
  readonly tied: boolean;
  /** What it counts for, where the file says so, 0 or more. */
  readonly weight?: number;
  /** Ratings of chosen and rejected, where the file has them. */
  readonly scores?: readonly [number, number];
  /** Whom it belongs to, such as an annotator, where the file says so. */
  readonly group?: string;
}

/** Pairs while they are read. */
export class PairsRead {
  /** Those that can be used. */
  readonly pairs: Pair[] = [];
  private readonly seen = new Set<string>();

  constructor(private readonly problems: Problems) {}

  /**
   * Takes in a row with columns of chosen and rejected texts.
   *
   * @throws UserError for a cell that is not what its column is to hold
   */
  read(row: Row, hasPrompt: boolean): void {
    const given = hasPrompt ? row.text("prompt") : "", chosen = row.text("chosen"), rejected = row.text("rejected");
    const missing = given === undefined
      ? "prompt"
      : chosen === undefined
      ? "chosen"
      : rejected === undefined
      ? "rejected"
      : "";
    if (given === undefined || chosen === undefined || rejected === undefined) {
      return this.problems.add(`missing ${row.named(missing)}`, "left out", row.place);
    }
    const parted = partedBy(given, chosen, rejected, hasPrompt);
    if (parted === undefined) return this.problems.add("replies to different prompts", "left out", row.place);
    if (parted.hasMoreTurns) this.problems.add("a reply with more turns", "kept", row.place);
    const weight = row.count("weight"), high = row.count("scoreChosen"), low = row.count("scoreRejected");
    if (weight !== undefined && weight < 0) row.refuse("weight", `is ${weight}, and is to be 0 or more`);
    const scores = high === undefined || low === undefined ? undefined : [high, low] as const,
      group = row.name("group");
    if (scores && scores[0] < scores[1]) this.problems.add("the rejected text has the higher score", "kept", row.place);
    this.add({
      prompt: parted.prompt,
      chosen: parted.chosen,
      rejected: parted.rejected,
      row: row.number,
      tied: row.truth("tied") ?? (scores !== undefined && scores[0] === scores[1]),
      ...(weight !== undefined && { weight }),
      ...(scores && { scores }),
      ...(group !== undefined && { group }),
    }, row.place);
  }

  /** Takes in a pair, unless it teaches nothing. @param place of its row, for messages */
  add(pair: Pair, place: string): void {
    const { prompt, chosen, rejected, tied, group } = pair,
      leftOut = (kind: string) => this.problems.add(kind, "left out", place);
    if (isBlank(chosen)) return leftOut("empty chosen");
    if (isBlank(rejected)) return leftOut("empty rejected");
    const [first, second] = [chosen, rejected].map((text) => JSON.stringify(text)),
      of = JSON.stringify([prompt, group]);
    if (first === second) return leftOut("identical chosen and rejected");
    const key = `${of}${first}${second}`, turned = `${of}${second}${first}`;
    if (this.seen.has(key)) return leftOut("exact duplicate");
    if (this.seen.has(turned) && !tied) {
      this.problems.add("contradiction: the same pair the other way round", "kept", place);
    }
    if (tied) this.problems.add("tie", "kept", place);
    if (isBlank(prompt)) this.problems.add("empty prompt", "kept", place);
    this.seen.add(key);
    this.pairs.push(pair);
  }
}

/** Prompt and replies: a prompt that is given may be repeated in chats, or not be there at all. */
function partedBy(prompt: Text, chosen: Text, rejected: Text, hasPrompt: boolean): ReturnType<typeof splitPrompt> {
  if (!hasPrompt) return splitPrompt(chosen, rejected);
  const isChat = (text: Text): text is Exclude<Text, string> => typeof text !== "string";
  if (
    isChat(chosen) && isChat(rejected) &&
    chosen.concat(rejected).some(({ role }) => role === "user" || role === "system")
  ) {
    const split = splitPrompt(chosen, rejected);
    if (split && split.prompt.length > 0) return split; // whole chats, whose prompt stands beside them once more
  }
  if ([prompt, chosen, rejected].every((text) => isChat(text)) || ![prompt, chosen, rejected].some(isChat)) {
    return { prompt, chosen, rejected, hasMoreTurns: false };
  }
  const asChat = (role: "user" | "assistant", text: Text) => isChat(text) ? text : [{ role, content: text }];
  return {
    prompt: asChat("user", prompt),
    chosen: asChat("assistant", chosen),
    rejected: asChat("assistant", rejected),
    hasMoreTurns: false,
  };
}
