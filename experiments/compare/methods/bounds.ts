/**
 * What methods are measured against: the best policy of the class, and the policy that nothing was learned from.
 *
 * @module
 */
import type { Method } from "../training.ts";

export const oracle: Method = {
  id: "oracle",
  family: "bound",
  reads: "the true quality",
  learn: ({ data: { samples } }) => ({ theta: samples.map(({ best }) => best), gradientNorm: samples.map(() => 0) }),
};

export const reference: Method = {
  id: "reference",
  family: "bound",
  reads: "nothing",
  learn: ({ data: { samples } }) => ({
    theta: samples.map(({ best }) => best.map(() => 0)),
    gradientNorm: samples.map(() => 0),
  }),
};
