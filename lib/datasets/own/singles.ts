/**
 * Completions of which each has a label, a rating or an outcome.
 *
 * @module
 */
import type { Problems } from "./problems.ts";
import { checkPropensity } from "./propensities.ts";
import type { Row } from "./row.ts";
import { isBlank, type Text } from "./texts.ts";

/** A completion, and what somebody or the world said of it. */
export interface Single {
  readonly prompt: Text;
  readonly completion: Text;
  /** Its label as 1 or 0, its rating, or its outcome. */
  readonly value: number;
  /** Number of its row in the file, from 1. */
  readonly row: number;
  /** What it counts for, where the file says so, 0 or more. */
  readonly weight?: number;
  /** Probability with which it was shown, where the file says so, in (0, 1]. */
  readonly propensity?: number;
  /** Out of how many texts it was shown, where the file says so. */
  readonly candidates?: number;
  /** Whom it belongs to, such as a reader, where the file says so. */
  readonly group?: string;
}

/** Completions while they are read. */
export class SinglesRead {
  /** Those that can be used. */
  readonly singles: Single[] = [];
  /** Values of each completion. */
  private readonly seen = new Map<string, Set<number>>();

  /** @param kind what the column of values holds */
  constructor(private readonly problems: Problems, private readonly kind: "label" | "rating" | "outcome") {}

  /**
   * Takes in a row. An outcome may come twice, a label or rating of one text by one group is then a duplicate.
   *
   * @throws UserError for a cell that is not what its column is to hold
   */
  read(row: Row): void {
    const prompt = row.text("prompt"), completion = row.text("completion"), group = row.name("group");
    const given = this.kind === "label" ? row.truth("label") : row.count(this.kind);
    const missing = prompt === undefined ? "prompt" : completion === undefined ? "completion" : this.kind;
    if (prompt === undefined || completion === undefined || given === undefined) {
      return this.problems.add(`missing ${row.named(missing)}`, "left out", row.place);
    }
    const value = Number(given), weight = row.count("weight"), propensity = row.count("propensity");
    const candidates = row.count("candidates");
    if (weight !== undefined && weight < 0) row.refuse("weight", `is ${weight}, and is to be 0 or more`);
    if (propensity !== undefined) checkPropensity(propensity, true, (what) => row.refuse("propensity", what));
    if (candidates !== undefined && !(Number.isInteger(candidates) && candidates > 0)) {
      row.refuse("candidates", `is ${candidates}, and is to be a whole number from 1 on`);
    }
    this.add({
      ...{ prompt, completion, value, row: row.number },
      ...(weight !== undefined && { weight }),
      ...(propensity !== undefined && { propensity }),
      ...(candidates !== undefined && { candidates }),
      ...(group !== undefined && { group }),
    }, row.place);
  }

  /**
   * Takes in a row with a list of completions and a list of their ratings.
   *
   * @throws UserError for a cell that is not what its column is to hold, and lists of different lengths
   */
  readList(row: Row): void {
    const prompt = row.text("prompt"), completions = row.texts("completions"), ratings = row.counts("ratings");
    const missing = prompt === undefined ? "prompt" : completions === undefined ? "completions" : "ratings";
    if (prompt === undefined || completions === undefined || ratings === undefined) {
      return this.problems.add(`missing ${row.named(missing)}`, "left out", row.place);
    }
    if (ratings.length !== completions.length) {
      row.refuse("ratings", `has ${ratings.length} numbers for ${completions.length} completions`);
    }
    const group = row.name("group"), who = group === undefined ? {} : { group };
    completions.forEach((completion, k) =>
      this.add({ prompt, completion, value: ratings[k], row: row.number, ...who }, row.place)
    );
  }

  private add(single: Single, place: string): void {
    const { prompt, completion, value, group } = single;
    if (isBlank(completion)) return this.problems.add("empty completion", "left out", place);
    if (isBlank(prompt)) this.problems.add("empty prompt", "kept", place);
    if (this.kind !== "outcome") {
      const key = JSON.stringify([prompt, completion, group]), values = this.seen.get(key);
      if (values?.has(value)) return this.problems.add("exact duplicate", "left out", place);
      if (values) this.problems.add(`contradiction: another ${this.kind} of the same text`, "kept", place);
      this.seen.set(key, (values ?? new Set()).add(value));
    }
    this.singles.push(single);
  }
}
