/**
 * `--products`: how matrices of a checkpoint are held and multiplied.
 *
 * @module
 */
import type { Checkpoint } from "../policies/language/checkpoint.ts";
import { loadAdapter, merged } from "../policies/language/lora.ts";
import { type LanguageModel, languageModel } from "../policies/language/model.ts";
import { bfloat16By, whyNoBfloat16 } from "../tensor/bfloat16_matrix.ts";
import { canMultiplyPacked } from "../tensor/packed_matrix.ts";
import { UserError } from "../user_error.ts";
import { adapterFor } from "./adapter.ts";

/** Values of `--products`, the default first. */
export const PRODUCTS = ["float32", "quantised", "bfloat16"] as const;

/** How matrices are held and multiplied. */
export type Products = typeof PRODUCTS[number];

/**
 * Reads a flag.
 *
 * @param among those that a task has, the default first
 * @throws UserError for another value
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(productsOf(undefined), "float32");
 * assert.throws(() => productsOf("int3"), { message: "--products int3: choose float32, quantised or bfloat16" });
 * ```
 */
export function productsOf<Some extends Products = Products>(
  text: string | undefined,
  among: readonly Some[] = PRODUCTS as unknown as readonly Some[],
): Some {
  const found = among.find((name) => name === (text ?? among[0]));
  if (found !== undefined) return found;
  throw new UserError(`--products ${text}: choose ${among.slice(0, -1).join(", ")} or ${among.at(-1)}`);
}

/**
 * Asks the engine that runs whether it multiplies so.
 *
 * @throws UserError where it does not, and why
 * @example
 * ```ts
 * import { startBackend } from "../tensor/backend.ts";
 * import assert from "node:assert/strict";
 * await startBackend("cpu");
 * assert.throws(() => checkProducts("quantised"), /needs --backend wasm or native$/);
 * ```
 */
export function checkProducts(products: Products): void {
  if (products === "quantised" && !canMultiplyPacked()) {
    throw new UserError("--products quantised: needs --backend wasm or native");
  }
  const why = products === "bfloat16" ? whyNoBfloat16() : undefined;
  if (why !== undefined) throw new UserError(`--products bfloat16: ${why}; leave it out, or see deno task doctor`);
}

/**
 * What numbers depend on beside the engine; undefined for float32.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(productsBy("quantised"), "quantised");
 * assert.equal(productsBy("float32"), undefined);
 * ```
 */
export function productsBy(products: Products): string | undefined {
  if (products === "float32") return undefined;
  return products === "bfloat16" ? `bfloat16 by ${bfloat16By()}` : products;
}

/** A model that runs, and what is to be said of its products. */
interface RunningModel extends Disposable {
  readonly model: LanguageModel;
  /** Behind the name of the engine; empty for float32. */
  readonly said: string;
}

/**
 * The model of a checkpoint, perhaps with an adapter: merged into float32 weights, beside others.
 *
 * @param folder of the adapter
 * @throws UserError where the engine does not multiply so, or the checkpoint has no packed matrices
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
  checkProducts(products);
  const beside = adapter && loadAdapter(adapter, checkpoint.config);
  const frozen = products === "quantised" ? "packed" : products;
  const model = languageModel(checkpoint, { frozen, ...(beside && { change: beside.change }) });
  const dispose = () => {
    model.dispose();
    beside?.dispose();
  };
  if (model.held === 0) {
    dispose();
    throw new UserError(
      `${checkpoint.path}: no matrix of it is packed in Q4_0, Q4_1 or Q8_0; leave --products quantised out`,
    );
  }
  return {
    model,
    said: `, ${model.held} matrices ${products === "bfloat16" ? "in bfloat16" : products}`,
    [Symbol.dispose]: dispose,
  };
}
