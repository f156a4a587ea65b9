/**
 * The recorded configuration as a definition list.
 *
 * @module
 */
import { escapeText } from "./escape.ts";

/** Lists of plain values up to this many stand in one line. */
const INLINE = 40;

/**
 * A value as HTML: scalars as they are, lists of scalars in one line, objects folded behind the count of their entries.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(configValue([1, "a<b"]), "1, a&lt;b");
 * assert.match(configValue({ deno: "2.9.6" }), /<details><summary>1 entry<\/summary>/);
 * ```
 */
export function configValue(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (value instanceof Date) return escapeText(value.toISOString());
  if (typeof value !== "object") return escapeText(String(value));
  const entries = Object.entries(value);
  if (entries.length === 0) return "none";
  const flat = Array.isArray(value) && entries.every(([, item]) => item === null || typeof item !== "object");
  if (flat && entries.length <= INLINE) return entries.map(([, item]) => configValue(item)).join(", ");
  const size = `${entries.length} ${entries.length === 1 ? "entry" : "entries"}`;
  return `<details><summary>${size}</summary>${configList(entries)}</details>`;
}

/**
 * Pairs of a name and a value as a definition list.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(configList([["seeds", 20]]), '<dl class="config"><dt>seeds</dt><dd>20</dd></dl>');
 * ```
 */
export function configList(entries: readonly (readonly [string, unknown])[]): string {
  const items = entries.map(([name, value]) => `<dt>${escapeText(name)}</dt><dd>${configValue(value)}</dd>`);
  return `<dl class="config">${items.join("\n")}</dl>`;
}
