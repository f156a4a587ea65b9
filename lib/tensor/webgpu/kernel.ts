/**
 * What a kernel is.
 *
 * @module
 */
import type * as TF from "@tensorflow/tfjs-core";

/** A kernel of tfjs. */
export type Kernel = TF.KernelFunc;
