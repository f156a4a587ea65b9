/**
 * Every method that is compared: a new one is a file here and one line below.
 *
 * @module
 */
export * from "./bounds.ts";
export * from "./other.ts";
export * from "./outcomes.ts";
export * from "./pairs.ts";
export * from "./reward.ts";
export * from "./sami.ts";
