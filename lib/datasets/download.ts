/**
 * Downloads one pinned file: a few tries with pauses between them, going on where a broken connection stopped, and never
 * a byte more than the file has.
 *
 * @module
 */
import { UserError } from "../user_error.ts";
import type { DataFile } from "./manifest.ts";
import { defect, granted, wrongSize } from "./verify.ts";

/** Tries that a file gets, the first included. */
export const TRIES = 4;
/** A connection that is silent for so long is given up, in milliseconds. */
export const STALL = 20_000;
/** A file that is not whole by then is given up, in milliseconds: bytes that come one by one are no stall. */
export const TOTAL = 600_000;
/** The pause before the second try, in milliseconds; before each further one it is twice as long. */
const PAUSE = 1000;
/** The longest pause that a server may ask for, in milliseconds; one that asks for more is given up. */
export const LONGEST = 60_000;

/** Answers that another try may mend: too many requests, and servers that fail for now. */
const PASSING: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** Time, so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Calls `ring` after so many milliseconds, unless the function it returns is called before. */
  alarm(milliseconds: number, ring: () => void): () => void;
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
}

const systemClock: Clock = {
  now: () => performance.now(),
  alarm(milliseconds, ring) {
    const timer = setTimeout(ring, milliseconds);
    return () => clearTimeout(timer);
  },
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** How the network is used. */
export interface Network {
  /** Measures all that is waited for. */
  readonly clock: Clock;
  /** Told in one line why nothing happens for more than a second. */
  readonly say: (line: string) => void;
  /** Hosts that failed in all tries: they get one from then on, so that many files do not wait for each of theirs. */
  readonly failing: Set<string>;
}

/** The network with the time of the system; waits are told on standard error. */
const network: Network = { clock: systemClock, say: (line) => console.error(line), failing: new Set() };

/** A failure that another try may mend. */
class Passing extends Error {
  constructor(
    /** What happened, as a clause. */
    readonly why: string,
    /** The pause that the server asked for, in milliseconds. */
    readonly asked = 0,
  ) {
    super(why);
  }
}

/** What has arrived of a file. */
interface Part {
  readonly bytes: Uint8Array<ArrayBuffer>;
  length: number;
  /** False once the server has shown that it cannot send the rest of a file. */
  resumable: boolean;
}

/**
 * The bytes behind an address, when they are the pinned file.
 *
 * Tried again: answers 429, 500, 502, 503 and 504, with the pause they ask for; connections that break or are silent. Not
 * tried again: a connection that cannot be made, any other answer, bytes that are not the file.
 *
 * @param file what is expected
 * @throws UserError in one line: address, what happened, what to do
 *
 * @example The line begins with the address
 * ```ts
 * import assert from "node:assert/strict";
 * const address = new URL("https://example.invalid/a"), file = { path: "a", bytes: 1, sha256: "0".repeat(64), columns: [] };
 * await assert.rejects(download(address, file), /^UserError: https:\/\/example\.invalid\/a: [^\n]+$/);
 * ```
 */
export async function download(
  address: URL,
  file: DataFile,
  { clock, say, failing }: Network = network,
): Promise<Uint8Array<ArrayBuffer>> {
  const { host } = address;
  if (!granted({ name: "net", host })) {
    throw new UserError(`${address}: no permission for the network; run with --allow-net=${host}`);
  }
  const part: Part = { bytes: new Uint8Array(file.bytes), length: 0, resumable: true };
  const deadline = clock.now() + TOTAL, tries = failing.has(host) ? 1 : TRIES;
  for (let count = 1;; count++) {
    try {
      await receive(address, file, part, clock, deadline);
      failing.delete(host);
      return part.bytes;
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`${address}: ${error.message}, or use --mirror DIR`);
      if (!(error instanceof Passing)) throw error;
      if (count === tries) {
        failing.add(host);
        const times = tries === 1 ? "" : `, in the last of ${tries} tries`;
        throw new UserError(`${address}: ${error.why}${times}; try again later, or use --mirror DIR`);
      }
      if (!part.resumable) part.length = 0;
      const pause = Math.max(error.asked, PAUSE * 2 ** (count - 1));
      if (pause > 1000) say(`${address}: ${error.why}; trying again in ${Math.ceil(pause / 1000)} s`);
      await clock.sleep(pause);
    }
  }
}

