/**
 * PyTorch beside us: a Python process that takes its turns on request.
 *
 * @module
 */
import { openLines } from "./lines.ts";

/** A piece of work that `steps.py` knows. */
export interface PeerWork {
  readonly kind: "transformer" | "tabular" | "tabular cpo" | "mlp";
  /** Arguments of the Python function of that kind. */
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A running PyTorch. */
export interface Peer {
  /** Its version and threads. */
  readonly about: string;
  /** Milliseconds of one step, over about `seconds`. */
  time(work: PeerWork, seconds: number): Promise<number>;
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

/**
 * Starts the Python of PREFLAB_PYTHON, or `python3`, where it has torch.
 *
 * @param threads threads of PyTorch
 * @returns the peer, or a line that says why there is none
 * @example
 * ```ts ignore
 * const peer = await openPeer(2);
 * if (typeof peer !== "string") console.log(await peer.time({ kind: "mlp", arguments: { ... } }, 0.1));
 * ```
 */
export async function openPeer(threads: number): Promise<Peer | string> {
  const python = pythonOf();
  const script = new URL("steps.py", import.meta.url).pathname;
  const lines = openLines(python, [script, String(threads)]);
  const hello = await lines.next<{ torch: string; threads: number }>();
  if (typeof hello === "string") return `PyTorch not found: ${hello}; set PREFLAB_PYTHON to a Python that has it`;
  const { torch, threads: taken } = hello;
  return {
    about: `PyTorch ${torch}, ${taken} ${taken === 1 ? "thread" : "threads"}`,
    async time(work, seconds) {
      const answer = await lines.ask<{ ms: number } | { error: string }>({ ...work, seconds });
      if (typeof answer === "string") throw new Error(`PyTorch ended: ${answer}`);
      if ("error" in answer) throw new Error(`PyTorch, ${work.kind}: ${answer.error}`);
      return answer.ms;
    },
    stop: lines.stop,
  };
}
