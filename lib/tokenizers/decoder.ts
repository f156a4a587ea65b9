/**
 * The text of tokens, step by step as the Rust library takes it.
 *
 * Written here because `@huggingface/tokenizers` 0.2.0 throws on no tokens, joins " ." to "." unless told otherwise, drops a
 * byte order mark and makes one mark of several wrong bytes.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import { patternText, type Step } from "./tokenizer_json.ts";

/** The text of tokens, in parts; the whole is the parts put together. */
type Decode = (tokens: readonly string[]) => readonly string[];

const WRONG = "\ufffd";
const BYTE = /^<0x([0-9A-Fa-f]{2})>$/;
const lossy = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/**
 * A decoder as `tokenizer.json` describes it. Bytes that are no UTF-8, such as those of a character cut off, become U+FFFD.
 *
 * @param from the file, for errors
 * @throws UserError for a step of a kind that is not read, by its name
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const decode = decoderOf({ type: "ByteLevel" }, "a.json");
 * assert.equal(decode(["Ġa", "Ã", "©"]), " aé");
 * assert.equal(decode(["Ã"]), "\ufffd");
 * assert.equal(decode([]), "");
 * ```
 */
export function decoderOf(step: Step, from: string): (tokens: readonly string[]) => string {
  const decode = decodeStep(step, from);
  return (tokens) => decode(tokens).join("");
}

function decodeStep(step: Step, from: string): Decode {
  switch (step.type) {
    case "Sequence": {
      const steps = (step.decoders as Step[]).map((part) => decodeStep(part, from));
      return (tokens) => steps.reduce((parts, decode) => decode(parts), tokens);
    }
    case "ByteLevel":
      return (tokens) => [lossy.decode(Uint8Array.from(tokens.flatMap(bytesOf)))];
    case "ByteFallback":
      return byteFallback;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Replace": {
      const text = patternText(step, from);
      if (text === undefined) throw notRead(from, "Replace by an expression");
      return (tokens) => tokens.map((token) => token.replaceAll(text, String(step.content)));
    }
    case "Strip":
      return (tokens) =>
        tokens.map((token) => stripped(token, String(step.content), Number(step.start), Number(step.stop)));
    case "Metaspace": {
      // Of the first token every mark goes, as in the Rust library, wherever it stands.
      const mark = String(step.replacement ?? "▁"), first = step.prepend_scheme === "never" ? " " : "";
      return (tokens) => tokens.map((token, i) => token.replaceAll(mark, i === 0 ? first : " "));
    }
    default:
      throw notRead(from, step.type);
  }
}

function notRead(from: string, what: string): UserError {
  return new UserError(`${from}: decoder ${what} is not read: take a model whose tokenizer has none`);
}

/** The bytes that stand for themselves in byte-level tokens; the others are written from U+0100 on. */
const plain = (byte: number) => byte > 0x20 && byte < 0x7f || byte > 0xa0 && byte !== 0xad;
/** By the character that stands for it. */
const BYTES: ReadonlyMap<string, number> = new Map(
  [
    ...Array.from({ length: 256 }, (_, byte) => byte).filter(plain).map((byte) => [byte, byte]),
    ...Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !plain(byte)).map((byte, i) => [256 + i, byte]),
  ].map(([code, byte]) => [String.fromCharCode(code), byte]),
);

/** Bytes of a token; one that is written in other characters is its own text. */
function bytesOf(token: string): number[] {
  const bytes = [...token].map((character) => BYTES.get(character));
  return bytes.includes(undefined) ? [...new TextEncoder().encode(token)] : bytes as number[];
}

/** Runs of byte tokens become text, or a mark for each byte where together they are none. */
function byteFallback(tokens: readonly string[]): string[] {
  const parts: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      parts.push(strict.decode(Uint8Array.from(bytes)));
    } catch {
      parts.push(WRONG.repeat(bytes.length));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = BYTE.exec(token);
    if (byte === null) {
      flush();
      parts.push(token);
    } else bytes.push(parseInt(byte[1], 16));
  }
  flush();
  return parts;
}

/** Without up to `start` and `stop` times `content` at the two ends. */
function stripped(token: string, content: string, start: number, stop: number): string {
  for (; start > 0 && token.startsWith(content); start--) token = token.slice(content.length);
  for (; stop > 0 && token.endsWith(content); stop--) token = token.slice(0, -content.length);
  return token;
}
