/**
 * Numbers as people write them in tables, read strictly: what would be another number without a word is refused.
 *
 * @module
 */

/** What a cell of a table holds. */
export type Cell = string | number | boolean | null | object;

/** What stands for a number that nobody knows, in files of R, pandas and spreadsheets. */
const MISSING = /^(?:|na|nan|<na>|n\/a|#n\/a|null|none)$/i;

/** In a column of names fewer words stand for no name: "None" may be what was done. */
const NAMELESS = /^(?:|NA|NaN|nan|<NA>)$/;

/**
 * Whether a cell of a column of numbers says that there is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isMissing(" NA ") && isMissing(null) && isMissing(NaN) && !isMissing(0) && !isMissing("-"));
 * ```
 */
export const isMissing = (cell: Cell): boolean => isNone(cell, MISSING);

/**
 * Whether a cell of a column of names says that there is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isNameless(" ") && isNameless("NA") && isNameless(null) && !isNameless("None"));
 * ```
 */
export const isNameless = (cell: Cell): boolean => isNone(cell, NAMELESS);

function isNone(cell: Cell, words: RegExp): boolean {
  if (typeof cell === "string") return cell.length < 8 && words.test(cell.trim());
  return cell === null || Number.isNaN(cell);
}

/**
 * The number that a cell holds, or a text that says what is wrong with it, and what to do.
 *
 * Refused are decimal commas, hexadecimals, infinities, and numbers that float64 has as 0 or infinite. Numbers with
 * spaces around them are taken.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(strictNumber("1e-300"), 1e-300);
 * assert.match(String(strictNumber("1,5")), /comma/);
 * assert.match(String(strictNumber("1E-400")), /is 0 in float64/);
 * ```
 */
export function strictNumber(cell: Cell): number | string {
  if (typeof cell === "number") return Number.isFinite(cell) ? cell : `is ${cell}; write a finite number`;
  if (typeof cell !== "string") return `is ${told(cell)}, no number`;
  const plain = plainNumber(cell);
  if (plain === plain) return plain;
  const value = isDecimal(cell) ? Number(cell) : NaN;
  if (Number.isNaN(value) || cell === "") return `is ${told(cell)}, ${whatIsWrong(cell.trim())}`;
  if (!Number.isFinite(value)) return `is ${cell}, which is infinite in float64; write a smaller number`;
  // Number gives 0 for what is too small to be held.
  if (value === 0 && /[1-9]/.test(cell.split(/e/i)[0])) {
    return `is ${cell}, which is 0 in float64; write 0, or measure in another unit`;
  }
  return value;
}

/**
 * Yes and no as R, pandas and JSON write them, as 1 and 0; any other cell as it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(["TRUE", false, "0.5"].map(truthAsNumber), [1, 0, "0.5"]);
 * ```
 */
export function truthAsNumber(cell: Cell): Cell {
  const said = typeof cell === "string" && cell.length < 8 ? cell.trim().toLowerCase() : cell;
  return said === true || said === "true" ? 1 : said === false || said === "false" ? 0 : cell;
}

/**
 * A cell as messages show it: short, in quotes where it is a text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(told("a".repeat(99)).length, 43);
 * assert.equal(told(["a"]), '["a"]');
 * ```
 */
export function told(cell: Cell): string {
  const text = JSON.stringify(cell);
  return text.length > 42 ? `${text.slice(0, 41)}…${text.at(-1)}` : text;
}

/** Powers of ten that float64 has exactly. */
const TENS = Float64Array.from({ length: 16 }, (_, k) => Number(`1e${k}`));

/**
 * The number of a text of at most 15 digits with a point or without, as nearly all are; else NaN. Both numbers of the
 * quotient are exact in float64, so that it is rounded once, as it should be (Clinger 1990); `Number` takes five times as
 * long.
 */
function plainNumber(text: string): number {
  const length = text.length, isNegative = text.charCodeAt(0) === 45;
  const from = isNegative ? 1 : 0;
  if (length === from || length > 16) return NaN;
  let digits = 0, point = -1;
  for (let i = from; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) digits = digits * 10 + (code - 48);
    else if (code === 46 && point < 0 && length > from + 1) point = i;
    else return NaN;
  }
  if (point < 0 && length - from > 15) return NaN;
  const value = point < 0 ? digits : digits / TENS[length - 1 - point];
  return isNegative ? -value : value;
}

/** Whether nothing but the letters of decimal numbers stands there: `Number` reads hexadecimals and "Infinity" as well. */
function isDecimal(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // digits, and + - . E e and the space
    if (
      (code < 48 || code > 57) && code !== 46 && code !== 45 && code !== 43 && code !== 101 && code !== 69 &&
      code !== 32
    ) {
      return false;
    }
  }
  return text.trim() !== "";
}

function whatIsWrong(text: string): string {
  if (/^[+-]?[\d.\s]*,\d+$/.test(text) || /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) {
    return "which has a comma; write the decimal mark as a point, and thousands without a mark";
  }
  if (/^[+-]?0x[\da-f]+$/i.test(text)) return "a hexadecimal; write it as a decimal number";
  if (/^[+-]?inf(inity)?$/i.test(text)) return "which is infinite; write a finite number";
  if (/^[+-]?[\d.]+\s*%$/.test(text)) return "which has a percent sign; write 0.05 for 5 %";
  return "no number";
}
