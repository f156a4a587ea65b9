/** Everything the host calls; one file a kernel family. */
export { adamw, squares } from "./adamw";
export { causalSoftmax, causalSoftmaxGrad } from "./attention";
export { biasRelu, biasReluGrad } from "./bias_relu";
export { cachedAttention } from "./cached_attention";
export { lookUp, lookUpGrad } from "./embedding";
export { exp, log, softplus, softplusGrad } from "./elementwise";
export { logSoftmax, logSoftmaxGrad, pickLogProbs, pickLogProbsGrad } from "./log_softmax";
export { pairedLogistic, pairedLogisticGrad } from "./paired";
export { rmsNorm, rmsNormGrad } from "./rms_norm";
export { rotary } from "./rotary";
export { rowwise } from "./rowwise";
export { swiglu, swigluGrad } from "./swiglu";
export { gemm, gemmScratch, rowsTimesVector, vectorTimesRows } from "./products";
export { copyRows, gather, repeat, segmentSum, transpose } from "./movement";
export { extremeColumns, extremeRows, sumColumns, sumRows } from "./reductions";
export { clip, compare, extreme, select } from "./comparisons";
export { meanRows, meanRowsGrad, take, takeGrad } from "./take";
export { one } from "./vector";
