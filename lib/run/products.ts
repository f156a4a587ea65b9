/**
 * `--products`: how matrices of a checkpoint are held and multiplied.
 *
 * @module
 */
import type { Checkpoint } from "../policies/language/checkpoint.ts";
import { loadAdapter, merged } from "../policies/language/lora.ts";
import { type LanguageModel, languageModel } from "../policies/language/model.ts";
import { canMultiplyPacked } from "../tensor/packed_matrix.ts";
import { UserError } from "../user_error.ts";
import { adapterFor } from "./adapter.ts";

/** Values of `--products`, the default first. */
export const PRODUCTS = ["float32", "quantised"] as const;

/** How matrices are held and multiplied. */
export type Products = typeof PRODUCTS[number];

/**
 * Reads a flag.
 *
 * @throws UserError for another value
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(productsOf(undefined), "float32");
 * assert.throws(() => productsOf("int3"), { message: "--products int3: choose float32 or quantised" });
 * ```
 */
export function productsOf(text: string | undefined): Products {
  const found = PRODUCTS.find((name) => name === (text ?? PRODUCTS[0]));
  if (found === undefined) throw new UserError(`--products ${text}: choose ${PRODUCTS.join(" or ")}`);
  return found;
}

/** A model that runs, and what is to be said of its products. */
interface RunningModel extends Disposable {
  readonly model: LanguageModel;
  /** Behind the name of the engine; empty for float32. */
  readonly said: string;
}

/**
 * The model of a checkpoint, perhaps with an adapter: merged into float32 weights, beside weights that stay packed.
 *
 * @param folder of the adapter
 * @throws UserError where the engine does not multiply packed matrices, or the checkpoint has none
 * @example
 * ```ts ignore
 * using running = runningModel(checkpoint, undefined, "quantised");
 * ```
 */
export function runningModel(checkpoint: Checkpoint, folder: string | undefined, products: Products): RunningModel {
  const adapter = folder === undefined ? undefined : adapterFor(folder, checkpoint);
  if (products === "float32") {
    const model = languageModel(adapter === undefined ? checkpoint : merged(checkpoint, adapter));
    return { model, said: "", [Symbol.dispose]: () => model.dispose() };
  }
  if (!canMultiplyPacked()) throw new UserError("--products quantised: needs --backend wasm or native");
  const beside = adapter && loadAdapter(adapter, checkpoint.config);
  const model = languageModel(checkpoint, { staysPacked: true, ...(beside && { change: beside.change }) });
  const dispose = () => {
    model.dispose();
    beside?.dispose();
  };
  if (model.packed === 0) {
    dispose();
    throw new UserError(
      `${checkpoint.path}: no matrix of it is packed in Q4_0, Q4_1 or Q8_0; leave --products quantised out`,
    );
  }
  return { model, said: `, ${model.packed} matrices quantised`, [Symbol.dispose]: dispose };
}
