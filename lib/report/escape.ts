/**
 * Escaping for HTML and XML.
 *
 * @module
 */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters, lone surrogates and noncharacters: XML 1.0 forbids most of them even as entities. */
const FORBIDDEN = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu;

/**
 * Text made safe for element content and for quoted attribute values, in HTML and in XML.
 * Characters that XML cannot carry become U+FFFD.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(escapeText(`<b title="x">&'`), "&lt;b title=&quot;x&quot;&gt;&amp;&#39;");
 * ```
 */
export function escapeText(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd").replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/**
 * Prose as HTML: escaped, with `code` between backticks.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(prose("run `deno task data` & wait"), "run <code>deno task data</code> &amp; wait");
 * ```
 */
export function prose(text: string): string {
  return escapeText(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}
