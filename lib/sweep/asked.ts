/**
 * Asked to stop, by signals that a process finishes its block for.
 *
 * @module
 */

/** Whether a process was asked to stop. */
interface Asked {
  (): boolean;
  /** Listens no more. */
  readonly forget: () => void;
}

/**
 * Listens for signals; a second one ends the process at once where `twice` is given.
 *
 * @param twice exit code of a process that is asked a second time
 */
export function askedBy(signals: readonly Deno.Signal[], twice?: number): Asked {
  let asked = false;
  const ask = () => {
    if (asked && twice !== undefined) Deno.exit(twice);
    asked = true;
  };
  for (const signal of signals) Deno.addSignalListener(signal, ask);
  return Object.assign(() => asked, {
    forget: () => {
      for (const signal of signals) Deno.removeSignalListener(signal, ask);
    },
  });
}

/** Lets signals be seen; without it a process that computes never hears them. */
export function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
