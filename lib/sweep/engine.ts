/**
 * What computes the blocks of a sweep: processes on this machine, or a cluster.
 *
 * @module
 */
import type { Description } from "./description.ts";
import type { SweepStore } from "./store.ts";

/** What an engine works with. */
export interface Work {
  /** The sweep's folder. */
  readonly folder: string;
  readonly description: Description;
  /** Opened by the driver; the folder is locked. */
  readonly store: SweepStore;
  /** To be called now and then: shows how the sweep stands. */
  readonly show: () => void;
  /** A line that stays on the terminal. */
  readonly say: (line: string) => void;
  /** Whether the user has asked to stop: blocks in flight may be finished, no other is begun. */
  readonly stopped: () => boolean;
}

/** Computes blocks. */
export interface SweepEngine {
  /** Holders that an earlier driver started and that still work: their leases are kept. */
  attached(folder: string): Promise<readonly string[]>;
  /**
   * What would be submitted of a sweep that begins, as text, where blocks are handed to another system.
   *
   * @param blocks how many there are
   */
  preview?(folder: string, description: Description, blocks: number): string;
  /**
   * Works until nothing is pending and nothing is held, or until it was asked to stop. Called again where seeds were added.
   *
   * @throws UserError where the engine itself cannot go on; what is saved is safe
   */
  work(work: Work): Promise<void>;
}
