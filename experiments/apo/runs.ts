/**
 * What the questions of the synthetic part share: worlds, pairs, training runs, and where each stands after each epoch.
 *
 * @module
 */
import { klsAlong } from "../../lib/exact/path_kl.ts";
import { emptyLaw, type LawClass, lawOf } from "../../lib/exact/laws.ts";
import { madeOnce } from "../../lib/made_once.ts";
import type { UnitContext } from "../../lib/run/experiment.ts";
import { type PairSource, type RevisionWorld, revisionWorld } from "../../lib/worlds/revisions.ts";
import { descend, type Descent, logRatiosOf, type Optimiser, type Pairs } from "./descent.ts";
import { type Objective, objectives } from "./objectives.ts";
import { type SyntheticOptions, worldBytes } from "./options.ts";

/** Said in the method line of every question. */
export const PROTOCOL =
  "Every seed is a new world, shared by all arms: prompts with responses whose quality, style and nuisance features are " +
  "known, and one preference pair a training prompt. A log-linear policy over a prompt's responses is trained by " +
  "mini-batches; gains and KL are exact, on held-out prompts. ";

/** Everything of one seed. */
interface Sample {
  readonly world: RevisionWorld;
  readonly candidates: LawClass;
  /** Numbers of the held-out prompts. */
  readonly held: readonly number[];
  /** E_π0 r* of each of them. */
  readonly heldReward: readonly number[];
}

/** What is kept of a training run: some kilobytes, without its world. */
interface KeptRun extends Descent {
  readonly pairs: Pairs;
  kls?: readonly number[];
}

/** A training run with what it was trained on. */
interface Run extends Descent {
  readonly sample: Sample;
  readonly pairs: Pairs;
  /** KL from π0 at each checkpoint in nats, over held-out prompts; made when it is first asked for. */
  kls(): readonly number[];
}

/** Worlds and runs of a question, so that its conditions share them: never those of any number of seeds. */
interface Cache {
  /** Of the first seeds; those of others are made again where they are needed. */
  readonly samples: Map<number, Sample>;
  /** Of the last setting alone: units come setting by setting. */
  readonly runs: Map<string, KeptRun>;
  /** Pairs of that setting by the first seed of a block, which objectives share. */
  readonly pairs: Map<number, readonly Pairs[]>;
  /** What those were trained on. */
  setting: string;
}

/** Bytes of worlds that are kept, about. */
const KEPT_BYTES = 128e6;

/** `prepare` of every question that trains. */
export const emptyCache = (): Promise<Cache> =>
  Promise.resolve({ samples: new Map(), runs: new Map(), pairs: new Map(), setting: "" });

type Context = Pick<UnitContext<SyntheticOptions, Cache>, "options" | "seeds" | "streams" | "prepared">;

/** The samples of a block of seeds. */
export function samplesOf({ options, seeds, streams, prepared: { samples } }: Context): Sample[] {
  const most = Math.floor(KEPT_BYTES / worldBytes(options));
  return streams("world").map((rng, r) => {
    let sample = samples.get(seeds[r]);
    if (!sample) {
      const { prompts, heldOut, drafts, versions } = options;
      const world = revisionWorld({ prompts: prompts + heldOut, drafts, versions }, rng);
      const { features, logProb, responses, reward } = world;
      const held = Array.from({ length: heldOut }, (_, i) => prompts + i);
      sample = {
        world,
        candidates: { features, logStart: logProb.policy, responses },
        held,
        heldReward: held.map((x) => {
          let mean = 0;
          for (let i = x * responses; i < (x + 1) * responses; i++) mean += Math.exp(logProb.policy[i]) * reward[i];
          return mean;
        }),
      };
      if (samples.size < most) samples.set(seeds[r], sample);
    }
    return sample;
  });
}

/** The training pairs of each seed, as indices into all responses. */
export function pairsOf(context: Context, samples: readonly Sample[], from: PairSource, noise: number): Pairs[] {
  const streams = context.streams(`pairs-${from}`);
  return samples.map(({ world }, r) => {
    const { prompts, chosen, rejected } = world.pairs(
      from,
      { first: 0, count: context.options.prompts, noise },
      streams[r],
    );
    const global = (responses: Uint32Array) => responses.map((a, i) => prompts[i] * world.responses + a);
    return { group: prompts, chosen: global(chosen), rejected: global(rejected) };
  });
}

/** E_π r* − E_π0 r* and KL(π ‖ π0) in nats, over held-out prompts. */
export function standing(
  { world: { reward, responses }, candidates, held, heldReward }: Sample,
  theta: Float64Array,
): { gain: number; kl: number } {
  let gain = 0, kl = 0;
  const law = emptyLaw(candidates);
  held.forEach((x, h) => {
    const { chances, kl: moved } = lawOf(candidates, theta, x, law);
    kl += moved / held.length;
    let mean = 0;
    for (let a = 0, i = x * responses; a < responses; a++, i++) mean += chances[a] * reward[i];
    gain += (mean - heldReward[h]) / held.length;
  });
  return { gain, kl };
}

/** Mean change of log π of the chosen and of the rejected training responses, in nats. */
export function movement({ sample: { candidates }, pairs }: Run, theta: Float64Array) {
  const n = pairs.chosen.length;
  let chosen = 0, rejected = 0;
  const law = emptyLaw(candidates);
  for (let i = 0; i < n; i++) {
    const [w, l] = logRatiosOf(candidates, theta, pairs, i, lawOf(candidates, theta, pairs.group[i], law));
    chosen += w / n;
    rejected += l / n;
  }
  return { chosen, rejected };
}

/** What one arm is trained on, and how. */
interface Setting {
  readonly data: PairSource;
  readonly optimiser: Optimiser;
  /** Chance that a pair is marked wrongly. */
  readonly noise: number;
}

/** The runs of a block of seeds. */
export function runsOf(context: Context & { readonly arm: Objective }, setting: Setting): Run[] {
  const { options, arm, seeds, prepared } = context, { data, optimiser, noise } = setting;
  const { epochs, batch, beta, sgdRate, adamRate } = options;
  const key = (r: number) => `${arm} ${seeds[r]}`, samples = samplesOf(context), own = [data, optimiser, noise].join();
  if (prepared.setting !== own) {
    prepared.runs.clear();
    prepared.pairs.clear();
    prepared.setting = own;
  }
  if (!prepared.runs.has(key(0))) {
    const orders = context.streams("order");
    madeOnce(prepared.pairs, seeds[0], () => pairsOf(context, samples, data, noise)).forEach((pairs, r) => {
      const run = descend(samples[r].candidates, pairs, objectives[arm](beta), {
        optimiser,
        learningRate: optimiser === "SGD" ? sgdRate : adamRate,
        epochs,
        batch,
        order: orders[r],
        run: { arm, seed: seeds[r], on: `${data} with ${optimiser}` },
      });
      prepared.runs.set(key(r), { ...run, pairs });
    });
  }
  return samples.map((sample, r) => {
    const run = prepared.runs.get(key(r))!;
    return { ...run, sample, kls: () => run.kls ??= klsAlong(sample.candidates, run.checkpoints, sample.held) };
  });
}
