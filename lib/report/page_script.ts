/**
 * The script of the pages: the theme button, a table that can be searched and sorted, tips that appear at once at the pointer
 * or under the arrow keys, what words mean, losses at the names of arms, and a series alone by its name in the key or the
 * enter key. Without it the page shows everything, and the browser's own tips show the numbers, without what each is.
 *
 * @module
 */

/** Source text that stands in the page as it is; it must not contain a closing script tag. */
export const PAGE_SCRIPT = `
"use strict";
(() => {
  const root = document.documentElement;
  const button = document.querySelector(".theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; name(); });
  prefersDark.addEventListener("change", name);
  button.hidden = false;
  name();

  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });

  for (const table of document.querySelectorAll("table.sortable")) {
    const rows = [...table.tBodies[0].rows], heads = [...table.tHead.rows[0].cells];
    const find = document.createElement("label"), input = document.createElement("input");
    find.className = "find";
    input.type = "search";
    find.append("Find ", input);
    table.closest("details").querySelector("summary").after(find);
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\\s+/);
      for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    });
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.className = "sort";
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const text = (row) => row.cells[column].textContent;
        const number = (row) => Number.parseFloat(text(row).replace("\\u2212", "-"));
        const order = (a, b) => number(a) - number(b) || text(a).localeCompare(text(b));
        table.tBodies[0].append(...rows.toSorted((a, b) => (up ? 1 : -1) * order(a, b)));
      });
    });
  }

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  document.body.append(tip);
  let marked = null;

  function show(point) {
    if (marked) marked.node.classList.remove("at");
    marked = point;
    tip.hidden = !point;
    if (!point) return;
    point.node.classList.add("at");
    tip.classList.toggle("numbers", !point.meaning);
    if (point.formula) tip.replaceChildren(point.formula);
    else tip.textContent = point.text;
    const at = point.node.getBoundingClientRect(), size = tip.getBoundingClientRect();
    const x = at.left + at.width / 2, y = at.top + at.height / 2;
    const left = x + 14 + size.width > innerWidth ? x - 14 - size.width : x + 14;
    const top = y - 10 - size.height < 0 ? y + 14 : y - 10 - size.height;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = Math.max(4, top) + "px";
  }

  // What a word means, and the loss of an arm, at its name.
  const explain = (node, point) => {
    node.addEventListener("pointerenter", () => show(point));
    node.addEventListener("pointerleave", () => show(null));
    node.addEventListener("focus", () => show(point));
    node.addEventListener("blur", () => show(null));
  };
  for (const node of document.querySelectorAll("dfn")) {
    explain(node, { node, text: node.title, meaning: true });
    node.removeAttribute("title");
    node.tabIndex = 0;
  }
  for (const loss of document.querySelectorAll("[data-arms]")) {
    const names = loss.dataset.arms.split(" ").map((arm) => ".key text.s-" + CSS.escape(arm)).join();
    for (const node of document.querySelectorAll(names)) {
      explain(node, { node, formula: loss.firstElementChild.cloneNode(true) });
    }
  }

  const MARKS = ".cells>rect,.marks>[data-mark=dot]>*", SERIES = "[class*='s-']";
  const seriesOf = (node) => [...node.closest(SERIES)?.classList ?? []].find((name) => name.startsWith("s-"));

  for (const figure of document.querySelectorAll("figure")) {
    const svgs = [...figure.querySelectorAll(".drawing>svg")];
    if (!svgs.length) continue;
    const labels = (svgs[0].dataset.tip ?? "").split("\\n");
    // The first drawing has the numbers of the points, the others the same points in the same order.
    const texts = [...svgs[0].querySelectorAll(MARKS)].map((mark) => {
      const title = mark.querySelector("title");
      title.remove();
      return title.textContent.split("\\n").flatMap((value, i) => value ? [labels[i] + value] : []).join("\\n");
    });
    let alone = null;
    // One series keeps its strength, the others fade; the same one again, or none, brings all back.
    const single = (series) => {
      alone = series === alone ? null : series;
      for (const svg of svgs) {
        for (const node of svg.querySelectorAll(SERIES)) {
          node.classList.toggle("off", Boolean(alone) && seriesOf(node) !== alone);
        }
      }
    };
    for (const svg of svgs) {
      const points = [...svg.querySelectorAll(MARKS)].map((node, i) => ({ node, text: texts[i] }));
      svg.querySelector(".key")?.addEventListener("click", (event) => {
        const series = seriesOf(event.target);
        if (series) single(series);
      });
      if (!points.length) continue;
      const nearest = (event) => {
        let best = null, least = 26;
        for (const point of points) {
          const box = point.node.getBoundingClientRect();
          const distance = Math.hypot(box.left + box.width / 2 - event.clientX, box.top + box.height / 2 - event.clientY);
          if (distance < least) { least = distance; best = point; }
        }
        return best;
      };
      svg.addEventListener("pointermove", (event) => {
        if (!event.target.closest(".key")) show(nearest(event));
      });
      svg.addEventListener("pointerdown", (event) => show(nearest(event)));
      svg.addEventListener("pointerleave", () => show(null));
      svg.tabIndex = 0;
      svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) show(points[0]); });
      svg.addEventListener("blur", () => show(null));
      svg.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (event.key === "Escape") { show(null); single(null); }
        if (event.key === "Enter" && marked) single(seriesOf(marked.node));
        if (!step) return;
        event.preventDefault();
        const i = points.indexOf(marked);
        show(points[i < 0 ? 0 : (i + step + points.length) % points.length]);
      });
    }
  }
  addEventListener("scroll", () => show(marked), { passive: true, capture: true });
})();
`;
