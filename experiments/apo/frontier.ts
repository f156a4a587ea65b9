/**
 * Gains at one and the same distance from the starting policy.
 *
 * @module
 */
import { firstAtKl } from "../../lib/exact/kl_budget.ts";
import { labelOf } from "../../lib/report/methods.ts";
import { question } from "../../lib/run/experiment.ts";
import type { Place } from "../../lib/run/place.ts";
import { type Cell, claim } from "../../lib/run/quantity.ts";
import { DivergenceError } from "../../lib/user_error.ts";
import { optimisers } from "./descent.ts";
import * as drawn from "./figures.ts";
import { objectiveIds } from "./objectives.ts";
import { BLOCK, type SyntheticOptions } from "./options.ts";
import { emptyCache, PROTOCOL, runsOf, standing } from "./runs.ts";
import { atMiddleKl, gainAtKl, LEAST_GAIN, middle, onceReached, overData, reached } from "./terms.ts";

const EQUAL = { kind: "question", source: "the paper does not compare at equal KL" } as const;
const BY = `by ${LEAST_GAIN} or more`;

/** A gain less that of another objective or on other data, where all runs got to the KL by themselves. */
const compared = (one: Cell<SyntheticOptions>, other: string | Place<SyntheticOptions>) =>
  onceReached(
    one,
    other,
    reached,
    ({ arm, place }, o) =>
      `this needs runs that get ${middle(o)} nats from π0 by themselves: some of ${labelOf(arm)} on ${
        labelOf(`${place.of(o).data}`)
      } ended before`,
  );

export const frontier = question({
  id: "frontier",
  asks: "And at the same distance from the starting policy?",
  method:
    `${PROTOCOL}Each run is read where it first is at a given KL, between checkpoints by a straight line in θ; a run ` +
    "that ends before is prolonged along the ray from π0, drawn and tabled, but named in no caption and tested in no claim. So neither step size nor number of steps decides.",
  arms: objectiveIds,
  conditions: ({ kls }: SyntheticOptions) =>
    overData(optimisers.flatMap((optimiser) => kls.map((kl) => ({ optimiser, kl })))),
  shares: ({ data, optimiser }, arm) => `${arm} ${data} ${optimiser}`,
  block: BLOCK,
  prepare: emptyCache,
  run(context) {
    const { arm, seeds, condition: { data, optimiser, kl } } = context;
    return runsOf(context, { data, optimiser, noise: 0 }).map((run, r) => {
      const there = firstAtKl(run.sample.candidates, { path: run.checkpoints, kls: run.kls() }, run.sample.held, kl);
      if (!there) {
        throw new DivergenceError(
          `${kl} nats is farther from π0 than training goes, however long (arm ${arm}, seed ${seeds[r]}): ` +
            "ask for less with --kls, or for more --drafts or --versions",
        );
      }
      const { gain, kl: exact } = standing(run.sample, there.theta);
      return { gain, "exact-kl": exact, reached: Number(there.reached) };
    });
  },
  claims: [
    claim(
      "equal-kl-zero-beats-dpo",
      `At equal KL, APO-zero on CLAIR data gains more than DPO, ${BY}`,
      compared(gainAtKl.of("apo-zero", atMiddleKl("clair")), "dpo").above(LEAST_GAIN),
      { ...EQUAL, paper: "APO best on every data set" },
    ),
    claim(
      "equal-kl-zero-fits-clair",
      `At equal KL, APO-zero still gains more than APO-down on CLAIR data, ${BY}`,
      compared(gainAtKl.of("apo-zero", atMiddleKl("clair")), "apo-down").above(LEAST_GAIN),
      { ...EQUAL, paper: "zero for better winners" },
    ),
    ...([
      ["equal-kl-down-fits-off-policy-sgd", "SGD"],
      ["equal-kl-down-fits-off-policy-adam", "Adam"],
    ] as const).map(([id, optimiser]) =>
      claim(
        id,
        `At equal KL, APO-down gains more than APO-zero on off-policy data, with ${optimiser}, ${BY}`,
        compared(gainAtKl.of("apo-down", atMiddleKl("off-policy", optimiser)), "apo-zero").above(LEAST_GAIN),
        { ...EQUAL, paper: "down best on off-policy data" },
      )
    ),
    claim(
      "equal-kl-clair-beats-stronger",
      `At equal KL, DPO gains more from revisions than from answers of the stronger model, ${BY}`,
      compared(gainAtKl.of("dpo", atMiddleKl("clair")), atMiddleKl("stronger")).above(LEAST_GAIN),
      { ...EQUAL, paper: "CLAIR best" },
    ),
    claim(
      "equal-kl-clair-beats-judge",
      `At equal KL, DPO gains more from revisions than from judged pairs of the model's own, ${BY}`,
      compared(gainAtKl.of("dpo", atMiddleKl("clair")), atMiddleKl("on-policy")).above(LEAST_GAIN),
      { ...EQUAL, paper: "CLAIR best" },
    ),
  ],
  ...drawn.frontier,
});
