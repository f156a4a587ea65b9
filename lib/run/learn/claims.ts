/**
 * Claims that a user writes in a file, a line each.
 *
 * @module
 */
import { above, below, between, type ClaimResult, type Evidence, judge, type Rule } from "../../statistics/claims.ts";
import type { HiddenIn } from "../../estimators/sensitivity/preference_bounds.ts";
import { nearest } from "../../nearest.ts";
import { UserError } from "../../user_error.ts";
import { adjustedTogether } from "../adjusted.ts";

/** A claim. */
interface UserClaim {
  /** The line as it was written. */
  readonly text: string;
  readonly method: string;
  /** The method that it is compared with. */
  readonly less?: string;
  readonly measure: string;
  readonly rule: Rule;
  /** In the worst case of something hidden; where nothing is unless given. */
  readonly at?: { readonly hidden: HiddenIn; readonly gamma: number };
}

const LINE =
  /^(\S+)(?:\s+-\s+(\S+))?\s+in\s+([\w-]+)\s*(?:([<>])\s*(\S+)|between\s+(\S+)\s+and\s+(\S+))(?:\s+at\s+(exposure|labels)\s+(\S+))?$/;
const FORM =
  'write such as "apo-zero - dpo in accuracy > 0", "kto in kl < 1", "dpo in accuracy between 0.6 and 0.9", "dpo in accuracy > 0.5 at labels 1.5"';

/**
 * Reads claims. Empty lines and what follows a # are left aside.
 *
 * @param path for errors
 * @param known methods that run, and measures of the data
 * @throws UserError naming the line, for what is no claim, and for methods and measures that are not there
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const known = { methods: ["dpo", "kto"], measures: ["accuracy", "kl"] };
 * const [{ method, less, measure, rule }] = parseClaims("kto - dpo in accuracy > 0 # ours", "claims.txt", known);
 * assert.deepEqual([method, less, measure, rule.text], ["kto", "dpo", "accuracy", "> 0"]);
 * assert.deepEqual(parseClaims("kto in accuracy > 0.5 at labels 1.5", "claims.txt", known)[0].at?.gamma, 1.5);
 * assert.throws(() => parseClaims("kto in acuracy > 0", "claims.txt", known), /claims.txt:1: .* did you mean accuracy\?/);
 * ```
 */
export function parseClaims(
  text: string,
  path: string,
  known: { readonly methods: readonly string[]; readonly measures: readonly string[] },
): UserClaim[] {
  const claims = text.split(/\r?\n/).flatMap((line, i) => {
    const written = line.replace(/(?:^|\s)#.*$/, "").trim(), where = `${path}:${i + 1}`;
    if (written === "") return [];
    const found = LINE.exec(written);
    if (found === null) throw new UserError(`${where}: "${written}" is no claim; ${FORM}`);
    const [, method, less, measure, sign, bound, low, high, hidden, factor] = found;
    for (const name of [method, less]) if (name !== undefined) check(where, "method", name, known.methods);
    check(where, "measure", measure, known.measures);
    const number = (word: string) => {
      const value = Number(word);
      if (Number.isFinite(value)) return value;
      throw new UserError(`${where}: "${word}" is no number; ${FORM}`);
    };
    if (low !== undefined && !(number(low) < number(high))) {
      throw new UserError(`${where}: ${low} is not below ${high}; ${FORM}`);
    }
    const rule = low !== undefined
      ? between(number(low), number(high))
      : sign === ">"
      ? above(number(bound))
      : below(number(bound));
    const claim = { text: written, method, ...(less !== undefined && { less }), measure, rule };
    if (hidden === undefined) return [claim];
    const gamma = number(factor);
    if (!(gamma >= 1)) throw new UserError(`${where}: Γ is at least 1, where nothing is hidden, got ${factor}`);
    // Sharp ends are known of how often the better text is told, and of two methods' order alone.
    if (measure !== "accuracy" || sign === undefined || (less !== undefined && Number(bound) !== 0)) {
      throw new UserError(
        `${where}: at a Γ one can claim "dpo in accuracy > 0.5 at labels 1.5", or of two methods "dpo - kto in accuracy > 0 ` +
          `at exposure 1.2"`,
      );
    }
    return [{ ...claim, at: { hidden: hidden as HiddenIn, gamma } }];
  });
  if (claims.length === 0) throw new UserError(`${path}: has no claim; ${FORM}`);
  return claims;
}

function check(where: string, what: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const guess = nearest(name, known);
  throw new UserError(
    `${where}: no ${what} "${name}"${guess ? `, did you mean ${guess}?` : ";"} There are ${known.join(", ")}`,
  );
}

/**
 * Claims with their evidence, judged by themselves and adjusted for how many they are.
 *
 * @param of the evidence of a claim; undefined where the data leave none
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const known = { methods: ["dpo"], measures: ["accuracy"] };
 * const claims = parseClaims("dpo in accuracy > 0.5", "claims.txt", known);
 * const [{ verdict, holm }] = judged(claims, () => ({ estimate: 0.9, lower: 0.8, upper: 1, n: 50 }));
 * assert.deepEqual([verdict, holm!.verdict], ["holds", "holds"]);
 * ```
 */
export function judged(
  claims: readonly UserClaim[],
  of: (claim: UserClaim) => Evidence | undefined,
): ClaimResult[] {
  const found = claims.map((claim) => ({ claim, evidence: of(claim) }));
  const tested = found.flatMap(({ claim: { rule }, evidence }) => evidence === undefined ? [] : [{ evidence, rule }]);
  const adjusted = adjustedTogether(tested);
  return found.map(({ claim: { text, method, less, measure, rule, at }, evidence }, k): ClaimResult => {
    const holm = evidence && adjusted[tested.findIndex((test) => test.evidence === evidence)];
    return {
      ...{ kind: "question", id: `claim-${k + 1}`, statement: text, source: "your file of claims", paper: "" },
      quantity: (less === undefined ? `${measure} of ${method}` : `${measure} of ${method} less that of ${less}`) +
        (at === undefined ? "" : `, worst case of ${at.hidden} off by ${at.gamma}`),
      ...{ rule: rule.text, question: "methods", unit: "groups" },
      ...(evidence === undefined
        ? { verdict: "not run", note: "no rows of two groups have this measure" }
        : { evidence, verdict: judge(evidence, rule), holm }),
    };
  });
}
