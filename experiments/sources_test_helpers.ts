/**
 * Whether an id is made in the sources of an experiment, by a rule that a reader can search by.
 *
 * @module
 */
import { manifest } from "../lib/datasets/manifest.ts";
import type { Experiment } from "../lib/run/experiment.ts";

/** Endings of claims that say the same by another measure. */
const MEASURES = ["-net", "-equal-kl"];
/** A template of words, hyphens and one or more values. */
const TEMPLATE = /`((?:[a-z0-9-]|\$\{[^}`]*\})*\$\{[^}`]*\}(?:[a-z0-9-]|\$\{[^}`]*\})*)`/g;

/** Every source file of a folder, tests left out. */
function* filesIn(folder: URL): Generator<URL> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesIn(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts") && !name.includes("_test")) yield new URL(name, folder);
  }
}

/**
 * Tells whether an id stands in an experiment's sources: as it is, with the ending of another measure, or as a template
 * whose values are arms, data sets, questions and those endings, beside a word.
 */
// deno-lint-ignore no-explicit-any -- each experiment has options of its own
export function madeIn({ name, questions }: Experiment<any>): (id: string) => boolean {
  const here = [...Deno.readDirSync(new URL(".", import.meta.url))], folder = new URL(`${name}/`, import.meta.url);
  // A small experiment is its script alone.
  const parts = here.some((entry) => entry.isDirectory && entry.name === name) ? filesIn(folder) : [];
  const files = [new URL(`${name}.ts`, import.meta.url), ...parts];
  const sources = files.map((url) => Deno.readTextFileSync(url)).join("\n");
  const values = [...questions.flatMap(({ id, arms }) => [id, ...arms]), ...manifest.datasets.map(({ id }) => id)];
  const known = `(?:${[...new Set(values), ...MEASURES].join("|")}|)`;
  const templates = [...sources.matchAll(TEMPLATE)].map(([, template]) => template)
    .filter((template) => /[a-z]{3}/.test(template.replaceAll(/\$\{[^}]*\}/g, "")))
    .map((template) => new RegExp(`^${template.replaceAll(/\$\{[^}]*\}/g, () => known)}$`));
  const stands = (id: string) => sources.includes(`"${id}"`) || templates.some((template) => template.test(id));
  return (id) => stands(id) || MEASURES.some((ending) => id.endsWith(ending) && stands(id.slice(0, -ending.length)));
}
