/**
 * The questions on real texts.
 *
 * @module
 */
import { sentences } from "./polarity.ts";

export const benchmarkQuestions = [sentences] as const;
