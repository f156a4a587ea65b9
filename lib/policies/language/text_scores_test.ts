/** Log-probs of texts, with prompts that neighbours share. */
import assert from "node:assert/strict";
import { assertClose, testOnEveryProcessorBackend } from "../../tensor/backends_test_helpers.ts";
import { type LanguageModel, languageModel } from "./model.ts";
import { plainLogProbs, seededWeights, sourceOf, variants } from "./reference_test_helpers.ts";
import { textScores } from "./text_scores.ts";

const text = (completion: number | undefined, ...ids: number[]) => ({ ids: Uint32Array.from(ids), completion });

testOnEveryProcessorBackend("each text has its log-probs, in order, and a prompt of neighbours is run once", () => {
  const config = variants["gemma2"], weights = seededWeights(config), model = languageModel(sourceOf(config, weights));
  const texts = [
    text(3, 1, 2, 3, 4, 5),
    text(3, 1, 2, 3, 9),
    text(3, 1, 2, 4, 9), // another prompt
    text(undefined, 1, 2, 4, 9),
    text(1, 8, 2),
    text(1, 8, 2), // the same text again
    text(undefined, 7),
    text(0, 5, 6),
  ];
  let rows = 0;
  const counting: LanguageModel = {
    ...model,
    logProbs(sequences, ...rest) {
      rows = sequences.ids.length;
      return model.logProbs(sequences, ...rest);
    },
  };
  const scores = textScores(counting, texts);
  assert.equal(rows, 5 + 1 + 4 + 4 + 2 + 1 + 1 + 2);
  // As in model_test.ts.
  texts.forEach(({ ids }, i) => assertClose(scores[i], plainLogProbs(config, weights, ids), 1e-5, `text ${i}`));
  model.dispose();
});
