/**
 * How a report is cited: its paper and its run, in BibTeX.
 *
 * @module
 */
import { escapeTex } from "./latex.ts";
import type { Report } from "./types.ts";

/** A paper as reports name it: authors, title, where and when. */
const PAPER = /^(?<authors>[^:]+): (?<title>.+?)\. (?<where>(?:[A-Z][^.]*, )?arXiv .*?)\.?$/;
const ARXIV = /arXiv (\d{4}\.\d{4,5})/;

/** An entry; fields without a value are left out. */
function entry(key: string, fields: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries(fields).flatMap(([name, value]) => value ? [`  ${name} = {${value}}`] : []);
  return `@misc{${key},\n${lines.join(",\n")}\n}`;
}

/** Names in BibTeX's form. */
function authors(names: string): string {
  return names.split(/, | and /).flatMap((name) => name.endsWith(" et al.") ? [name.slice(0, -7), "others"] : [name])
    .map(escapeTex).join(" and ");
}

/**
 * BibTeX entries of a report's paper, where it is one paper that is cited as authors, title and place, and of its run with
 * command and commit.
 *
 * @example
 * ```ts
 * import { sampleReport } from "./testdata/sample_report.ts";
 * import assert from "node:assert/strict";
 * const paper = "A. Author and B. Author: A Title. UAI 2024, arXiv 2402.14979.";
 * const config = { command: "deno task cpo", git: { commit: "0123abc" }, started: "2026-01-02T03:04:05Z" };
 * const [first, run] = citations({ ...sampleReport, paper, config });
 * assert.match(first, /author = \{A\. Author and B\. Author\},\n {2}title = \{\{A Title\}\}/);
 * assert.match(run, /note = \{deno task cpo, commit 0123abc\},\n {2}year = \{2026\}/);
 * ```
 */
export function citations(
  { name, title, paper, config }: Pick<Report, "name" | "title" | "paper" | "config">,
): string[] {
  const { command, git, started } = config as {
    command?: string;
    git?: { commit?: string; dirty?: boolean };
    started?: string;
  };
  const found = PAPER.exec(paper)?.groups, arxiv = ARXIV.exec(paper)?.[1];
  const commit = git?.commit && git.commit !== "unknown" && `commit ${git.commit}${git.dirty ? " with changes" : ""}`;
  const made = [command, commit].filter(Boolean).join(", ");
  return [
    ...found && arxiv
      ? [entry(`${name}-paper`, {
        author: authors(found.authors),
        title: `{${escapeTex(found.title)}}`,
        howpublished: escapeTex(found.where),
        eprint: arxiv,
        archivePrefix: "arXiv",
        year: /\b20\d\d\b/.exec(found.where.replace(ARXIV, ""))?.[0] ?? `20${arxiv.slice(0, 2)}`,
      })]
      : [],
    entry(`${name}-run`, {
      title: `{preflab: ${escapeTex(title)}}`,
      note: escapeTex(made).replaceAll("--", "-{}-"), // TeX makes a dash of two hyphens
      year: started?.slice(0, 4),
    }),
  ];
}
