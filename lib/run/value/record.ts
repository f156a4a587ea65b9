/**
 * A valuation as its folder has it: `value.json`, from which its report and figures are drawn.
 *
 * @module
 */
import type { IntervalKind } from "../../estimators/stream/streamed_values.ts";
import { textIfThere, writeWhole } from "../../files.ts";
import { UserError } from "../../user_error.ts";

/** The file by which a valuation is known. */
export const VALUE = "value.json";

/** A line of `value.csv`. */
export interface ValueRow {
  /** The policy, or both compared. */
  readonly policy: "target" | "against" | "difference" | "ratio";
  readonly estimator: string;
  /** In the unit of the reward; null where there is none: all weights are 0, or a ratio by 0. */
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** None where the outcome model alone speaks, fitted to the same log. */
  readonly interval: IntervalKind | "none";
  readonly standard_error: number | null;
  readonly rounds: number;
  /** 0 without. */
  readonly groups: number;
  readonly effective_sample_size: number | null;
  readonly largest_weight: number | null;
  readonly mean_weight: number | null;
  readonly mean_weight_error: number | null;
  /** Share of rounds whose weight is above lambda. */
  readonly altered_share: number | null;
  /** Target probability of actions that were never logged. */
  readonly unsupported_mass: number;
  /** Whether the log says what the policy's value is. */
  readonly identified: boolean;
  /** Why not, or what to know. */
  readonly note: string;
}

/** What the log has of an action. */
interface ActionRow {
  readonly action: string;
  readonly logged: number;
  /** Mean reward where it was logged; null where it never was. */
  readonly reward: number | null;
  /** Mean probability under the target. */
  readonly target: number;
  /** The same of the other policy; null without one. */
  readonly against: number | null;
}

/** What a value or a difference can be at a Γ, each end with its interval. */
export interface GammaRow {
  readonly of: "target" | "difference";
  readonly gamma: number;
  readonly least: number;
  readonly least_lower: number;
  readonly least_upper: number;
  readonly most: number;
  readonly most_lower: number;
  readonly most_upper: number;
}

/** What hidden confounding would do. */
export interface GammaFacts {
  readonly rows: readonly GammaRow[];
  /** Where the sign of the value, or the ranking of two, turns over; null at no Γ. */
  readonly turning: {
    readonly of: "sign" | "ranking";
    readonly gamma: number | null;
    /** From which on the interval has 0 in it. */
    readonly intervalGamma: number | null;
  };
  /** What leaving each covariate out would amount to. */
  readonly covariates: readonly {
    readonly name: string;
    readonly median: number;
    readonly ninth: number;
    readonly largest: number;
  }[];
}

/** A valuation. */
export interface ValueRecord {
  readonly command: string;
  readonly git: { readonly commit: string; readonly dirty: boolean | "unknown" };
  readonly deno: string;
  readonly seconds: number;
  readonly log: string;
  /** Policies in words. */
  readonly target: string;
  readonly against: string | null;
  readonly reward: string;
  readonly group: string | null;
  readonly level: number;
  readonly lambda: number;
  readonly bootstrap: number;
  /** Where propensities and expected rewards come from, in words. */
  readonly propensities: string;
  readonly outcomes: string;
  readonly rounds: number;
  readonly groups: number;
  readonly actions: readonly ActionRow[];
  readonly rows: readonly ValueRow[];
  readonly gamma?: GammaFacts;
  /** What speaks against the numbers, a sentence each. */
  readonly warnings: readonly string[];
  /** Rows that were left out, and the like. */
  readonly notes: readonly string[];
}

/**
 * Writes a valuation.
 *
 * @throws UserError when the system refuses to write
 * @example
 * ```ts ignore
 * await writeValue("reports/value", record);
 * ```
 */
export async function writeValue(folder: string, record: ValueRecord): Promise<void> {
  await writeWhole(`${folder}/${VALUE}`, `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * The valuation of a folder.
 *
 * @returns undefined where there is none
 * @throws UserError for a file that is not as it was written
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(await readValue("reports/no-such-valuation"), undefined);
 * ```
 */
export async function readValue(folder: string): Promise<ValueRecord | undefined> {
  const path = `${folder}/${VALUE}`;
  const text = await textIfThere(path);
  if (text === undefined) return undefined;
  let value: Partial<ValueRecord> | undefined;
  try {
    value = JSON.parse(text);
  } catch {
    // said below
  }
  const isWhole = typeof value?.command === "string" && typeof value.rounds === "number" &&
    [value.actions, value.rows, value.warnings, value.notes].every(Array.isArray);
  if (isWhole) return value as ValueRecord;
  throw new UserError(`${path}: is damaged; the deno task value that made it, given again, writes it anew`);
}
