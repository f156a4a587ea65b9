/**
 * Servers on this machine that answer as a test says, and a clock that passes only when it is told to.
 *
 * @module
 */
import { encode } from "./data_test_helpers.ts";
import { type Clock, STALL } from "./download.ts";

/** A clock that stands still until it is moved; sleeping moves it. */
export class TestClock implements Clock {
  time = 0;
  readonly slept: number[] = [];
  readonly #alarms = new Set<{ due: number; ring: () => void }>();
  #set = 0;
  #waiting: { count: number; resolve: () => void }[] = [];

  now = () => this.time;

  alarm(milliseconds: number, ring: () => void): () => void {
    const alarm = { due: this.time + milliseconds, ring };
    this.#alarms.add(alarm);
    if (milliseconds === STALL) {
      this.#set++;
      this.#waiting = this.#waiting.filter(({ count, resolve }) => count > this.#set || resolve());
    }
    return () => this.#alarms.delete(alarm);
  }

  sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.pass(milliseconds);
    return Promise.resolve();
  }

  pass(milliseconds: number): void {
    this.time += milliseconds;
    const due = [...this.#alarms].filter((alarm) => alarm.due <= this.time).sort((a, b) => a.due - b.due);
    for (const alarm of due) if (this.#alarms.delete(alarm)) alarm.ring();
  }

  /** Resolves once the client has heard of the server so many times more: of the head, then of each piece of the body. */
  heard(times: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ count: this.#set + times, resolve }));
  }

  /** Alarms that nobody switched off. */
  get left(): number {
    return this.#alarms.size;
  }
}

/** The server's side of one connection, once the request has been read. */
interface Peer {
  readonly clock: TestClock;
  /** The request, up to its empty line. */
  readonly request: string;
  /** Sends text or bytes, as they are. */
  send(...parts: (string | Uint8Array)[]): Promise<void>;
}
export type Answer = (peer: Peer) => Promise<void>;

/** Reads a request up to its empty line. */
async function requestOf(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(1024), decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const n = await connection.read(buffer);
    if (n === null) break;
    text += decoder.decode(buffer.subarray(0, n));
  }
  return text;
}

/** Runs with the address of a server that answers the n-th request by the n-th answer. */
export async function serving(
  answers: readonly Answer[],
  clock: TestClock,
  run: (base: string, requests: readonly string[]) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: string[] = [], talks: Promise<void>[] = [];
  async function talk(connection: Deno.Conn): Promise<void> {
    try {
      const request = await requestOf(connection);
      const answer = answers[Math.min(requests.push(request), answers.length) - 1];
      await answer({
        clock,
        request,
        async send(...parts) {
          for (const part of parts) {
            let left = typeof part === "string" ? encode(part) : part;
            while (left.length > 0) left = left.subarray(await connection.write(left));
          }
        },
      });
    } catch (error) {
      const gone = [Deno.errors.BrokenPipe, Deno.errors.ConnectionReset].some((kind) => error instanceof kind);
      if (!gone) throw error;
    } finally {
      connection.close();
    }
  }
  const accepting = (async () => {
    for await (const connection of listener) talks.push(talk(connection));
  })();
  try {
    await run(`http://127.0.0.1:${listener.addr.port}/`, requests);
  } finally {
    listener.close();
    await accepting;
    await Promise.all(talks);
  }
}
