/**
 * The conditions of each question, and what they set.
 *
 * @module
 */
import { extremes } from "../../lib/run/levels.ts";
import type { CompareOptions, PopulationOptions } from "./options.ts";
import { CENTRE, type Setting } from "./samples.ts";

/** The weakest and the strongest confounding of a run: the same where there is one strength. */
export function ends({ confounding }: PopulationOptions): { readonly least: number; readonly most: number } {
  return { least: Math.min(...confounding), most: Math.max(...confounding) };
}

/** The noise-only control, each strength of confounding, and the unlinked control at the strongest. */
export function worldsOf(o: PopulationOptions) {
  const strengths = o.confounding.filter((c) => c > 0);
  return [
    { world: "noise only", confounding: 0 },
    ...strengths.map((confounding) => ({ world: "confounded", confounding })),
    ...strengths.length > 0 ? [{ world: "unlinked", confounding: ends(o).most }] : [],
  ];
}

/** The noise-only control and the strongest confounding, and the unlinked control where a run asks for it. */
export function languageWorldsOf(o: CompareOptions) {
  const worlds = worldsOf({ ...o, confounding: [ends(o).most] });
  return worlds.filter(({ world }) => world !== "unlinked" || o.languageUnlinked === 1);
}

/** The strongest confounding once more, at every other price of KL. */
export function languagePricesOf(o: CompareOptions) {
  const prices = o.languageBetas.filter((price) => price !== 1).toSorted((a, b) => a - b);
  return worldsOf({ ...o, confounding: [ends(o).most] }).filter(({ world }) => world === "confounded").flatMap((
    world,
  ) => prices.map((price) => ({ ...world, price })));
}

/** What conditions depart from, with the overlap that was asked for. */
function centreOf({ overlap = CENTRE.overlap }: PopulationOptions): typeof CENTRE {
  return { ...CENTRE, overlap };
}

export function settingOf(
  { world, confounding }: ReturnType<typeof worldsOf>[number],
  options: PopulationOptions,
): Setting {
  return { ...centreOf(options), n: options.n, confounding, link: world === "unlinked" ? 0 : 1 };
}

const SETTINGS = ["plain", "noisy labels", "poor overlap", "quality beyond policies", "few labels"] as const;
/** Departures from the centre, one knob each. */
const DEPARTURES: Readonly<Record<typeof SETTINGS[number], (o: PopulationOptions) => Partial<Setting>>> = {
  "plain": () => ({}),
  "noisy labels": ({ noise }) => ({ noise }),
  "poor overlap": (o) => ({ overlap: centreOf(o).overlap + 1 }),
  "quality beyond policies": () => ({ complexity: 0.5 }),
  "few labels": ({ n }) => ({ n: Math.ceil(n / 4) }),
};

/** Every departure without and with confounding. */
export function departuresOf(o: PopulationOptions) {
  return extremes(o.confounding).flatMap((confounding) => SETTINGS.map((setting) => ({ setting, confounding })));
}

export function departureOf(
  { setting, confounding }: ReturnType<typeof departuresOf>[number],
  options: PopulationOptions,
): Setting {
  return { ...centreOf(options), n: options.n, confounding, ...DEPARTURES[setting](options) };
}

/** What was recorded of the type, from nothing to all; a record of no or full correlation is one of the ends. */
export function recordsOf({ record }: PopulationOptions) {
  const partly = record > 0 && record < 1 ? [{ type: "partly recorded", record }] : [];
  return [{ type: "unrecorded", record: 0 }, ...partly, { type: "recorded", record: 1 }];
}

export function recordedOf({ record }: ReturnType<typeof recordsOf>[number], o: PopulationOptions): Setting {
  return { ...centreOf(o), n: o.n, confounding: ends(o).most, record };
}

/** Numbers of labels, ascending. */
export function sizesOf({ sizes }: PopulationOptions): number[] {
  return sizes.toSorted((a, b) => a - b);
}

/** Every number of labels without and with confounding. */
export function labelledOf(o: PopulationOptions) {
  return extremes(o.confounding).flatMap((confounding) => sizesOf(o).map((n) => ({ n, confounding })));
}

export function sizeOf({ n, confounding }: ReturnType<typeof labelledOf>[number], o: PopulationOptions): Setting {
  return { ...centreOf(o), confounding, n };
}

/** One grid of prices of KL for all: multiples of τ. The first wins where held-out readers see no difference. */
export const PRICES = [1, 0.25, 4];

/** The setting of all prices: half of the readers, so that the other half can judge. */
export function tunedOf(o: PopulationOptions): Setting {
  return { ...centreOf(o), n: Math.ceil(o.n / 2), confounding: ends(o).most };
}
