/**
 * PyTorch and JAX beside us: Python processes that take their turns on request.
 *
 * @module
 */
import { openLines } from "./lines.ts";

/** A piece of work that the scripts know. */
export interface PeerWork {
  readonly kind: "transformer" | "tabular" | "tabular cpo" | "mlp";
  /** Arguments of the Python function of that kind. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Of PyTorch: whether it is tuned and compiled. JAX always is, and is not told. */
  readonly tuned?: boolean;
}

/** A library that runs, and takes its turns. */
interface Peer {
  /** Its version and threads. */
  readonly about: string;
  /** Milliseconds of one step, over about `seconds`; of the processor with one thread. Or why there are none, in a line. */
  time(work: PeerWork, seconds: number): Promise<number | string>;
  /** Ends the process. */
  stop(): Promise<void>;
}

/**
 * The Python in which peers are looked for.
 *
 * @example
 * ```ts ignore
 * console.log(pythonOf());
 * ```
 */
export function pythonOf(): string {
  return Deno.env.get("PREFLAB_PYTHON") ?? "python3";
}

/** Who may be found, and what they are asked by. */
const scripts = { PyTorch: "steps.py", JAX: "steps_jax.py" } as const;

/** Those that were found, by name. */
export type Peers = Readonly<Partial<Record<keyof typeof scripts, Peer>>>;

/**
 * Starts the Python of PREFLAB_PYTHON, or `python3`, with each peer that it has.
 *
 * @param threads threads of a peer
 * @param notes gets a line for each that it has not
 * @example
 * ```ts ignore
 * const { PyTorch } = await openPeers(2, notes);
 * console.log(await PyTorch?.time({ kind: "mlp", arguments: { ... } }, 0.1));
 * ```
 */
export async function openPeers(threads: number, notes: string[]): Promise<Peers> {
  const found: [string, Peer][] = [];
  for (const [name, file] of Object.entries(scripts)) {
    const python = pythonOf(), lines = openLines(python, [new URL(file, import.meta.url).pathname, String(threads)]);
    const hello = await lines.next<{ about: string; threads: number }>();
    if (typeof hello === "string") {
      notes.push(`${name} not found: ${hello}; set PREFLAB_PYTHON to a Python that has it`);
      continue;
    }
    const time = async (work: PeerWork, seconds: number) => {
      const answer = await lines.ask<{ ms: number } | { error: string }>({ ...work, seconds });
      if (typeof answer === "string") return `it ended: ${answer}`;
      return "error" in answer ? answer.error : answer.ms;
    };
    found.push([name, {
      about: `${hello.about}, ${hello.threads} ${hello.threads === 1 ? "thread" : "threads"}`,
      time,
      stop: lines.stop,
    }]);
  }
  return Object.fromEntries(found);
}
