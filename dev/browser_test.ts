/** Opens a written report in a real browser: nothing fails, nothing is fetched, nothing is wider than the screen. */
import assert from "node:assert/strict";
import type { Browser, Page } from "puppeteer-core";
import { CHROMIUM } from "../lib/optional/parts.ts";
import { needing } from "../lib/optional/skipping.ts";
import { sampleReport } from "../lib/report/testdata/sample_report.ts";
import { writeReport } from "../lib/report/write.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Loads a page and returns what went wrong on the way, and the addresses it asked for. */
async function load(page: Page, address: string, width: number, theme: "light" | "dark") {
  const problems: string[] = [], requests: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warn") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.setViewport({ width, height: 800 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
  await page.goto(address, { waitUntil: "load" });
  return { problems, requests };
}

/** Colours of the page, whether it scrolls sideways, and how far figures and text are seen. */
const LOOK = `({
  ground: getComputedStyle(document.documentElement).backgroundColor,
  sideways: document.documentElement.scrollWidth - innerWidth,
  figures: [...document.querySelectorAll("figure svg")].filter((svg) => svg.getBoundingClientRect().height > 50).length,
  line: getComputedStyle(document.querySelector("figure svg g[data-mark=line] path").parentNode).stroke,
})`;

async function withBrowser(test: (browser: Browser, address: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const { default: puppeteer } = await import("puppeteer-core");
    const browser = await puppeteer.launch({
      executablePath: CHROMIUM,
      headless: true,
      userDataDir: `${folder}/profile`,
      args: FLAGS,
      // Otherwise it hands on the whole environment, which takes the permission to read all of it.
      env: {},
    });
    try {
      await writeReport(sampleReport, `${folder}/report`);
      await test(browser, `file://${folder}/report/index.html`);
    } finally {
      await browser.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  ...await needing(
    "Chromium",
    "a report opens in Chromium without an error or a request, in light and dark, wide and narrow",
  ),
  // The closed browser's sockets and process end after the test has returned.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withBrowser(async (browser, address) => {
      const grounds = new Set<string>(), lines = new Set<string>();
      for (const theme of ["light", "dark"] as const) {
        for (const width of [1200, 360]) {
          const page = await browser.newPage();
          const { problems, requests } = await load(page, address, width, theme);
          const look = await page.evaluate(LOOK) as {
            ground: string;
            sideways: number;
            figures: number;
            line: string;
          };
          assert.deepEqual(problems, []);
          // Inlined fonts and the empty icon are data: addresses, which leave the page no more than its text does.
          assert.deepEqual(requests.filter((url) => !url.startsWith("data:")), [address]);
          assert.ok(look.sideways <= 0, `${width} px wide page scrolls sideways by ${look.sideways} px`);
          assert.equal(look.figures, 6);
          grounds.add(look.ground);
          lines.add(look.line);
          await page.close();
        }
      }
      assert.deepEqual([...grounds], ["rgb(255, 255, 255)", "rgb(22, 22, 22)"]);
      assert.equal(lines.size, 2, "line colours follow the theme");

      const page = await browser.newPage();
      const { problems } = await load(page, address, 360, "light");
      const tip = `document.querySelector(".tip").textContent`, told = "IPW\nSupport: 51 [48, 54]";
      await page.evaluate(`document.querySelector("#hong-kong .narrow svg").focus()`);
      await page.keyboard.press("ArrowRight");
      assert.equal(await page.evaluate(tip), told);
      await page.setViewport({ width: 1200, height: 800 });
      await page.evaluate(`document.querySelector("#hong-kong svg").focus()`);
      await page.keyboard.press("ArrowRight");
      assert.equal(await page.evaluate(tip), told);
      await page.keyboard.press("Escape");
      assert.equal(await page.evaluate(`document.querySelector(".tip").hidden`), true);
      // A name in the key leaves its own series at full strength, and the same name again leaves all.
      const faded = `[...document.querySelectorAll("#policies .wide .off")].map((node) => node.classList[0])`;
      const series = [...new Set(sampleReport.sections[0].figures[0].data.map(({ arm }) => `s-${arm}`))];
      const name = `document.querySelector("#policies .wide .key text.s-cpo")`;
      for (const alone of [series.filter((id) => id !== "s-cpo"), []]) {
        await page.evaluate(`${name}.dispatchEvent(new MouseEvent("click", { bubbles: true }))`);
        const ids = (await page.evaluate(faded) as string[]).filter((id) => id.startsWith("s-"));
        assert.deepEqual([...new Set(ids)].sort(), alone.sort());
      }
      await page.evaluate(`document.querySelector("dfn").focus()`);
      assert.match(await page.evaluate(tip) as string, /^replicates that share nothing/);
      await page.click("button.theme");
      assert.equal(
        await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"),
        "rgb(22, 22, 22)",
      );
      assert.deepEqual(problems, []);
    }),
});
