/**
 * What the questions on real data show, each spread into its question.
 *
 * @module
 */
import { fromTo, labels } from "../../lib/report/captions.ts";
import { formatInterval, formatNumber, formatPercent } from "../../lib/report/numbers.ts";
import type { Row } from "../../lib/report/types.ts";
import { curve, dots, ranging, shown } from "../../lib/run/default_figures.ts";
import type { Drawn } from "../../lib/run/experiment.ts";
import { measuresTable } from "../../lib/run/measures_table.ts";
import { detectable } from "../../lib/run/notes.ts";
import { everywhere } from "../../lib/run/place.ts";
import { rowCountNote } from "../../lib/run/row_counts.ts";
import { centre, type View } from "../../lib/run/view.ts";
import { LINES } from "./learned_figures.ts";
import type { CpoOptions } from "./options.ts";
import * as terms from "./terms.ts";
import {
  clickRate,
  direction,
  DIRECTIONS,
  effectiveSize,
  heldOut,
  largestWeight,
  missed,
  points,
  uplift,
} from "./terms.ts";

/** A row with its number and both ends a hundredfold. */
const inPercent = <R extends Row>(row: R) => ({
  ...row,
  value: 100 * Number(row.value),
  lower: 100 * Number(row.lower),
  upper: 100 * Number(row.upper),
});

/** Why respondents are left out, in words. */
const LEFT_OUT = { unseen: "of wave 2 whose treatment profile wave 1 never shows" };
const RESPONDENTS = "respondents of both waves";

export const hongKongValue: Drawn<CpoOptions> = {
  figures(view) {
    const { estimate, lower, upper } = view.mean(view.arms[0], terms.truth);
    const apart = view.arms.filter((arm) => {
      const { lower, upper } = view.mean(arm, missed);
      return lower > 0 || upper < 0;
    });
    return [{
      ...dots(view, terms.estimate, {
        id: "hong-kong",
        references: [{ value: estimate, label: "wave 2", interval: [lower, upper] }],
        caption: `Wave 2 measured ${formatInterval(estimate, lower, upper)}, the band. ` +
          (apart.length > 0 ? `Separated from it: ${labels(apart)}.` : "No estimate from wave 1 is separated from it."),
        alt: "Estimates of mean support under wave 2's texts from wave 1, with wave 2's own mean as a band.",
      }),
      xLabel: "support for the protesters, 0 to 100",
    }];
  },
  tables: (view) => [measuresTable(view, {
    id: "hong-kong",
    caption: "Mean support under wave 2's law of texts, estimated from wave 1.",
    conditions: [],
    measures: [terms.estimate, missed, effectiveSize, largestWeight],
  })],
  notes: (view) => [
    rowCountNote(view, RESPONDENTS, LEFT_OUT),
    `Overlap is partial: ${
      formatPercent(1 - centre(view, view.arms[0], terms.supportedShare.name))
    } of wave 2's texts have treatment profiles that wave 1 never showed. They are left out of both sides.`,
    "Propensities are frequencies of a finite set of profiles, so IPW and SNIPW agree.",
    ...detectable(view, {}, missed.of("dr").minus("naive")),
  ],
};

const LEARNED_PAIR = ["dr-cpo-cross-fitted", "cpo"] as const;

export const hongKongPolicy: Drawn<CpoOptions> = {
  figures: (view, o) => [dots(view, points, {
    id: "hong-kong-policy",
    references: [{ value: 0, label: "f0" }],
    caption: ranging(view, o, points, everywhere),
  })],
  tables: (view) => [measuresTable(view, {
    id: "hong-kong-policy",
    caption: "Policies learned on wave 1, valued on wave 2.",
    conditions: [],
    measures: [points, terms.commitment, terms.supported],
  })],
  notes: (view) => [
    rowCountNote(view, RESPONDENTS, LEFT_OUT),
    ...detectable(view, {}, points.of(LEARNED_PAIR[0]).minus(LEARNED_PAIR[1])),
  ],
};

/** How much of what policies gain on the sentences they were trained on is left on others, in words. */
function fittedTold(view: View): string[] {
  const at = terms.strength(1).of({}), shown = view.arms.filter((arm) => arm === "oracle" || arm === "dr-cpo");
  if (shown.length === 0) return [];
  const gains = shown.map((arm) =>
    `${labels([arm])} gains ${
      formatNumber(centre(view, arm, terms.onPool.name, at))
    } on the sentences it was trained on ` +
    `and ${formatNumber(centre(view, arm, heldOut.name, at))} on others`
  );
  return [
    "Held-out rows are of the same sentences as the others, so that the choice of settings is no guard against fitting " +
    `those: ${
      gains.join("; ")
    }. The oracle knows the ratings of the pool that is trained on, not of the one it is valued on.`,
  ];
}

