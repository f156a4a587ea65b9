import { hinge as hingeLoss } from "../../../lib/losses/mod.ts";
import { average, pairs } from "../batch.ts";
import { type Method, minimising } from "../training.ts";

export const hinge: Method = {
  id: "hinge",
  style: { label: "Hinge", light: "#8a4a78", dark: "#cc62a4", dash: "", symbol: "star", filled: true },
  family: "pairs",
  loss: "hinge",
  reads: "which of two shown responses won",
  learn: minimising(({ data, tau }, policy) => {
    const { weight, ...logps } = pairs(data, policy, "preferences");
    return average(weight, hingeLoss(logps, { beta: tau }));
  }),
};
