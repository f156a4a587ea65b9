/** Sample figures against the drawings that were looked at; one that differs is written down, to be looked at. */
import assert from "node:assert/strict";
import { fileSvg } from "./figure_test_helpers.ts";
import { snapshotFigures } from "./testdata/snapshot_figures.ts";

/** A drawing without what is not seen: embedded fonts, and digits below half a pixel; an element a line. */
function normalised(svg: string): string {
  const rounded = (text: string) =>
    text.replace(/-?\d*\.\d+/g, (number) => String(Math.round(2 * Number(number)) / 2 + 0));
  return svg.replace(/<style>.*?<\/style>/s, "")
    .replace(
      / (d|x|y|x1|x2|y1|y2|width|height|transform)="([^"]*)"/g,
      (_, name, value) => ` ${name}="${rounded(value)}"`,
    )
    .replace(/>\s*</g, ">\n<") + "\n";
}

for (const { spec, width } of snapshotFigures) {
  Deno.test(`figure ${spec.id} is drawn as it was when it was looked at`, async () => {
    const kept = new URL(`testdata/figures/${spec.id}.svg`, import.meta.url).pathname;
    const drawn = normalised(await fileSvg(spec, width));
    const before = await Deno.readTextFile(kept).catch(() => undefined);
    if (drawn === before) return;
    const folder = await Deno.makeTempDir({ prefix: "figure-" }), now = `${folder}/${spec.id}.svg`;
    await Deno.writeTextFile(now, drawn);
    if (before !== undefined) await Deno.writeTextFile(`${folder}/${spec.id}-before.svg`, before);
    assert.fail(`look at ${now} beside ${folder}/${spec.id}-before.svg; if it is right: cp ${now} ${kept}`);
  });
}
