/**
 * What is measured in the made worlds, where, and what the words of a place need of the options.
 *
 * @module
 */
import { several, some } from "../../lib/run/needs.ts";
import type { Needs } from "../../lib/run/needs.ts";
import { place } from "../../lib/run/place.ts";
import { Metric } from "../../lib/run/quantity.ts";
import type { SyntheticOptions } from "./options.ts";

export const information = Metric.amount("information", "I(Y;C|X)", 3, "I(Y;C|X), nats");
export const constitutionTerm = new Metric("constitution-term", "constitution contrast", 3);
export const responseTerm = new Metric("response-term", "response contrast", 4);
export const wins = Metric.share("win-rate", "win rate", 3, "win rate against the base policy");
export const alignment = new Metric("alignment", "alignment", 3);
export const gain = new Metric("alignment-gain", "gain in alignment", 3);
export const junk = Metric.share("junk", "P(junk)", 4);
export const kl = Metric.amount("kl", "KL(π ‖ base)", 3, "KL(π ‖ base), nats");
export const logBase = new Metric("log-base", "E log base", 2);
export const baseInformation = Metric.amount("base-information", "I(Y;C|X) of the base policy", 3);
export const baseJunk = Metric.share("base-junk", "P(junk) of the base policy", 4);

export const heldWins = Metric.share("held-out-win-rate", "held-out win rate", 3, wins.axis);
export const trainedWins = Metric.share("trained-win-rate", "trained win rate", 3, wins.axis);
export const heldGain = new Metric("held-out-gain", "held-out gain in alignment", 3);
export const trainedGain = new Metric("trained-gain", "trained gain in alignment", 3);
export const heldJunk = Metric.share("held-out-junk", "held-out P(junk)", 4);

/** Responses of random laws. */
export const LAW_WIDTH = 4;
export const responseExceeds = Metric.share("response-exceeds", "share where the response contrast exceeds I(Y;C)", 3);
export const responseNegative = Metric.share("response-negative", "share where it is below 0", 3);
export const constitutionExceeds = Metric.share(
  "constitution-exceeds",
  "share where the constitution contrast exceeds I(Y;C)",
  3,
);
export const widest = place("widest spread", ({ spreads }: SyntheticOptions) => ({ spread: Math.max(...spreads) }));

export const length = Metric.amount("length", "mean length", 3, "mean length, tokens");
export const longest = Metric.share("longest", "share at the longest", 3);
export const sequenceInformation = Metric.amount("information", "I(Y;C)", 4, "I(Y;C), nats");
export const baseLength = Metric.amount("base-length", "mean length of the base policy", 3);

export const antithesisWins = Metric.share("antithesis-win-rate", "antithesis win rate", 3);
export const fair = Metric.share("fair", "fair judge", 3);
export const biased = Metric.share("biased", "judge that likes length", 3);
export const balanced = Metric.share("balanced", "balanced", 3);
export const logistic = Metric.share("logistic", "logistic", 3);

/** Nats below which a link leaves no mutual information that rounding would not swamp. */
const NO_LINK = 0.01;

/** Claims on how many times the base policy's mutual information there is. */
export const someInformation: Needs<SyntheticOptions> = ({ link, junkLink }) =>
  Math.max(link, junkLink) >= NO_LINK
    ? undefined
    : `this needs --link or --junk-link of ${NO_LINK} or more: the base policy tells constitutions apart by nothing else`;

/** The same without a link. */
export const junkTells: Needs<SyntheticOptions> = ({ junkLink }) =>
  junkLink >= NO_LINK
    ? undefined
    : `this needs --junk-link of ${NO_LINK} or more: without a link only junk tells constitutions apart`;

/** The one condition of a question that has no knob. */
export const here = place("", (_: SyntheticOptions) => ({}));
export const start = place("base policy", () => ({ iteration: 0 }));
export const last = place("last iteration", ({ steps }: SyntheticOptions) => ({ iteration: steps.length }));
/** The same, where something is said of several. */
export const lastOfSeveral = place(last.words, last.of, several("steps"));

export const fewest = place("fewest steps", ({ longer }: SyntheticOptions) => ({ multiple: Math.min(...longer) }));
/** The same, where they are said to be as few as the paper's. */
export const few = place(fewest.words, fewest.of, some("longer", (multiple) => multiple === 1, "1 among --longer"));
export const most = place("most steps", ({ longer }: SyntheticOptions) => ({ multiple: Math.max(...longer) }));
/** The same, where they are said to be more than others. */
export const many = place(most.words, most.of, several("longer"));

export const unlinked = place(
  "link 0",
  (_: SyntheticOptions) => ({ link: 0 }),
  some("links", (link) => link === 0, "0 among --links"),
);
export const weakest = place("weakest link", ({ links }: SyntheticOptions) => ({ link: Math.min(...links) }));
export const strongest = place(
  "strongest link",
  ({ links }: SyntheticOptions) => ({ link: Math.max(...links) }),
  some("links", (link) => link > 0, "a value of --links above 0"),
);

export const mostTrained = place("most training combinations", ({ training }: SyntheticOptions) => ({
  training: Math.max(...training),
}));

/** Where the writer turns principles round with this chance. */
const noisy = (noise: number) =>
  place(
    `noise ${noise}`,
    (_: SyntheticOptions) => ({ noise }),
    some("writerNoise", (value) => value === noise, `${noise} among --writer-noise`),
  );
export const clean = noisy(0), careless = noisy(0.2), blind = noisy(0.5);
