/**
 * PyTorch beside us: a Python process that takes its turns on request.
 *
 * @module
 */

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
  let process: Deno.ChildProcess;
  try {
    process = new Deno.Command(python, {
      args: [script, String(threads)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    return `PyTorch not found: ${python} does not start (${(error as Error).message.split("\n")[0]})`;
  }
  const failed = new Response(process.stderr).text();
  const lines = process.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let pending = "";
  const nextLine = async (): Promise<string | undefined> => {
    while (!pending.includes("\n")) {
      const { value, done } = await lines.next();
      if (done) return undefined;
      pending += value;
    }
    const end = pending.indexOf("\n"), line = pending.slice(0, end);
    pending = pending.slice(end + 1);
    return line;
  };
  const hello = await nextLine();
  if (hello === undefined) {
    const reason = (await failed).trim().split("\n").at(-1);
    return `PyTorch not found: ${python}: ${reason}; set PREFLAB_PYTHON to a Python that has it`;
  }
  const { torch, threads: taken } = JSON.parse(hello);
  const input = process.stdin.getWriter(), encoder = new TextEncoder();
  return {
    about: `PyTorch ${torch}, ${taken} ${taken === 1 ? "thread" : "threads"}`,
    async time(work, seconds) {
      await input.write(encoder.encode(JSON.stringify({ ...work, seconds }) + "\n"));
      const answer = await nextLine();
      if (answer === undefined) throw new Error(`PyTorch ended: ${(await failed).trim().split("\n").at(-1)}`);
      const { ms, error } = JSON.parse(answer);
      if (error !== undefined) throw new Error(`PyTorch, ${work.kind}: ${error}`);
      return ms;
    },
    async stop() {
      await input.close();
      await process.status;
    },
  };
}
