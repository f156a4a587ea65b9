/**
 * Progress of a run on the terminal: one line that is rewritten, or plain lines where output is not a terminal.
 *
 * @module
 */
import { tell } from "./tell.ts";

/** Told about each unit of work. */
export interface Progress {
  /** A unit is about to run. */
  start(label: string): void;
  /** A unit is done. */
  finish(): void;
  /** A line that stays. */
  say(line: string): void;
  /** Removes the line that is rewritten: the run is over. */
  end(): void;
}

/** Where progress is written. */
interface ProgressOutput {
  /** Whether a line can be rewritten. */
  readonly terminal: boolean;
  /** Columns of the terminal, asked for again with each line: windows change. */
  readonly columns: () => number;
  /** Writes text as it is. */
  readonly write: (text: string) => void;
}

/** Plain lines at most this often, in milliseconds. */
const PLAIN_INTERVAL = 5_000;
/** The line of a terminal at most this often, in milliseconds. */
const TERMINAL_INTERVAL = 100;

/** Standard error, so that standard output stays free for results. */
const standardError: ProgressOutput = {
  terminal: Deno.stderr.isTerminal(),
  columns: () => {
    try {
      return Deno.consoleSize().columns;
    } catch {
      return 80; // a terminal that does not tell its size
    }
  },
  write: tell,
};

/**
 * Reports on `total` units of which `done` are there already.
 *
 * @param of what the units are called
 * @example
 * ```ts
 * const progress = createProgress("demo", 1, 0, { terminal: false, columns: () => 80, write: () => {} });
 * progress.start("unit");
 * progress.finish();
 * progress.end();
 * ```
 */
export function createProgress(
  name: string,
  total: number,
  done: number,
  { terminal, columns, write }: ProgressOutput = standardError,
  of = "units",
): Progress {
  let ran = 0, label = "", drawn = terminal ? -Infinity : performance.now();
  const began = performance.now();
  const line = () => {
    const seconds = (performance.now() - began) / 1000;
    const left = ran > 0 ? (total - done - ran) * seconds / ran : NaN;
    const perSecond = ran / seconds;
    const rate = perSecond < 10 ? perSecond.toPrecision(2) : Math.round(perSecond);
    // What matters most stands first: a narrow terminal cuts the end.
    const pace = ran > 0 ? `  ${duration(left)} left  ${rate} ${of}/s` : "";
    return `${name}  ${done + ran}/${total}${pace}  ${label}`;
  };
  const clear = () => terminal && write("\r\x1b[2K");
  const draw = () => {
    if (performance.now() - drawn < (terminal ? TERMINAL_INTERVAL : PLAIN_INTERVAL)) return;
    drawn = performance.now();
    if (!terminal) return write(line() + "\n");
    clear();
    write(line().slice(0, columns() - 1)); // a full line would scroll
  };
  return {
    start: (text) => {
      label = text;
      draw();
    },
    finish: () => {
      ran++;
      draw();
    },
    say: (text) => {
      clear();
      write(text + "\n");
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
