/**
 * Causal preference optimisation (Lin, Ben-Michael and Morency, UAI 2024, arXiv 2402.14979).
 *
 * @module
 */
import { main } from "../lib/run/main.ts";
import type { Experiment } from "../lib/run/experiment.ts";
import { options } from "./cpo/options.ts";
import { corners } from "./cpo/corners.ts";
import { clipping, coverage, overlapLoss, sampleSize } from "./cpo/errors.ts";
import { policies, predictions } from "./cpo/policies.ts";

const cpo: Experiment<typeof options> = {
  name: "cpo",
  title: "Causal preference optimisation on confounded data",
  paper: "",
  lead: "",
  formulas: [],
  options,
  questions: [corners, policies, predictions, sampleSize, overlapLoss, clipping, coverage],
};

export default cpo;

if (import.meta.main) await main(cpo, import.meta.url);
