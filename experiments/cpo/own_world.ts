/**
 * What is learned from logs over a pool of texts that a user describes: cpo's questions on it.
 *
 * @module
 */
import type { Experiment } from "../../lib/run/experiment.ts";
import { file, type OptionValues } from "../../lib/run/options.ts";
import { UserError } from "../../lib/user_error.ts";
import { POOL, type PoolDescription } from "../../lib/worlds/outcomes.ts";
import { readWorld } from "../../lib/worlds/world_file.ts";
import { learningOptions } from "./options.ts";
import { logPoliciesOn, policiesOn, predictionsOn } from "./policy_questions.ts";

/** The pool of a file. */
function poolIn(path: string): PoolDescription {
  const { pool } = readWorld(path);
  if (pool === undefined) throw new UserError(`${path}: has no pool; docs/world.md has the form`);
  return pool;
}

const options = { ...learningOptions, file: file("what describes the world", POOL, poolIn) };
const made = ({ file }: OptionValues<typeof options>) => file;

const ownPool: Experiment<typeof options> = {
  name: "world-cpo",
  task: "world",
  title: "Causal preference optimisation on your own pool of texts",
  paper:
    "The questions of cpo on a world from a file. Method: Lin, Ben-Michael and Morency, UAI 2024, arXiv 2402.14979.",
  lead:
    "A file describes texts, who reads them, and what readers of a hidden type say; all else is as in cpo. Claims are " +
    "those of the paper and of cpo's controls, tested on this world. The truth is enumerated.",
  formulas: [
    { label: "log", tex: String.raw`P^R(x)\propto e^{\,o\,l(x)}` },
    {
      label: "readers who choose",
      tex: String.raw`P(x\mid C)\propto P^R(x)\,e^{\,c\,C\,h(x)},\qquad C=\pm1\ \text{hidden}`,
    },
    { label: "outcome", tex: String.raw`Y=g(x)+s\,C+\varepsilon` },
    { label: "value", tex: String.raw`V(f)=\sum_x f(x)\,g(x)` },
  ],
  options,
  headline: [
    "outcome-only-collapses",
    "dr-beats-outcome-only",
    "dr-beats-cpo",
    "dr-beats-cpo-confounded",
    "recording-pays",
  ],
  hero: "policies",
  questions: [policiesOn(made), predictionsOn(made), logPoliciesOn(made)],
};

export default ownPool;
