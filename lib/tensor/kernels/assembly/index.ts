/** Everything the host calls; one file a kernel family. */
export { rmsNorm, rmsNormGrad } from "./rms_norm";
export { gemm, gemmScratch, rowsTimesVector, vectorTimesRows } from "./products";
export { copyRows, gather, repeat, segmentSum, transpose } from "./movement";
export { extremeColumns, extremeRows, sumColumns, sumRows } from "./reductions";
export { clip, compare, extreme, select } from "./comparisons";
