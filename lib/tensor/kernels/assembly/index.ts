/** Everything the host calls; one file a kernel family. */
export { adamw, squares } from "./adamw";
export { exp, log, softplus, softplusGrad } from "./elementwise";
export { logSoftmax, logSoftmaxGrad, pickLogProbs, pickLogProbsGrad } from "./log_softmax";
export { pairedLogistic, pairedLogisticGrad } from "./paired";
export { rmsNorm, rmsNormGrad } from "./rms_norm";
