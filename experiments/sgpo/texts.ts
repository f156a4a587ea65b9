/**
 * Self-annotation of real pairs: a thirtieth of the labels as seed, the rest for the policy to label.
 *
 * @module
 */
import { formatPercent } from "../../lib/report/numbers.ts";
import { question } from "../../lib/run/experiment.ts";
import { claim } from "../../lib/run/quantity.ts";
import type { SgpoOptions } from "./options.ts";
import { mainArms, methods, selfAnnotate } from "./self_annotation.ts";
import { aRadius, clean, noisy } from "./terms.ts";
import { onTexts } from "./text_figures.ts";
import { prepareTexts, splitTexts, textMetrics, type TextSet, textSets, TRAINING } from "./text_pairs.ts";
import { heldAccuracy, heldOverconfidence } from "./text_terms.ts";
import { lossesOf } from "./world.ts";

const RANKING = { kind: "question", needs: aRadius } as const;

/** The question on one data set. */
function textQuestion(set: TextSet) {
  const { name } = textSets[set];
  return question({
    id: set,
    asks: `And on ${name}: what do a policy's own labels add to a few human ones?`,
    dataset: set,
    replicates: { training: TRAINING, of: "pairs" },
    method:
      "Each pair is two texts, one preferred. A policy tilts a uniform law by features of the text (latent semantic " +
      `analysis, learned without labels). Each seed is a split: ${
        formatPercent(TRAINING, 0)
      } of the pairs to learn from, ` +
      "some of which, a tenth unless set otherwise, are set aside with labels for the outside ranker; of the rest a " +
      "thirtieth, unless set otherwise, has labels and is the seed, and the others are labelled in three rounds. Measured on " +
      "held-out pairs. DPO on the seed is self-DPO at round 0.",
    arms: mainArms,
    conditions: ({ noises }: SgpoOptions) => noises.map((noise) => ({ noise })),
    block: 10,
    prepare: (context) => prepareTexts(set, context),
    counts: ({ counts }) => counts,
    run({ options: o, arm, condition: { noise }, streams, prepared }) {
      const splits = streams("texts").map((rng) => splitTexts(prepared, { noise, options: o }, rng));
      // Uniform over two texts, β drops out.
      const settings = { ...lossesOf(o, o.epsilon), beta: 1 };
      return textMetrics(splits, splits.map(({ supply }) => selfAnnotate(methods[arm], supply, settings)));
    },
    claims: [
      claim(
        `${set}-annotation`,
        `On ${name}, self-annotation with SSAPO ranks better than DPO on the seed, by 0.01 or more`,
        heldAccuracy.of("ssapo-probability", clean).minus("dpo-seed").above(0.01),
        { ...RANKING, source: "tables 1 and 2", paper: "length-controlled win rate 24.44 over 9.03" },
      ),
      claim(
        `${set}-follower`,
        `On ${name}, with noisy seeds SSAPO ranks better than self-DPO`,
        heldAccuracy.of("ssapo-probability", noisy).minus("self-dpo").above(0),
        { ...RANKING, source: "table on ε", paper: "length-controlled win rate 23.20 over 19.76" },
      ),
      claim(
        `${set}-spa`,
        `On ${name}, SSAPO ranks better than SPA, self-annotation with refined labels`,
        heldAccuracy.of("ssapo-probability", noisy).minus("spa").above(0),
        {
          ...RANKING,
          source: "table 1",
          paper: "length-controlled win rate 24.44 over 15.39; it does not compare rankings",
        },
      ),
      claim(
        `${set}-margin`,
        `On ${name}, SSAPO in margin space is self-DPO, within 0.01`,
        heldAccuracy.of("ssapo-margin", noisy).minus("self-dpo").between(-0.01, 0.01),
        { ...RANKING, source: "known negative" },
      ),
      claim(
        `${set}-few`,
        `On ${name}, few labels with SSAPO do as well as all of them with DPO, within 0.02`,
        heldAccuracy.of("ssapo-probability", clean).minus("dpo-all").above(-0.02),
        {
          ...RANKING,
          source: "2K of 60K labels in the paper's runs",
          paper: "length-controlled win rate 24.44 over 11.75 of a model with all labels",
        },
      ),
      claim(
        `${set}-calibration`,
        `On ${name}, rounds of self-DPO cost calibration`,
        heldOverconfidence.of("self-dpo", noisy).minus(heldOverconfidence.seed).above(0),
        { kind: "question", source: "not in the paper" },
      ),
      claim(
        `${set}-ranker`,
        `On ${name}, SSAPO ranks better than DPO on the labels of an outside ranker`,
        heldAccuracy.of("ssapo-probability", clean).minus("pair-ranker").above(0),
        { ...RANKING, source: "table 1", paper: "length-controlled win rate 24.44 over 11.87" },
      ),
    ],
    ...onTexts(set, name),
  });
}

/** The questions on real pairs. */
export const textQuestions = (["politeness", "harmless", "paradetox"] as const).map(textQuestion);
