/** docs/trl.md: each difference was tried, each number is one that was found, each loss has its row. */
import assert from "node:assert/strict";
import { lossNamed } from "../../losses/mod.ts";
import { TRL_VERSION } from "../../losses/types.ts";
import { trainableLosses } from "../train_losses.ts";
import { TRAIN_HELP } from "../train_options.ts";
import { lossTypes, tableLoss, TRL_TRAINERS } from "./losses.ts";

const text = await Deno.readTextFile(new URL("../../../docs/trl.md", import.meta.url));
const { claims, versions } = JSON.parse(
  await Deno.readTextFile(new URL("testdata/claims.json", import.meta.url)),
) as { claims: Record<string, { holds: boolean; numbers: unknown }>; versions: Record<string, string> };

/** Cells of the table below a heading, without its head. */
function rowsBelow(heading: string): string[][] {
  const lines = text.slice(text.indexOf(`## ${heading}\n`)).split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  const table = lines.slice(start, lines.findIndex((line, i) => i > start && !line.startsWith("|")));
  return table.slice(2).map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
}

/** All numbers within a value of JSON. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

Deno.test("every difference from TRL was tried and holds, and every one that was tried is told", () => {
  const told = rowsBelow("What TRL counts otherwise").map((cells) => cells.at(-1)!.replaceAll("`", ""));
  for (const name of told) assert.equal(claims[name]?.holds, true, name);
  assert.deepEqual(Object.keys(claims).filter((name) => !told.includes(name)), []);
});

Deno.test("numbers of the table are those that were found, and its versions those that were tried", () => {
  for (const [, cell, , name] of rowsBelow("What TRL counts otherwise")) {
    const found = numbersIn(claims[name.replaceAll("`", "")].numbers);
    for (const [number] of cell.matchAll(/−?\d+\.\d+/g)) {
      const digits = number.split(".")[1].length;
      assert.ok(found.some((value) => value.toFixed(digits).replace("-", "−") === number), `${number} of ${name}`);
    }
  }
  for (const name of ["trl", "transformers", "torch"]) {
    assert.ok(text.includes(`${name}==${versions[name].split("+")[0]}`), name);
  }
});

Deno.test("every loss that can be trained has a row, and every loss of TRL stands in the row of its own", () => {
  const rows = rowsBelow("Loss by loss"), names = rows.map(([cell]) => cell.replaceAll("`", "").split(", "));
  const [, none] = /^TRL has none of these: ([^]*?)\.$/m.exec(text)!;
  const alone = [...none.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
  assert.deepEqual([...names.flat(), ...alone].sort(), trainableLosses.map(({ name }) => name).sort());
  for (const trainer of TRL_TRAINERS) {
    for (const type of lossTypes(trainer)) {
      const { name } = tableLoss(trainer, type, {})!, cell = rows[names.findIndex((some) => some.includes(name))][1];
      const theirs = type === "" || trainer === "SFT" ? trainer : `${trainer} \`${type}\``;
      assert.ok(cell.includes(theirs), `${theirs} of ${name}`);
    }
  }
});

Deno.test("the page of losses says of TRL what this page says, and each claim behind it holds", () => {
  for (const [cell, theirs, , differs, tried] of rowsBelow("Loss by loss")) {
    const name = cell.replaceAll("`", ""), { trl } = lossNamed(name);
    assert.deepEqual([trl?.call ?? "none", trl?.differs], [theirs.replaceAll(" ✓", ""), differs], name);
    for (const [, claim] of tried.matchAll(/`([\w-]+)`/g)) assert.equal(claims[claim]?.holds, true, claim);
  }
  const rows = rowsBelow("Loss by loss").map(([cell]) => cell.replaceAll("`", ""));
  const more = trainableLosses.filter(({ name, trl }) => trl !== undefined && !rows.includes(name));
  assert.deepEqual(more.map(({ name }) => name), []);
  assert.equal(versions.trl, TRL_VERSION);
});

Deno.test("every flag that is named is one of train's", () => {
  const flags = rowsBelow("Loss by loss").flatMap((cells) => cells[2].match(/--[\w-]+/g) ?? []);
  assert.ok(flags.length > 10);
  for (const flag of flags) assert.match(TRAIN_HELP, new RegExp(`${flag}\\b`), flag);
});

Deno.test("arguments that choose another loss of the table choose it", () => {
  const of = (args: object) => tableLoss("DPO", "sigmoid", { beta: 0.1, ...args });
  assert.deepEqual(of({ use_weighting: true, label_smoothing: 0.1 }), { name: "wpo", options: { beta: 0.1 } });
  assert.deepEqual(of({ ld_alpha: 0.5 }), { name: "ld-dpo", options: { beta: 0.1, alpha: 0.5 } });
  const under = (type: string, coefficient = 0.5) =>
    of({ f_divergence_type: type, f_alpha_divergence_coef: coefficient })!.options.divergence;
  assert.deepEqual(under("forward_kl"), { kind: "forward-kl" });
  assert.deepEqual(under("js_divergence"), { kind: "jensen-shannon" });
  assert.deepEqual(under("alpha_divergence", 0.25), { kind: "alpha", alpha: 0.75 });
  assert.equal(of({ f_divergence_type: "alpha_divergence", f_alpha_divergence_coef: 1 })!.name, "dpo");
  assert.deepEqual(tableLoss("DPO", "sppo_hard", { beta: 0.1 }), { name: "sppo-hard", options: { eta: 10 } });
  assert.deepEqual(tableLoss("CPO", "hinge", { beta: 0.1, label_smoothing: 0, cpo_alpha: 0.5 }), {
    ...{ name: "contrastive-po", options: { beta: 0.1, link: "hinge" }, likelihood: 0.5 },
  });
  assert.equal(tableLoss("DPO", "bco", {}), undefined);
});
