/**
 * Every method on readers that a user describes: compare's questions on them.
 *
 * @module
 */
import type { Experiment } from "../../lib/run/experiment.ts";
import { file, type OptionValues } from "../../lib/run/options.ts";
import { UserError } from "../../lib/user_error.ts";
import { READERS } from "../../lib/worlds/population.ts";
import { type OwnReaders, readWorld } from "../../lib/worlds/world_file.ts";
import { conditionsQuestion, confoundingQuestion } from "../compare.ts";
import { type Collection, collectionOf } from "./collection.ts";
import { labelsQuestion } from "./labels.ts";
import * as methods from "./methods/mod.ts";
import { populationOptions } from "./options.ts";
import { recordingQuestion } from "./recording.ts";
import { CENTRE, type Setting } from "./samples.ts";
import { tuningQuestion } from "./tuning.ts";

/** The readers of a file. */
function readersIn(path: string): OwnReaders {
  const { readers } = readWorld(path);
  if (readers === undefined) throw new UserError(`${path}: has no readers; docs/world.md has the form`);
  return readers;
}

const { overlap, noise, complexity } = CENTRE;
const builtIn: OwnReaders = { ...READERS, choice: 1, link: 1, record: 1, overlap, noise, complexity };
const options = { ...populationOptions, file: file("what describes the world", builtIn, readersIn) };

/** What a condition sets, for these readers: strengths and correlations in parts of theirs, the rest theirs unless it is set. */
export function settingFor(
  { choice, link, record, overlap, noise, complexity, ...made }: OwnReaders,
  setting: Setting,
): Setting {
  const own = (name: "overlap" | "noise" | "complexity", value: number) =>
    setting[name] === CENTRE[name] ? value : setting[name];
  return {
    ...setting,
    made,
    confounding: choice * setting.confounding,
    link: link * setting.link,
    record: record * setting.record,
    overlap: own("overlap", overlap),
    noise: own("noise", noise),
    complexity: own("complexity", complexity),
  };
}

const all = collectionOf(Object.values(methods));
/** The methods of compare, on these readers. */
const collection: Collection = {
  ...all,
  run: (context, setting, also) => {
    const { file } = context.options as OptionValues<typeof options>;
    return all.run(context, settingFor(file, setting), also);
  },
};

const ownReaders: Experiment<typeof options> = {
  name: "world-compare",
  task: "world",
  title: "Every method on your own readers",
  paper: "The questions of compare on a world from a file; the papers are named there.",
  lead:
    "A file describes responses and readers of a hidden type; all else is as in compare. Claims are those of the papers " +
    "and of compare's controls, tested on this world. The truth is enumerated.",
  formulas: [
    {
      label: "shown",
      tex: String.raw`\mu(a\mid x,z)\propto\pi_0(a\mid x)\,e^{\,o\,l(x,a)+c\,z\,g(x,a)},\qquad z=\pm1\ \text{hidden}`,
    },
    {
      label: "reaction",
      tex: String.raw`y_a=m(x,a)+\ell\,t\,g(x,a)+\varepsilon_a,\qquad \varepsilon_a\sim\text{Gumbel}`,
    },
    { label: "value", tex: String.raw`V(\pi)=\mathbb E_x\sum_a\pi(a\mid x)\,m(x,a)` },
  ],
  options,
  losses: all.losses,
  headline: ["dpo-loses", "outcome-only-loses", "dr-robust", "dr-beats-dpo", "revisions-protect", "order-changes"],
  hero: "confounding",
  questions: [confoundingQuestion, conditionsQuestion, recordingQuestion, labelsQuestion, tuningQuestion]
    .map((of) => of(collection)),
};

export default ownReaders;