/**
 * One try: asks for what is missing, and returns once the file is whole and verified.
 *
 * @throws Passing where another try may help; UserError, without the address in front, where none will
 */
async function receive(address: URL, file: DataFile, part: Part, clock: Clock, deadline: number): Promise<void> {
  const connection = new AbortController();
  let calm = () => {};
  const heard = () => {
    calm();
    calm = clock.alarm(STALL, () => connection.abort(new Passing(`${STALL / 1000} s without a byte`)));
  };
  const cancel = clock.alarm(Math.max(0, deadline - clock.now()), () => {
    const so = `${part.length} of ${file.bytes} bytes in ${TOTAL / 60_000} minutes`;
    connection.abort(new UserError(`${so}, which is too slow; try again later`));
  });
  let started = false;
  try {
    heard();
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (part.length > 0) headers.range = `bytes=${part.length}-`;
    // The address is pinned: an answer from elsewhere is not followed.
    const response = await fetch(address, { redirect: "manual", signal: connection.signal, headers });
    started = true;
    heard();
    judge(response, file, part);
    for await (const chunk of response.body ?? []) {
      heard();
      if (part.length + chunk.length > file.bytes) {
        throw wrong(`more than the ${file.bytes} bytes that are expected`, response, part);
      }
      part.bytes.set(chunk, part.length);
      part.length += chunk.length;
    }
    if (part.length < file.bytes) throw new Passing(`the answer ended after ${part.length} of ${file.bytes} bytes`);
    const why = await defect(part.bytes, file);
    if (why !== undefined) throw wrong(why, response, part);
  } catch (error) {
    if (error instanceof Passing || error instanceof UserError) throw error;
    const why = reason(error);
    if (!started && /client error \(Connect\)/.test(why)) {
      throw new UserError(`download failed (${why}); check the network`);
    }
    throw new Passing(`the connection broke after ${part.length} of ${file.bytes} bytes (${why})`);
  } finally {
    calm();
    cancel();
    connection.abort(); // closes what was not read to its end
  }
}

/** Whether the body of an answer is what is missing of the file; an answer that starts over empties the part. */
function judge(response: Response, file: DataFile, part: Part): void {
  const { status, headers } = response, from = part.length;
  if (PASSING.has(status)) {
    const asked = requestedPause(headers.get("retry-after"));
    if (asked <= LONGEST) throw new Passing(`the server answered ${status}`, asked);
    const seconds = Math.ceil(asked / 1000);
    throw new UserError(`the server answered ${status} and asks to wait ${seconds} s; try again then`);
  }
  if (from > 0 && status === 416) throw wrong("the server answered 416 to a request for the rest", response, part);
  if (status !== 200 && !(status === 206 && from > 0)) {
    const redirected = status >= 300 && status < 400 ? ", which is not followed" : "";
    throw new UserError(`the server answered ${status}${redirected}; try again later`);
  }
  if (status === 206) {
    const range = headers.get("content-range") ?? "none", expected = `bytes ${from}-${file.bytes - 1}/${file.bytes}`;
    if (range !== expected) {
      throw wrong(`the server sent the range "${range.slice(0, 80)}" for "${expected}"`, response, part);
    }
  } else part.length = 0;
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw wrong(`the answer is encoded as ${encoding.slice(0, 80)}`, response, part);
  const announced = headers.get("content-length");
  if (announced !== null && Number(announced) !== file.bytes - part.length) {
    throw wrong(wrongSize(part.length + Number(announced), file), response, part);
  }
}

/** Bytes that are not the file: final where they came in one piece, else reason to start over and not to resume again. */
function wrong(why: string, { status }: Response, part: Part): Passing | UserError {
  if (status === 200) return new UserError(`${why}; nothing was kept: try again later`);
  part.resumable = false;
  return new Passing(why);
}

/** The pause that a `Retry-After` asks for, in milliseconds; 0 where there is none that can be read. */
function requestedPause(header: string | null): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now());
}

/** The innermost cause in one line: "fetch failed" alone says nothing. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reason(error.cause);
  // The address already stands in front of the message.
  return error.message.split("\n")[0].replace(/^error sending request .*?: (?=client error)/, "");
}
