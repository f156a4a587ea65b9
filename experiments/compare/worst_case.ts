/**
 * What does learning for the worst case give where the type is not on record, and what does it cost where it is?
 *
 * @module
 */
import { type Question, question } from "../../lib/run/experiment.ts";
import { place } from "../../lib/run/place.ts";
import { claim, type Metric } from "../../lib/run/quantity.ts";
import { type Collection, collectionOf, PROTOCOL } from "./collection.ts";
import { cpo, drCpo } from "./methods/outcomes.ts";
import { oracle, reference } from "./methods/bounds.ts";
import type { PopulationOptions } from "./options.ts";
import { logShownTo } from "./record.ts";
import { robustDrCpo } from "./robust.ts";
import type { Sample } from "./samples.ts";
import { recordedOf } from "./settings.ts";
import { objective, recorded, value } from "./terms.ts";
import { worstCase as drawn } from "./worst_case_figures.ts";

/** By how much the robust arm allows odds to be off. */
const GAMMAS = [1.5, 2, 4];
/** Gamma of the claims. */
const MIDDLE = 2;
/** What robustness may cost, in standard deviations of quality. */
const ROOM = 0.05;

const at = (type: "unrecorded" | "recorded") =>
  place(
    `type ${type}, Γ = ${MIDDLE} allowed for`,
    (_: PopulationOptions) => ({ type, record: type === "recorded" ? 1 : 0, gamma: MIDDLE }),
    recorded.needs,
  );
const OURS = { kind: "question", source: "Kallus & Zhou, NeurIPS 2018: improvement in the worst case" } as const;
/** A verdict may depend on whether policies spend what they like. */
const MEASURES: readonly (readonly [Metric, string, string])[] = [
  [value, "", "at equal KL"],
  [objective, "-net", "as trained, net of KL"],
];

/** Share of what is shown whose odds are off by no more than what is told: a few responses are off by far more. */
const MOST = 0.9;

/** By how much the type moves the odds of what is shown against those on record, for nine of ten responses at the most. */
export function oddsFactor({ world, record: { correlation } }: Pick<Sample, "world" | "record">): number {
  const logOdds = (log: number) => log - Math.log1p(-Math.exp(log)), laws = logShownTo(world, correlation);
  // Records of a type are right as often as shares say; with no record both laws are one.
  const shares = [(1 + correlation) / 2, (1 - correlation) / 2];
  const off = laws.flatMap((law, record) =>
    shares.flatMap((share, other) => {
      const shown = world.logShown[other === 0 ? record : 1 - record];
      return Array.from(law, (log, i) => ({
        by: Math.abs(logOdds(log) - logOdds(shown[i])),
        often: share * Math.exp(shown[i]) / (2 * world.prompts),
      }));
    })
  ).sort((a, b) => a.by - b.by);
  let sum = 0;
  return Math.exp(off.find(({ often }) => (sum += often) >= MOST)!.by);
}

/** @param added methods that bring a style of their own run as well */
export function worstCaseQuestion({ methods }: Collection): Question<PopulationOptions> {
  const added = methods.filter(({ style }) => style);
  const collections = new Map(
    GAMMAS.map((gamma) => [gamma, collectionOf([cpo, drCpo, robustDrCpo(gamma), ...added, reference, oracle])]),
  );
  return question({
    id: "worst-case",
    asks: "What if methods allow for what is not on record?",
    method:
      `${PROTOCOL} The strongest confounding of the run, through a type that is on record or not. The robust arm maximises ` +
      "the least improvement over π0 that odds off by Γ leave of DR-CPO's, at the same price of KL.",
    module: import.meta.url,
    arms: collections.get(MIDDLE)!.ids,
    tensors: collections.get(MIDDLE)!.tensors,
    block: 20,
    conditions: (_: PopulationOptions) =>
      (["unrecorded", "recorded"] as const).flatMap((type) =>
        GAMMAS.map((gamma) => ({ type, record: type === "recorded" ? 1 : 0, gamma }))
      ),
    run: (context) => {
      const { condition: { gamma }, options } = context;
      return collections.get(gamma)!.run(
        context,
        recordedOf(context.condition, options),
        (sample) => ({ "odds-factor": oddsFactor(sample) }),
      );
    },
    claims: MEASURES.flatMap(([measure, suffix, said]) => [
      claim(
        `robust-beats-dr-unrecorded${suffix}`,
        `With the type unrecorded, learning for Γ = ${MIDDLE} beats DR-CPO, ${said}`,
        measure.of("robust-dr-cpo", at("unrecorded")).minus("dr-cpo").above(0),
        OURS,
      ),
      claim(
        `robust-pays-more-unrecorded${suffix}`,
        `Learning for Γ = ${MIDDLE} gives more over DR-CPO with the type unrecorded than recorded, ${said}`,
        measure.of("robust-dr-cpo", at("unrecorded")).minus("dr-cpo")
          .minus(measure.of("robust-dr-cpo", at("recorded")).minus("dr-cpo")).above(0),
        { ...OURS, kind: "control" },
      ),
      claim(
        `robust-beats-start-unrecorded${suffix}`,
        `With the type unrecorded, learning for Γ = ${MIDDLE} beats the untrained policy, ${said}`,
        measure.of("robust-dr-cpo", at("unrecorded")).minus("reference").above(0),
        OURS,
      ),
      claim(
        `robustness-costs-recorded${suffix}`,
        `With the type recorded, allowing for Γ = ${MIDDLE} costs ${ROOM} or more, ${said}`,
        measure.of("dr-cpo", at("recorded")).minus("robust-dr-cpo").above(ROOM),
        OURS,
      ),
    ]),
    ...drawn,
  });
}
