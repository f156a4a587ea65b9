/**
 * What is measured of what a language model writes.
 *
 * @module
 */
import { some } from "../../lib/run/needs.ts";
import { place } from "../../lib/run/place.ts";
import { Metric } from "../../lib/run/quantity.ts";
import type { SgpoOptions } from "./options.ts";

export const cleanPairs = place(
  "clean seeds",
  ({ languageNoises }: SgpoOptions) => ({ noise: Math.min(...languageNoises) }),
  some("languageNoises", (noise) => noise === 0, "0 among --language-noises"),
);

export const writtenValue = new Metric("value", "value of stories", 3, "value of generated stories at equal KL");
export const valueAsTrained = new Metric("value-as-trained", "as trained", 3);
export const klAsTrained = Metric.amount("kl-as-trained", "KL as trained", 2);
export const klSpent = Metric.amount("kl-spent", "KL met", 2);
export const fluency = new Metric("fluency", "log-prob a token", 2);
