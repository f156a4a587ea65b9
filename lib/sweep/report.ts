/**
 * The report of a sweep: where claims hold, and measures over the grid.
 *
 * @module
 */
import type { Report, Row, TableSpec } from "../report/types.ts";
import type { Description, Planned } from "./description.ts";
import { claimFigure, countsTold } from "./figures.ts";
import { settingOf } from "./grid.ts";
import type { ClaimMap } from "./maps.ts";
import { measureFigures, type measuresInCell } from "./metrics.ts";
import { looksOf, sequentialTold } from "./sequential.ts";
import type { CellState } from "./store.ts";

/** Rows of the table of cells on the page; all of them are in its CSV. */
const MOST_ROWS = 300;

/** What a report is drawn from. */
interface Swept {
  readonly planned: Planned;
  readonly description: Description;
  readonly cells: readonly CellState[];
  readonly maps: readonly ClaimMap[];
  readonly measures: readonly ReturnType<typeof measuresInCell>[number][];
  /** Seconds that its blocks took, added up. */
  readonly seconds: number;
  /** Name of its folder. */
  readonly name: string;
  /** The command line, as it is recorded. */
  readonly command: string;
}

/** One row a claim and cell. */
export function claimRows(maps: readonly ClaimMap[]): Row[] {
  return maps.flatMap(({ claim, cells }) =>
    cells.map(({ cell, evidence, verdict, holm, note }): Row => ({
      claim: claim.id,
      ...Object.fromEntries(Object.entries(settingOf(cell)).map(([flag, value]) => [`grid_${flag}`, value])),
      ...{ estimate: evidence?.estimate ?? null, lower: evidence?.lower ?? null, upper: evidence?.upper ?? null },
      ...{ [`n`]: evidence?.n ?? null, rule: claim.rule.text, verdict, p: holm?.p ?? null },
      "adjusted-p": holm?.adjusted ?? null,
      "adjusted-verdict": holm?.verdict ?? null,
      note: note ?? null,
    }))
  );
}

/** The report as a pure function of cells. */
export function sweepReport({ planned, description, cells, maps, measures, seconds, name, command }: Swept): Report {
  const { experiment, plan } = planned, { knobs, until, config } = description;
  const failed = cells.filter(({ failure }) => failure !== undefined);
  const grid = knobs.map(({ flag, values }) => `${flag} ${values.join(", ")}`).join("; ");
  const sections = plan.questions.map(({ question }) => {
    const own = maps.filter(({ claim }) => claim.question === question.id);
    const rows = claimRows(own);
    const table: TableSpec = {
      id: `${question.id}-claims`,
      caption: "Claims by cell. The last column is the verdict adjusted for all cells of the claim (Holm).",
      columns: [
        { key: "claim", label: "claim" },
        ...knobs.map(({ flag }) => ({ key: `grid_${flag}`, label: flag })),
        { key: "estimate", label: "estimate", lower: "lower", upper: "upper" },
        { key: "n", label: "n", digits: 0 },
        { key: "rule", label: "rule" },
        { key: "verdict", label: "verdict" },
        { key: "adjusted-verdict", label: "adjusted" },
      ],
      rows: rows.slice(0, MOST_ROWS),
    };
    return {
      id: question.id,
      asks: question.asks,
      part: question.part,
      method: question.method,
      figures: [...own.map((map) => claimFigure(knobs, map)), ...measureFigures(knobs, question.id, measures)],
      tables: rows.length > 0 ? [table] : [],
      notes: [
        "A claim is tested in each cell by itself: words such as full confounding or no confounding mean the strongest and " +
        "the weakest of that cell.",
        ...rows.length > MOST_ROWS
          ? [`The table shows ${MOST_ROWS} of ${rows.length} rows; claims-by-cell.csv has all.`]
          : [],
        ...until ? [sequentialTold(until.width, description.seeds, until.most)] : [],
      ],
    };
  });
  const seeds = [...new Set(cells.map((cell) => cell.seeds))].sort((a, b) => a - b);
  return {
    name,
    title: `${experiment.title}, swept over ${knobs.map(({ flag }) => flag).join(", ")}`,
    paper: experiment.paper,
    lead: `${cells.length} cells: ${grid}. ${experiment.lead}`,
    ...maps.length > 0 &&
      { answer: maps.slice(0, 2).map((map) => `${map.claim.statement}: ${countsTold(map.cells)}.`).join(" ") },
    formulas: experiment.formulas,
    claims: [],
    sections,
    notices: [
      ...config.notices,
      ...failed.slice(0, 5).map(({ name, failure }) => `${name} could not be computed: ${failure}`),
      ...failed.length > 5 ? [`${failed.length - 5} more cells could not be computed; claims-by-cell.csv has why`] : [],
    ],
    config: {
      ...{ command, experiment: experiment.name, preset: config.preset },
      ...{ grid: Object.fromEntries(knobs.map(({ flag, values }) => [flag, values])) },
      ...{ "seeds of a cell": seeds, "looks at seeds": until ? looksOf(description.seeds, until.most) : "one" },
      ...{ cells: cells.length, failed: failed.length, "seconds of its blocks, added up": Math.round(seconds) },
      ...{ "seeds of a block": description.blocks, questions: config.questions, backend: config.backend },
      ...{ engine: config.engine, versions: config.versions, git: config.git, data: config.data },
      ...{ identity: description.identity, started: config.started },
    },
  };
}
