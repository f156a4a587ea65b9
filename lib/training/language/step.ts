/**
 * The gradient of an objective over a batch of examples, in as many passes as memory allows.
 *
 * @module
 */
import type { Slopes } from "../../policies/language/slopes.ts";
import { evaluate } from "./evaluate.ts";
import type { Example, Response, ScoredExample, TextGroups, TokenLogps } from "./examples.ts";
import { type Measured, Measures } from "./measures.ts";
import type { Objective } from "./objective.ts";
import { pointOf } from "./points.ts";
import { passTexts, type ScoredTexts, scoreTexts } from "./scoring.ts";
import type { Setting } from "./setting.ts";

/** What a batch comes to. */
export interface BatchResult extends Measured {
  /** The objective, a mean over the batch. */
  readonly loss: number;
  /** z0 or δ, where the loss has one. */
  readonly point?: number;
}

/**
 * Adds the gradient of an objective over a batch, the same for every size of passes up to rounding.
 *
 * Most losses are sums over examples: each pass is evaluated, and goes back, on its own. The losses whose rows depend on one
 * another (AOT sorts the batch, BCO moves its shift by it) are evaluated on the whole batch: where it takes several passes,
 * all texts are run forward once without a way back, and once more with one.
 *
 * @param into gets the gradient; without it nothing goes back
 * @throws RangeError where log-probs are not finite, by side and row
 * @example
 * ```ts ignore
 * const { loss } = runBatch(setting, batch, slopes);
 * ```
 */
export function runBatch(setting: Setting, batch: readonly Example[], into?: Slopes): BatchResult {
  const { objective, micro } = setting, parts: Example[][] = [];
  for (let i = 0; i < batch.length; i += micro) parts.push(batch.slice(i, i + micro));
  const measures = new Measures(objective);
  const pointAt = (scored: readonly ScoredExample[]) => pointOf(setting, batch, scored, into !== undefined);
  let loss = 0, point: number | undefined;
  if (objective.coupled && parts.length > 1) {
    const scored = parts.flatMap((part) => scoredOf(setting, part, forward(setting, part)));
    point = pointAt(scored);
    const whole = evaluate(objective, scored, batch, point ?? 0);
    measures.add(scored);
    loss = whole.loss;
    if (into !== undefined) {
      parts.forEach((part, i) => {
        const slopes = whole.slopes.slice(i * micro, i * micro + part.length);
        run(setting, part).back(slopes.flatMap((of) => used(objective, of)), into);
      });
    }
  } else {
    for (const part of parts) {
      const keeps = into !== undefined || objective.collides, texts = keeps ? run(setting, part) : undefined;
      const scored = scoredOf(setting, part, texts ?? forward(setting, part));
      point ??= pointAt(scored);
      const { loss: share, slopes } = evaluate(objective, scored, batch, point ?? 0);
      measures.add(scored);
      loss += share;
      if (into === undefined) texts?.dispose();
      else texts!.back(slopes.flatMap((of) => used(objective, of)), into);
    }
  }
  return { loss, ...(point === undefined ? {} : { point }), ...measures.means() };
}

/** What is read of each response of an example, of those that are read at all. */
function used<T>({ terms }: Objective, of: readonly T[]): T[] {
  const read = new Set(terms.flatMap(({ reads }) => reads(of.length).map(({ response }) => response)));
  return of.filter((_, response) => read.has(response));
}

/** Texts that may begin alike: those of an example; with constitutions, those under each. */
const groupsOf = ({ objective }: Setting, part: readonly Example[]): TextGroups =>
  part.flatMap(({ responses, constitutions = 1 }) => {
    const texts = used(objective, responses), size = texts.length / constitutions;
    return Array.from({ length: constitutions }, (_, k) => texts.slice(k * size, (k + 1) * size));
  });

/** Responses whose prompts are scored too. */
function wholesOf({ objective: { terms } }: Setting, part: readonly Example[]): ReadonlySet<Response> {
  return new Set(part.flatMap(({ responses }) => {
    const reads = terms.flatMap((term) => term.reads(responses.length));
    return reads.filter(({ reduction }) => reduction === "whole").map(({ response }) => responses[response]);
  }));
}

function run(setting: Setting, part: readonly Example[]): ScoredTexts {
  const { model, recomputes, states, objective: { collides } } = setting;
  const options = { wholes: wholesOf(setting, part), recomputes, collides, ...(states && { states }) };
  return passTexts(model, groupsOf(setting, part), options);
}

function forward(setting: Setting, part: readonly Example[]): { readonly logps: readonly TokenLogps[] } {
  const { model, states } = setting;
  const options = { wholes: wholesOf(setting, part), ...(states && { states }) };
  return { logps: scoreTexts(model, groupsOf(setting, part), options) };
}

/** Log-probs of a pass, example by example; texts that were not run have zeros. */
function scoredOf(
  { objective, reference }: Setting,
  part: readonly Example[],
  { logps, logCollision }: Pick<ScoredTexts, "logps" | "logCollision">,
): ScoredExample[] {
  let at = 0;
  return part.map((example) => {
    const ran = new Set(used(objective, example.responses)), from = at;
    const spread = (of: readonly TokenLogps[]) => {
      let next = from;
      return example.responses.map((text) => ran.has(text) ? of[next++] : new Float32Array(text.ids.length));
    };
    at += ran.size;
    return {
      example,
      policy: spread(logps),
      ...(objective.reference && { reference: reference.get(example)!.responses }),
      ...(logCollision && { logCollision: spread(logCollision) }),
    };
  });
}
