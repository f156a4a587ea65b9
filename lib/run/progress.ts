/**
 * Progress of a run on the terminal: one line that is rewritten, or plain lines where output is not a terminal.
 *
 * @module
 */

/** Told about each unit of work. */
export interface Progress {
  /** A unit is about to run. */
  start(label: string): void;
  /** A unit is done; `skipped` when its rows were there already. */
  finish(skipped: boolean): void;
  /** A line that stays. */
  say(line: string): void;
  /** Removes the line that is rewritten: the run is over. */
  end(): void;
}

/** Plain lines at most this often, in milliseconds. */
const PLAIN_INTERVAL = 5_000;

/**
 * Reports on `total` units to standard error, so that standard output stays free for results.
 *
 * @example
 * ```ts
 * const progress = createProgress("demo", 1, { terminal: false, write: () => {} });
 * progress.start("unit");
 * progress.finish(false);
 * progress.end();
 * ```
 */
export function createProgress(
  name: string,
  total: number,
  output: { terminal: boolean; write: (text: string) => void } = {
    terminal: Deno.stderr.isTerminal(),
    write: (text) => {
      Deno.stderr.writeSync(new TextEncoder().encode(text));
    },
  },
): Progress {
  let finished = 0, ran = 0, label = "", lastPlain = performance.now();
  const began = performance.now();
  const line = () => {
    const seconds = (performance.now() - began) / 1000;
    const left = ran > 0 ? (total - finished) * seconds / ran : NaN;
    const perSecond = ran / seconds;
    const rate = perSecond < 10 ? perSecond.toPrecision(2) : Math.round(perSecond);
    return `${name}  ${finished}/${total}  ${label}` + (ran > 0 ? `  ${rate} units/s  ${duration(left)} left` : "");
  };
  const clear = () => output.terminal && output.write("\r\x1b[2K");
  const draw = () => {
    if (output.terminal) {
      clear();
      output.write(line().slice(0, 110));
    } else if (performance.now() - lastPlain > PLAIN_INTERVAL) {
      lastPlain = performance.now();
      output.write(line() + "\n");
    }
  };
  return {
    start: (text) => {
      label = text;
      draw();
    },
    finish: (skipped) => {
      finished++;
      if (!skipped) ran++;
      draw();
    },
    say: (text) => {
      clear();
      output.write(text + "\n");
    },
    end: () => {
      clear();
    },
  };
}

/**
 * Seconds as "48 s" or "3 min 5 s".
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(duration(185), "3 min 5 s");
 * ```
 */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
