/**
 * What tells the cells of a question apart.
 *
 * @module
 */

/** One setting of a question's knobs: a point on the x axis of its figure. */
export type Condition = Readonly<Record<string, string | number>>;
