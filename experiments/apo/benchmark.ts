/**
 * The questions on real texts.
 *
 * @module
 */
import { revisionData } from "./revision_data.ts";
import { textContrast } from "./text_contrast.ts";
import { texts } from "./texts.ts";

export const benchmarkQuestions = revisionData.flatMap((data) => [textContrast(data), texts(data)]);
