/** Lines that leave the language question are what its methods learn from. */
import assert from "node:assert/strict";
import { realData } from "../../lib/datasets/data_test_helpers.ts";
import { readPreferences } from "../../lib/datasets/own/mod.ts";
import { inFolder } from "../../lib/run/demo_test_helpers.ts";
import { commonOptions } from "../../lib/run/plan.ts";
import { streamsOf } from "../../lib/run/streams.ts";
import { needingData } from "../../lib/optional/skipping.ts";
import { startBackend } from "../../lib/tensor/backend.ts";
import { readLine } from "../../lib/training/language/line_forms.ts";
import { storiesOf } from "../../lib/training/language/stories.ts";
import { storyWriter } from "../../lib/training/language/writer.ts";
import { kindOf, pairShares } from "./batch.ts";
import { languageLines } from "./language_pairs.ts";
import { readersOf } from "./language_samples.ts";
import { languageTrl } from "./language_trl.ts";
import { type CompareOptions, options as declared } from "./options.ts";
import { settingOf } from "./settings.ts";

const store = await realData("stories-260k");
const options = Object.fromEntries(
  Object.entries({ ...commonOptions, ...declared }).map(([name, { values }]) => [name, values.smoke]),
) as unknown as CompareOptions;

Deno.test({
  ...needingData({ "stories-260k": store }, "exported pairs are the kinds that every method is trained on, in words"),
  async fn() {
    await startBackend("wasm");
    const writer = await storyWriter(store!), world = { world: "confounded", confounding: 1 };
    const context = { options, streams: (name: string) => [streamsOf(0, "language", 1, name)] };
    const lines = languageLines(writer, context, world);
    const { languagePrompts: prompts, languageResponses: responses, languageTexts: heldOut, languageN: n } = options;
    const stories = storiesOf(writer, { prompts, responses, heldOut }, context.streams("stories")[0]);
    const sample = readersOf(context, stories, settingOf(world, { ...options, n }));
    const kinds = pairShares(sample, "preferences").map((share) => Math.round(share * n));
    const opening = stories.candidates.map(([{ ids, from }]) =>
      writer.tokenizer.decode(Array.from(ids.slice(0, from)), { skipSpecial: true })
    );
    // A prompt and a response that stand twice are one text; the counts of kinds with the same words are added up.
    const told = (x: number, a: number) => `${opening[x]}${stories.texts[x * responses + a]}`.replaceAll(" ", "");
    const expected = new Map<string, number>(), found = new Map<string, number>();
    const add = (counts: Map<string, number>, key: string, count: number) =>
      count > 0 && counts.set(key, (counts.get(key) ?? 0) + count);
    for (let x = 0; x < prompts; x++) {
      for (let a = 0; a < responses; a++) {
        for (let b = 0; b < responses; b++) {
          if (a !== b) add(expected, `${told(x, a)} > ${told(x, b)}`, kinds[kindOf(x, a, b, responses)]);
        }
      }
    }
    for (const line of lines.pairs) {
      const { prompt, chosen, rejected } = line as Record<"prompt" | "chosen" | "rejected", string>;
      const [won, lost] = [chosen, rejected].map((text) => `${prompt}${text}`.replaceAll(" ", ""));
      add(found, `${won} > ${lost}`, 1);
    }
    assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()));
    // As a file of a user they are the same pairs, each text as it is.
    await inFolder(async (folder) => {
      await Deno.writeTextFile(
        `${folder}/pairs.jsonl`,
        lines.pairs.map((line) => `${JSON.stringify(line)}\n`).join(""),
      );
      const { pairs } = await readPreferences(`${folder}/pairs.jsonl`),
        texts = ["prompt", "chosen", "rejected"] as const;
      const of = (rows: readonly object[]) =>
        rows.map((row) => texts.map((name) => (row as Record<string, unknown>)[name]));
      const told = new Set(of(pairs).map((row) => JSON.stringify(row)));
      assert.deepEqual(told, new Set(of(lines.pairs).map((row) => JSON.stringify(row))));
    });
    const up = lines.completions.filter((line) => (line as { label: boolean }).label).length;
    for (const [i, line] of lines.completions.entries()) {
      const { outcome, shownTimes } = readLine(JSON.stringify(line), "logged", "causal-cpo").facts;
      assert.deepEqual([outcome, shownTimes], [sample.log.outcome[i], sample.log.propensity[i] * responses]);
    }
    assert.equal(up, sample.log.outcome.filter((outcome) => outcome > 0).length);
    assert.deepEqual([lines.completions.length, lines.prompts.length, lines.otherTokens], [n, heldOut, 0]);
  },
});

Deno.test("settings for TRL name a trainer for what these lines serve, and a reason for all else", () => {
  const { methods } = languageTrl(["dpo", "kto", "apo-zero", "rlhf-fixed", "dr-cpo"], { ...options, tau: 0.5 });
  assert.deepEqual(Object.entries(methods).map(([id, { trainer, lines }]) => [id, trainer, lines]), [
    ["dpo", "DPOTrainer", "pairs.jsonl"],
    ["kto", "KTOTrainer", "completions.jsonl"],
    ...["apo-zero", "rlhf-fixed", "dr-cpo"].map((id) => [id, undefined, undefined]),
  ]);
  const { beta, max_steps: steps } = methods.dpo.args as Record<string, unknown>;
  assert.deepEqual([beta, steps], [0.5, options.languageSteps]);
  assert.ok(
    Object.values(methods).every(({ trainer, none }) => (trainer === undefined) === (typeof none === "string")),
  );
});
