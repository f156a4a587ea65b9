/**
 * What SAMI released of its summaries: constitutions by two writers, and TL;DR summaries of mistral-7b under them (Fränken
 * et al., NeurIPS 2024).
 *
 * Summaries were released under positive constitutions only (concise and comprehensive, in either order), one a post, the
 * same for all models. So nothing can be said from them about a constitution against its antithesis.
 *
 * The files are JSON objects whose texts stand under their numbers, which is no table: each is parsed as a whole, by schemas.
 *
 * @module
 */
import { check, object, pipe, record, string, transform } from "valibot";
import { findDataset, manifest } from "./manifest.ts";
import { filled, jsonBy } from "./schemas.ts";
import type { Store } from "./store.ts";

/** Language models that wrote constitutions: opus, and mistral-7b-instruct. */
export const samiWriters = ["opus", "mistral"] as const;
/** A writer of constitutions. */
export type SamiWriter = typeof samiWriters[number];

/** Models that wrote summaries, from the base model to the last iteration released. */
export const samiModels = ["base", "instruct", "iteration-1", "iteration-3"] as const;
/** A model that wrote summaries. */
export type SamiModel = typeof samiModels[number];

/** One pair of constitutions. */
interface SamiConstitutions {
  /** Principles by their definition. */
  readonly positive: string;
  /** The same with one or both by their antithesis. */
  readonly negative: string;
}

/** A summary of each post. */
interface SamiSummaries {
  /** The summaries, `[n]`. */
  readonly texts: readonly string[];
  /** 1 where the constitution asks to be concise first, 0 where to be comprehensive first, `[n]`. */
  readonly conciseFirst: Uint8Array;
}

/** All that was released. */
export interface SamiRelease {
  /** The posts, `[n]`. */
  readonly posts: readonly string[];
  /** Pairs of constitutions of each writer, in file order. */
  readonly constitutions: Readonly<Record<SamiWriter, readonly SamiConstitutions[]>>;
  /** Summaries by the model and the writer of its constitutions; later iterations were trained on that writer's. */
  readonly summaries: Readonly<Record<SamiModel, Readonly<Record<SamiWriter, SamiSummaries>>>>;
}

/**
 * Loads the release; posts keep the order of the files.
 *
 * @throws UserError when a file is missing or damaged (see `Store.read`); TypeError when the files contradict each other
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("sami")).ok) assert.equal((await loadSami(store)).posts.length, 250);
 * ```
 */
export async function loadSami(store: Store): Promise<SamiRelease> {
  const files = findDataset(manifest, "sami").files.map(({ path }) => path);
  const read = (path: string) => store.read("sami", path);
  const constitutions: Partial<Record<SamiWriter, SamiConstitutions[]>> = {};
  const summaries: Partial<Record<SamiModel, Partial<Record<SamiWriter, SamiSummaries>>>> = {};
  let posts: readonly string[] | undefined;
  for (const writer of samiWriters) {
    const own = files.filter((path) => path.includes(`/constitutions_${writer}/`)).sort();
    constitutions[writer] = await Promise.all(own.map(async (path) => parseConstitutions(await read(path), path)));
    for (const model of samiModels) {
      const start = `/responses/${model}-`, end = `mistral-${writer}-constitution-temperature-0.0.json`;
      const path = files.find((file) => file.includes(start) && file.endsWith(end));
      if (path === undefined) throw new TypeError(`data set sami: no summaries of ${model} for ${writer}`);
      const parsed = parseSummaries(await read(path), path);
      posts ??= parsed.posts;
      if (parsed.posts.some((post, i) => post !== posts![i]) || parsed.posts.length !== posts.length) {
        throw new TypeError(`${path}: the posts are not those of the other files`);
      }
      (summaries[model] ??= {})[writer] = parsed.summaries;
    }
  }
  return { posts: posts!, constitutions, summaries } as SamiRelease;
}

const constitutions = object({ positive: filled, negative: filled }, "both constitutions");
/** Texts in a JSON object, under their numbers from 0 on. */
const texts = pipe(
  record(string(), filled, "texts by number"),
  check((entries) => Object.keys(entries).every((key, i) => key === String(i)), "texts numbered from 0 on"),
  transform((entries) => Object.values(entries)),
);
const release = pipe(
  object({ question: texts, response: texts, constitution: texts }, "posts, summaries and constitutions"),
  check(
    ({ question, response, constitution }) =>
      question.length === response.length && question.length === constitution.length,
    "as many summaries and constitutions as posts",
  ),
);

/**
 * Parses a pair of constitutions.
 *
 * @param path named in errors
 * @throws TypeError naming the field that is no text
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const bytes = new TextEncoder().encode('{"positive": "Be brief.", "negative": "Be lengthy."}');
 * assert.equal(parseConstitutions(bytes, "0.json").positive, "Be brief.");
 * ```
 */
export function parseConstitutions(bytes: Uint8Array, path: string): SamiConstitutions {
  return jsonBy(constitutions, bytes, path);
}

/** Words by which a principle of concision is known; the other principle has none of them. */
const CONCISE = /\b(brief|concise)\b/;

/**
 * Parses the summaries of one model for one writer.
 *
 * @param path named in errors
 * @throws TypeError naming the field and entry that is missing, no text, or no constitution of the two orders
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const constitution = { 0: "1. Be brief.\n2. Be thorough.", 1: "1. Be thorough.\n2. Be brief." };
 * const file = { constitution, question: { 0: "p", 1: "q" }, response: { 0: "a", 1: "b" } };
 * const { posts, summaries } = parseSummaries(new TextEncoder().encode(JSON.stringify(file)), "a.json");
 * assert.deepEqual([posts, summaries.texts, [...summaries.conciseFirst]], [["p", "q"], ["a", "b"], [1, 0]]);
 * ```
 */
export function parseSummaries(
  bytes: Uint8Array,
  path: string,
): { readonly posts: readonly string[]; readonly summaries: SamiSummaries } {
  const { question, response, constitution } = jsonBy(release, bytes, path);
  const orders = constitution.map((text, i) => {
    const [first, second, ...more] = text.split(/\n\s*/).filter((line) => line !== "").map((line) =>
      CONCISE.test(line)
    );
    if (more.length > 0 || first === second) {
      throw new TypeError(`${path}: "constitution" ${i} is not of two principles`);
    }
    return first ? 1 : 0;
  });
  return {
    posts: question,
    summaries: { texts: response, conciseFirst: Uint8Array.from(orders) },
  };
}
