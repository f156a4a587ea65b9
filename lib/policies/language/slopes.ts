/**
 * Gradients of parameters, added up over parts of a batch.
 *
 * @module
 */
import { type Tensor, tf, type Variable } from "../../tensor/tf.ts";

/** Sums of gradients by parameter. */
export class Slopes {
  readonly #sums = new Map<Variable, Tensor>();

  /**
   * Adds to the gradient of a parameter.
   *
   * @param slope of the parameter's shape; the caller's
   */
  add(parameter: Variable, slope: Tensor): void {
    const before = this.#sums.get(parameter);
    this.#sums.set(parameter, tf.keep(before === undefined ? tf.clone(slope) : tf.add(before, slope)) as Tensor);
    before?.dispose();
  }

  /**
   * The gradient of each parameter, in their order; zeros where none was added.
   *
   * @returns tensors that stay until {@linkcode dispose}, but for zeros, which are the caller's
   */
  of(parameters: readonly Variable[]): Tensor[] {
    return parameters.map((parameter) => this.#sums.get(parameter) ?? tf.zeros(parameter.shape));
  }

  /** Frees the sums. */
  dispose(): void {
    tf.dispose([...this.#sums.values()]);
    this.#sums.clear();
  }
}
