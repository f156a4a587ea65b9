/**
 * Measures of a sweep: one metric of a question in every cell, for some arms and each of its conditions.
 *
 * @module
 */
import { labelOf } from "../report/methods.ts";
import type { FigureSpec } from "../report/types.ts";
import type { Condition } from "../run/condition.ts";
import { MissingRows, viewOf } from "../run/view.ts";
import type { Cell } from "./cells.ts";
import type { Description, Planned } from "./description.ts";
import { gridFigure, type GridNumber } from "./figures.ts";
import type { Knob } from "./grid.ts";
import { corrected } from "./sequential.ts";

/** Arms that a figure shows at most. */
const MOST_ARMS = 6;
/** Conditions of a question that have a figure of their own at most. */
const MOST_CONDITIONS = 6;

/** One number of a sweep with its place. */
interface Measure extends GridNumber {
  readonly question: string;
  readonly metric: string;
  /** The condition without the columns that are knobs: the same in all cells. */
  readonly condition: string;
  readonly replicates: string;
}

/** The condition in words, without what the grid says already. */
function conditionTold(condition: Condition, knobs: readonly Knob[]): string {
  const swept = knobs.flatMap(({ option, flag }) => [option, flag]);
  const rest = Object.entries(condition).filter(([key]) => !swept.includes(key));
  return rest.map(([key, value]) => typeof value === "string" ? value : `${key} ${value}`).join(", ");
}

/**
 * What a cell measures of each question: its first metric.
 *
 * @param arms ids of the arms that are shown, of those that ran; the first ones where none of them did
 * @param looks how many looks intervals allow for
 */
export function measuresInCell(
  planned: Planned,
  { knobs }: Description,
  { state, config, blocks }: Cell,
  arms: ReadonlySet<string>,
  looks: number,
): Measure[] {
  if (!config.complete) return [];
  return planned.plan.questions.flatMap(({ question, arms: ran }) => {
    const conditions = question.conditions(config.options), { replicates = "seeds" } = question;
    const view = viewOf(blocks, question.id, ran, conditions, { replicates });
    const metric = blocks.find((block) => block.question === question.id)?.metrics[0];
    if (metric === undefined) return [];
    const chosen = ran.filter((arm) => arms.has(arm)), shown = chosen.length > 0 ? chosen : ran;
    const told = new Set<string>();
    return conditions.flatMap((condition) => {
      const words = conditionTold(condition, knobs);
      if (told.has(words)) return []; // a list of values in one cell: its question's own figures draw them
      told.add(words);
      return shown.slice(0, MOST_ARMS).flatMap((arm): Measure[] => {
        try {
          const evidence = corrected(view.mean(arm, { name: metric }, condition), looks);
          return [{
            ...{ cell: state.name, evidence, series: arm, label: labelOf(arm), question: question.id, metric },
            condition: words,
            replicates: typeof replicates === "string" ? replicates : "splits",
          }];
        } catch (error) {
          if (error instanceof MissingRows) return []; // this arm has no such rows at this condition
          throw error;
        }
      });
    });
  });
}

/** The figures of a question, one a condition. */
export function measureFigures(knobs: readonly Knob[], question: string, all: readonly Measure[]): FigureSpec[] {
  const own = Map.groupBy(all.filter((measure) => measure.question === question), ({ condition }) => condition);
  return [...own].slice(0, MOST_CONDITIONS).flatMap(([condition, measures], k) => {
    const [{ metric, replicates }] = measures, where = condition === "" ? "" : `, ${condition}`;
    // With three knobs panels are the third one's: each arm has a figure of its own.
    const parts = knobs.length > 2 ? [...Map.groupBy(measures, ({ series }) => series).values()] : [measures];
    return parts.map((part, a) =>
      gridFigure(knobs, part, {
        id: `${question}-${metric}-${k + 1}${parts.length > 1 ? `-${a + 1}` : ""}`.replaceAll(/[^a-z0-9-]/g, "-"),
        caption: `${capital(metric)}${parts.length > 1 ? ` of ${part[0].label}` : ""}${where}, over the grid.`,
        intervals: knobs.length === 1
          ? `Intervals are 95% over ${replicates}.`
          : `Shown are means over ${replicates}; the figure's CSV has their 95 % intervals.`,
        label: metric,
        bounds: [],
      })
    );
  });
}

const capital = (text: string) => `${text[0].toUpperCase()}${text.slice(1)}`;
