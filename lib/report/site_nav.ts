/**
 * The links between the pages of a reports folder.
 *
 * @module
 */

/** File of one of the shared pages, from the folder of reports. */
export type SitePage = "index.html" | "claims.html" | "losses.html" | "bench/index.html";

/** Pages beside the experiments' folders, in the order of the links. */
const PAGES: Readonly<Record<SitePage, string>> = {
  "index.html": "Experiments",
  "claims.html": "Claims",
  "losses.html": "Losses",
  "bench/index.html": "Speed",
};

/** Files of the shared pages, in the order of the links. */
export const SITE_PAGES = Object.keys(PAGES) as readonly SitePage[];

/**
 * Links to the shared pages; the current one is marked and no link.
 *
 * @param current the page that shows the links; undefined inside an experiment's folder
 * @param present pages that exist; others are left out, so that no link is dead
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const html = siteNav("index.html", ["index.html", "claims.html"]);
 * assert.match(html, /<span aria-current="page">Experiments<\/span>/);
 * assert.match(html, /href="claims.html"/);
 * assert.doesNotMatch(html, /losses/);
 * ```
 */
export function siteNav(current: SitePage | undefined, present: readonly SitePage[]): string {
  const up = current === undefined || current.includes("/") ? "../" : "";
  const items = SITE_PAGES.filter((page) => present.includes(page)).map((page) =>
    page === current ? `<span aria-current="page">${PAGES[page]}</span>` : `<a href="${up}${page}">${PAGES[page]}</a>`
  );
  return `<nav class="site" aria-label="Pages">${items.join(" ")}</nav>`;
}
