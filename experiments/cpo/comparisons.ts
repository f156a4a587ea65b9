/**
 * Claims about what is learned: one arm against another, by every measure that a verdict may depend on.
 *
 * @module
 */
import { labelOf } from "../../lib/report/methods.ts";
import { claim, type Metric, type Quantity, type Told } from "../../lib/run/quantity.ts";
import type { LearnerId } from "./learners.ts";
import type { LearningOptions } from "./options.ts";
import { equal, full, lostToConfounding, objective, value, valueOfStart } from "./terms.ts";

type Pair = readonly [LearnerId, LearnerId];
type Learned = Told<LearningOptions>;

/** What policies are compared by, and how claims about each are told apart: a verdict may depend on which. */
export const MEASURES = [[value, "", "by value"], [objective, "-net", "net of KL"], [
  equal,
  "-equal-kl",
  "at equal KL",
]] as const;

/** One claim for each measure. */
export const each = (
  id: string,
  statement: string,
  of: (measure: Metric) => Quantity<LearningOptions>,
  told: Learned,
  measures: readonly (typeof MEASURES)[number][] = MEASURES,
) => measures.map(([measure, suffix, said]) => claim(id + suffix, `${statement}, ${said}`, of(measure).above(0), told));

/** One arm against another, by every measure. */
export const beats = (id: string, statement: string, [arm, other]: Pair, at: typeof full, told: Learned) =>
  each(id, statement, (measure) => measure.of(arm, at).minus(other), told);

/** One arm loses more to confounding than another, each against its own noise-only control. */
export const losesMore = (id: string, statement: string, [arm, other]: Pair, told: Learned) =>
  each(id, statement, (measure) => lostToConfounding(measure, arm).minus(lostToConfounding(measure, other)), told);

/** An arm against the policy it started from, which pays no KL; at equal KL there is nothing to compare. */
export const beatsF0 = (arm: LearnerId) =>
  each(
    `${arm}-beats-f0`,
    `${labelOf(arm)} beats the untrained f0 under full confounding`,
    (measure) => measure.of(arm, full).minus(valueOfStart),
    { kind: "question", source: "what training is for" },
    MEASURES.slice(0, 2),
  );
