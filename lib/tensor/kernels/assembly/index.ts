/** Everything the host calls; one file a kernel family. */
export { rmsNorm, rmsNormGrad } from "./rms_norm";
export { gemm, gemmScratch, rowsTimesVector, vectorTimesRows } from "./products";
