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
 * Listens for signals, which then end the process no more.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const asked = askedBy(["SIGUSR1"]);
 * assert.equal(asked(), false);
 * asked.forget();
 * ```
 */
export function askedBy(signals: readonly Deno.Signal[]): Asked {
  let asked = false;
  const ask = () => {
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
