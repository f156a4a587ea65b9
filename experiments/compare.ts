/**
 * Every method on the same readers, whose reactions are confounded or are not.
 *
 * @module
 */
import { main } from "../lib/run/main.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { collectionOf } from "./compare/collection.ts";
import { conditionsQuestion } from "./compare/conditions.ts";
import { confoundingQuestion } from "./compare/confounding.ts";
import { labelsQuestion } from "./compare/labels.ts";
import * as methods from "./compare/methods/mod.ts";
import { options } from "./compare/options.ts";
import { tuningQuestion } from "./compare/tuning.ts";
import { recordingQuestion } from "./compare/recording.ts";
import type { Method } from "./compare/study.ts";

/** The experiment with these methods. */
export function compareOf(all: readonly Method[]): Experiment<typeof options> {
  const collection = collectionOf(all);
  return {
    name: "compare",
    title: "Preference losses and causal estimators on confounded readers",
    paper:
      "The methods of five papers side by side: 2402.14979 (CPO, DR-CPO), 2506.01523 (PMLE, distillation, reverse KL), " +
      "2408.06266 (APO), 2404.14313 (SAMI), 2502.18099 (SSAPO); with DPO, IPO, KTO, SimPO, ORPO, REBEL, RLHF and SFT.",
    lead:
      "Readers of a hidden type are shown other responses, and like other responses. One population of such readers " +
      "gives outcomes, preferences, thumbs and revisions from the same reactions, so that every method can be trained on " +
      "its own kind of data with the same number of labels, and compared with the exact truth at the same KL. What " +
      "confounding costs is told from what noise costs by readers with the same tastes who are shown the same as others.",
    formulas: [
      {
        label: "shown",
        tex: String.raw`\mu(a\mid x,z)\propto\pi_0(a\mid x)\,e^{\,o\,l(x,a)+c\,z\,g(x,a)},\qquad z=\pm1\ \text{hidden}`,
      },
      {
        label: "reaction",
        tex: String.raw`y_a=m(x,a)+\tfrac32\,t\,g(x,a)+\varepsilon_a,\qquad t=z,\quad \varepsilon_a\sim\text{Gumbel}`,
      },
      {
        label: "read as outcome, thumb, preference",
        tex: String.raw`y_a,\qquad \mathbb 1[y_a>0],\qquad \mathbb 1[y_a>y_b]`,
      },
      {
        label: "read as a revision, among the nearest neighbours N(a)",
        tex: String.raw`a\ \to\ \operatorname*{arg\,max}_{b\in N(a)\cup\{a\}}y_b`,
      },
      { label: "controls: noise only, unlinked", tex: String.raw`c=0;\qquad t=\pm1\ \text{independent of}\ z` },
      { label: "value", tex: String.raw`V(\pi)=\mathbb E_x\sum_a\pi(a\mid x)\,m(x,a)` },
      {
        label: "equal KL",
        tex: String
          .raw`\pi_{s\theta}\propto\pi_0\,e^{\,s\,\theta\cdot\varphi},\qquad s:\ \mathrm{KL}(\pi_{s\theta}\,\|\,\pi_0)=\text{budget}`,
      },
    ],
    options,
    questions: [
      confoundingQuestion(collection),
      conditionsQuestion(collection),
      recordingQuestion(collection),
      labelsQuestion(collection),
      tuningQuestion(collection),
    ],
  };
}

const compare = compareOf(Object.values(methods));

export default compare;

if (import.meta.main) await main(compare, import.meta.url);
