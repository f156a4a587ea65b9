/**
 * What predictions say of what is held out, by examples, beside what TRL's log says of it by batches.
 *
 * @module
 */
import { meanInterval, proportionInterval } from "../../statistics/intervals.ts";
import { SHARE, within } from "../../statistics/range.ts";
import type { Evidence } from "../../statistics/claims.ts";
import { mean } from "../../statistics/summary.ts";
import type { CurvePoint } from "../../training/language/loop.ts";
import type { BesideLine } from "../training_record.ts";
import type { Prediction } from "./predictions.ts";

/** What is held out, twice. */
export interface HeldOut {
  readonly lines: readonly BesideLine[];
  readonly pairs: number;
  readonly prompts: number;
  /** Pairs that are no order at all. */
  readonly ties: number;
  /** The share in the right order as TRL counts it, where the size of its batches is known. */
  readonly asTrl?: number;
}

/** Share of its numbers' magnitudes below which a difference is rounding of float32: see Measures of the trainer. */
const ROUNDING = 2 ** -22;

/**
 * Recomputes what TRL logs of an evaluation. A pair is in the right order where its chosen response has the larger log-ratio,
 * or without a reference the larger log-prob, per token where the loss is; a tie to the rounding of float32 is a half.
 *
 * @param last the last look of the log
 * @param batch examples of an evaluation's batch, where they are known
 * @param perToken whether the loss compares means over tokens, and the log has them; predictions then have their numbers
 * @param ofTokens whether the loss compares means over tokens, though the log has sums
 * @param losses the loss of each pair, where it is known
 * @example
 * ```ts
 * import { readPredictions } from "./predictions.ts";
 * import assert from "node:assert/strict";
 * const predictions = await readPredictions("lib/run/trl/testdata/predictions.jsonl", true);
 * const { lines: [{ ours }], asTrl } = heldOutOf(predictions, { perToken: false, batch: 4 });
 * assert.deepEqual([ours, asTrl], [8 / 9, (1 + 3 / 4 + 1) / 3]);
 * ```
 */
export function heldOutOf(
  predictions: readonly Prediction[],
  { last, batch, perToken, ofTokens = false, losses }: {
    readonly last?: CurvePoint;
    readonly batch?: number;
    readonly perToken: boolean;
    readonly ofTokens?: boolean;
    readonly losses?: ArrayLike<number>;
  },
): HeldOut {
  const rows = predictions.map(({ policy, reference, tokens }) => {
    const of = (side: 0 | 1) => {
      const scale = perToken ? tokens![side] : 1;
      return { logp: policy[side] / scale, against: (policy[side] - (reference?.[side] ?? 0)) / scale };
    };
    const sides = [of(0), of(1)] as const, margin = sides[0].against - sides[1].against;
    const magnitude = [...policy, ...reference ?? []].reduce((sum, value) => sum + Math.abs(value), 0);
    const order = Math.abs(margin) <= ROUNDING * magnitude ? 0.5 : Number(margin > 0);
    return { sides, margin, order };
  });
  const groups = predictions.map(({ prompt }) => prompt), prompts = new Set(groups).size;
  const orders = rows.map(({ order }) => order), ties = orders.filter((order) => order === 0.5).length;
  const unit = perToken ? "nats a token" : "nats", isRatio = predictions[0].reference !== undefined;
  const line = (quantity: string, theirs: number, evidence: Evidence): BesideLine => ({
    ...{ quantity, theirs: Number.isFinite(theirs) ? theirs : null, ours: evidence.estimate },
    ...(evidence.short === undefined && evidence.lower < evidence.upper
      ? { lower: evidence.lower, upper: evidence.upper }
      : { lower: null, upper: null }),
  });
  const amount = (values: readonly number[]): Evidence =>
    prompts < 2 ? alone(mean(values)) : meanInterval(values, prompts < groups.length ? { groups } : {});
  // Wilson's interval is of answers that are yes or no, and independent.
  const share = ties === 0 && prompts === groups.length
    ? proportionInterval(orders.filter((order) => order === 1).length, orders.length)
    : within(amount(orders), SHARE, false);
  const side = (name: "chosen" | "rejected", i: 0 | 1) => {
    const what = `of ${name} responses, ${unit}`;
    return [
      line(`log π ${what}`, last?.[name] ?? NaN, amount(rows.map(({ sides }) => sides[i].logp))),
      ...isRatio
        ? [line(`log-ratio ${what}`, last?.[`${name}Ratio`] ?? NaN, amount(rows.map(({ sides }) => sides[i].against)))]
        : [],
    ];
  };
  const theirMargin = last === undefined
    ? NaN
    : isRatio
    ? last.chosenRatio - last.rejectedRatio
    : last.chosen - last.rejected;
  return {
    lines: [
      line("share of pairs in the right order", last?.accuracy ?? NaN, share),
      line(`margin, ${unit}`, theirMargin, amount(rows.map(({ margin }) => margin))),
      ...ofTokens && predictions.every(({ tokens }) => tokens !== undefined)
        ? [line("margin that the loss reads, nats a token", NaN, amount(predictions.map(meanMargin)))]
        : [],
      ...losses === undefined ? [] : [line("loss", last?.loss ?? NaN, amount(Array.from(losses)))],
      ...side("chosen", 0),
      ...side("rejected", 1),
    ],
    ...{ pairs: rows.length, prompts, ties },
    ...(batch !== undefined && { asTrl: meanOfBatches(rows.map(({ margin }) => Number(margin > 0)), batch) }),
  };
}

/** The margin of log-ratios that are means over tokens. */
function meanMargin({ policy, reference, tokens }: Prediction): number {
  const [chosen, rejected] = ([0, 1] as const).map((side) => (policy[side] - (reference?.[side] ?? 0)) / tokens![side]);
  return chosen - rejected;
}

const alone = (estimate: number): Evidence => ({ estimate, lower: NaN, upper: NaN, n: 1 });

/** The mean of the means of batches, the last of which may be smaller. */
function meanOfBatches(values: readonly number[], size: number): number {
  const starts = Array.from({ length: Math.ceil(values.length / size) }, (_, i) => i * size);
  return mean(starts.map((start) => mean(values.slice(start, start + size))));
}
