/**
 * The words of the glossary, and where a text uses them.
 *
 * @module
 */
import { escapeText } from "./escape.ts";
import glossary from "../../docs/glossary.md" with { type: "text" };

/**
 * Words that readers may not know. The glossary has others, such as value, type or part, that texts use in their everyday
 * sense as well.
 */
const MARKED = [
  ...["Arm", "Condition", "World", "Control", "Replicate", "Seeds", "Resamples", "Splits", "Evidence", "Verdict"],
  ...["Adjusted verdict", "Guard", "Policy", "Reference policy", "Log-ratio", "Propensity", "Importance weight"],
  ...["Effective sample size", "Overlap", "Doubly robust", "Oracle", "Confounding", "Unrecorded", "Partly recorded"],
];

/** What the words mean, by the word in lower case: items of the form "- **Word**: meaning (files where it lives)." */
const meanings = new Map(
  [...glossary.matchAll(/^- \*\*(.+?)\*\*: ((?:.|\n(?= ))+)/gm)].map(([, word, text]) => {
    const plain = text.replace(/\s+/g, " ").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(
      /(?<!\w)_([^_]+)_(?!\w)/g,
      "$1",
    );
    return [word.toLowerCase(), plain.replace(/ \([^()]*(lib|experiments)\/[^()]*\)\.$/, "")];
  }),
);

/** Longer words first: "reference policy" is not a policy; both numbers of each. */
const FORMS = new Map(
  MARKED.map((word) => word.toLowerCase()).flatMap((word): [string, string][] => [
    [word, word],
    [word.endsWith("y") ? `${word.slice(0, -1)}ies` : word.endsWith("s") ? word.slice(0, -1) : `${word}s`, word],
  ]),
);
const WORDS = new RegExp(
  `(?<![\\w-])(${[...FORMS.keys()].sort((a, b) => b.length - a.length).join("|")})(?![\\w-])`,
  "gi",
);

/**
 * What a word means.
 *
 * @throws RangeError for a word that the glossary lacks
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(meaningOf("Value"), "the expected outcome of a policy");
 * ```
 */
export function meaningOf(word: string): string {
  const meaning = meanings.get(word.toLowerCase());
  if (meaning === undefined) throw new RangeError(`the glossary has no word "${word}"`);
  return meaning;
}

/**
 * HTML with the first use of each word of the glossary marked, so that what it means shows at the pointer.
 *
 * @param html text whose only elements are `code`, which is left as it is
 * @param used words that were marked before; those of this text are added
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const html = markWords("Arms and an arm", new Set());
 * assert.match(html, /^<dfn title="one of the methods[^"]*">Arms<\/dfn> and an arm$/);
 * ```
 */
export function markWords(html: string, used: Set<string>): string {
  // The script makes it a stop of the tab key; without it the browser shows the title.
  return html.split(/(<code>.*?<\/code>)/).map((part) =>
    part.startsWith("<code>") ? part : part.replace(WORDS, (found) => {
      const word = FORMS.get(found.toLowerCase())!;
      if (used.has(word)) return found;
      used.add(word);
      return `<dfn title="${escapeText(meaningOf(word))}">${found}</dfn>`;
    })
  ).join("");
}