export const emoBank: Drawn<CpoOptions> = {
  figures(view, o) {
    const drawn = shown(view, LINES), learned = drawn.filter((arm) => arm !== "oracle");
    return [curve(view, heldOut, {
      id: "emobank",
      knob: { x: "confounding", xLabel: "strength of the hidden reader type" },
      arms: drawn,
      references: [{ value: 0, label: "f0" }],
      caption: ranging(view, o, heldOut, terms.strength(1), learned.length > 0 ? learned : drawn),
    })];
  },
  tables: (view) => [measuresTable(view, {
    id: "emobank",
    caption: "Learned policies over sentences: held-out valence over f0, the same on the training pool, and KL.",
    conditions: [{ key: "confounding", label: "confounding" }],
    measures: [heldOut, terms.onPool, terms.kl],
  })],
  notes: (view) => [
    rowCountNote(view, "rated sentences", {
      unmatched: "without text or genre in the other two files",
      undrawn: "that chance drew into neither pool",
    }),
    "Seeds redraw logs, reader types and tastes; the two pools of sentences are the same for all seeds, so intervals " +
    "do not cover the choice of sentences.",
    ...fittedTold(view),
    ...detectable(view, {}, heldOut.of("dr-cpo", terms.strength(1)).minus("outcome-only")),
  ],
};

export const upworthy: Drawn<CpoOptions> = {
  figures(view) {
    const data = view.summary(uplift).map(inPercent);
    return [{
      ...dots(view, uplift, {
        id: "upworthy",
        references: [{ value: 0, label: "uniform choice" }],
        caption: `Uplift on clean tests goes ${fromTo(data, "%")}.`,
        alt: "Relative uplift in clicks of each learned policy on clean tests.",
      }),
      data,
      xLabel: "click rate of the choice over the test's mean, in %",
    }];
  },
  tables: (view) => [measuresTable(view, {
    id: "upworthy",
    caption: "Relative uplift in clicks on clean tests.",
    conditions: [],
    measures: [uplift],
  })],
  notes: (view) => [
    rowCountNote(view, "tests", { headline: "whose packages share one headline", clicks: "without a click" }),
    ...detectable(view, {}, uplift.of("ipw").minus("naive")),
  ],
};

export const openBandit: Drawn<CpoOptions> = {
  figures(view) {
    const own = DIRECTIONS.map((panel) => {
      const { estimate, lower, upper } = view.mean(view.arms[0], terms.ownRate, direction(panel).of({}));
      return { panel, estimate, lower, upper };
    });
    const told = own.map(({ panel, estimate, lower, upper }) => {
      const rates = view.arms.map((arm) => centre(view, arm, clickRate.name, direction(panel).of({})));
      const inside = rates.filter((rate) => rate >= lower && rate <= upper).length;
      return `${panel}: own log ${formatInterval(100 * estimate, 100 * lower, 100 * upper)}%, ` +
        `${inside} of ${rates.length} estimates inside that interval`;
    });
    const figure = dots(view, clickRate, {
      id: "open-bandit",
      panels: { key: "direction" },
      references: own.map(({ panel, estimate, lower, upper }) => ({
        value: 100 * estimate,
        label: "own log",
        panel,
        interval: [100 * lower, 100 * upper],
      })),
      caption: `${told.join("; ")}.`,
      alt: "Estimated click rates of each policy from the other's log, with the policy's own rate as a band.",
    });
    return [{ ...figure, data: figure.data.map(inPercent), xLabel: "click rate in %" }];
  },
  tables(view) {
    const table = measuresTable(view, {
      id: "open-bandit",
      caption: "Click rate in % estimated from the other policy's log.",
      conditions: [{ key: "direction", label: "policy from log" }],
      measures: [{ ...clickRate, label: "click rate %", digits: 3 }, terms.relativeError, effectiveSize, largestWeight],
    });
    return [{ ...table, rows: table.rows.map(inPercent) }];
  },
  notes(view) {
    const clicks = DIRECTIONS.map((panel) =>
      formatNumber(100 * centre(view, view.arms[0], terms.ownRate.name, direction(panel).of({})))
    );
    return [
      rowCountNote(view, "rows of both logs", {}),
      ...DIRECTIONS.flatMap((panel) =>
        detectable(view, {}, terms.relativeError.of("dr", direction(panel)).minus("snipw"))
      ),
      `The logs hold ${clicks.join("% and ")}% clicks, a few dozen each: intervals are wide whatever the method.`,
    ];
  },
};
