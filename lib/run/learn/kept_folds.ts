/**
 * What folds came to, kept while others are still trained: the same command goes on where it was stopped.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { textIfThere, writeWhole } from "../../files.ts";
import type { Measures } from "../../learn/held_out.ts";

/** A method in a fold. */
export interface FoldOutcome {
  readonly beta: number;
  /** Measures of the rows that were held out, in their order. */
  readonly rows: readonly Measures[];
  /** Where the policy from all rows is. */
  readonly written?: string;
}

/** Name of the file in the run's folder. */
const FILE = "folds.json";

/**
 * The file by which a folder is known as that of a run over a language model: what a stopped one has kept, else the report.
 *
 * @param report name of the report's file
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await markOf("nowhere", "report.json"), "report.json");
 * ```
 */
export async function markOf(folder: string, report: string): Promise<string> {
  return await Deno.stat(`${folder}/${FILE}`).then(() => FILE, () => report);
}

/** Outcomes in a file, by method and fold. */
export class KeptFolds {
  private constructor(private readonly path: string, private readonly key: string, private found: Kept) {}

  /**
   * Opens what an earlier run of the same settings has kept.
   *
   * @param settings all that outcomes depend on, as JSON has it
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * const folder = await Deno.makeTempDir(), kept = await KeptFolds.open(folder, { seed: 1 });
   * await kept.put("dpo 0", { beta: 0.1, rows: [{ kl: NaN }] });
   * assert.deepEqual((await KeptFolds.open(folder, { seed: 1 })).get("dpo 0"), { beta: 0.1, rows: [{ kl: NaN }] });
   * assert.equal((await KeptFolds.open(folder, { seed: 2 })).get("dpo 0"), undefined);
   * await kept.remove();
   * await Deno.remove(folder);
   * ```
   */
  static async open(folder: string, settings: unknown): Promise<KeptFolds> {
    const path = `${folder}/${FILE}`, key = createHash("sha256").update(JSON.stringify(settings)).digest("hex");
    return new KeptFolds(path, key, read(await textIfThere(path), key));
  }

  /** How many there are. */
  get size(): number {
    return Object.keys(this.found).length;
  }

  /** An outcome, where it was kept. */
  get(unit: string): FoldOutcome | undefined {
    const outcome = this.found[unit];
    if (outcome === undefined) return undefined;
    // JSON has null for NaN.
    const numbers = (row: Measures) =>
      Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value ?? NaN]));
    return { ...outcome, rows: outcome.rows.map(numbers) };
  }

  /** Keeps an outcome. @throws UserError where the file cannot be written */
  async put(unit: string, outcome: FoldOutcome): Promise<void> {
    this.found = { ...this.found, [unit]: outcome };
    await writeWhole(this.path, JSON.stringify({ key: this.key, found: this.found }));
  }

  /** Removes the file, once the report is there. */
  async remove(): Promise<void> {
    await Deno.remove(this.path);
  }
}

type Kept = Readonly<Record<string, FoldOutcome>>;

/** What a file says; nothing where it is of other settings. It is written whole or not at all, by us alone. */
function read(text: string | undefined, key: string): Kept {
  if (text === undefined) return {};
  try {
    const said = JSON.parse(text) as { readonly key: string; readonly found: Kept };
    return said.key === key ? said.found : {};
  } catch {
    return {}; // no file of ours: it is written anew
  }
}
