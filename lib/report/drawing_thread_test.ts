import assert from "node:assert/strict";
import { drawHere } from "./drawer.ts";
import { startDrawing } from "./drawing_thread.ts";
import { methodStyle, registerMethod } from "./methods.ts";
import { lines, sampleReport } from "./testdata/sample_report.ts";
import type { FigureSpec } from "./types.ts";

Deno.test("figures of a thread are those of this one, to the byte, in whatever order they are asked for", async () => {
  using thread = startDrawing();
  const figures = sampleReport.sections.flatMap((section) => section.figures);
  const drawn = await Promise.all(figures.toReversed().map((figure) => thread.figure(figure)));
  for (const [i, figure] of figures.entries()) {
    assert.deepEqual(drawn[figures.length - 1 - i], await drawHere.figure(figure), figure.id);
  }
  assert.equal(await thread.thumbnail(lines, "cpo"), await drawHere.thumbnail(lines, "cpo"));
});

Deno.test("what cannot be drawn is refused in a thread as here, and the next figure is drawn", async () => {
  using thread = startDrawing();
  const [row] = lines.data, { mean: _, ...short } = row;
  const broken: FigureSpec[] = [{ ...lines, data: [{ ...row, arm: "nobody" }] }, { ...lines, data: [short] }];
  const thrown = async (drawing: Promise<unknown>) =>
    await drawing.then(() => assert.fail("drawn"), (error) => [error.constructor, error.message]);
  for (const figure of broken) {
    assert.deepEqual(await thrown(thread.figure(figure)), await thrown(drawHere.figure(figure)));
    assert.deepEqual(await thrown(thread.thumbnail(figure, "")), await thrown(drawHere.thumbnail(figure, "")));
  }
  assert.deepEqual(await thread.figure(lines), await drawHere.figure(lines));
});

Deno.test("a method that was added after the thread began has its look there", async () => {
  using thread = startDrawing();
  await thread.figure(lines);
  registerMethod("added-later", { ...methodStyle("dpo"), label: "Added later", light: "#123456" });
  const figure: FigureSpec = { ...lines, data: lines.data.map((row) => ({ ...row, arm: "added-later" })) };
  const { file } = await thread.figure(figure);
  assert.match(file, /#123456/);
  assert.equal(file, (await drawHere.figure(figure)).file);
});
