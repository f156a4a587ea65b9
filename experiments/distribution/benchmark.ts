/**
 * The questions on real texts.
 *
 * @module
 */
import { sentences } from "./polarity.ts";
import { politeness } from "./politeness.ts";

export const benchmarkQuestions = [sentences, politeness] as const;
