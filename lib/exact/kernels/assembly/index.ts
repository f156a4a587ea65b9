/** Everything the host calls. Sizes first, then addresses, what is read before what is written. */
export { exps } from "./exponentials";
export { softmax } from "./softmax";
export { scores, weightedSum } from "./features";
export { logistic, weightedGram } from "./samples";
export { centre, logisticSlopes, tilt } from "./slopes";
export { one } from "./vector";
