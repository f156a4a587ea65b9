/**
 * Rows of `results.csv` as series, read part by part without any code of the report.
 *
 * @module
 */
import { refused } from "../files.ts";
import { UserError } from "../user_error.ts";

/** Numbers of one arm, metric and condition in the order of the file. */
interface Numbers {
  /** At least as many as there are values; metrics of one arm and condition share the list. */
  seeds: number[];
  /** With room for more. */
  values: Float64Array;
  count: number;
}

/** A record is at most so long: more is a quote without an end. */
const LONGEST = 2 ** 20;

/**
 * Cells of a CSV text, line by line; quotes as RFC 4180 has them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(cellsOf('a,"b, ""c"""\n1,'), [["a", 'b, "c"'], ["1", ""]]);
 * ```
 */
export function cellsOf(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [], cell = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ",") cells.push(cell), cell = "";
    else if (c === "\n") {
      lines.push([...cells, cell]);
      cells = [], cell = "";
    } else if (c !== "\r") cell += c;
  }
  if (cell !== "" || cells.length > 0) lines.push([...cells, cell]);
  return lines;
}

/**
 * A CSV table as one object a line.
 *
 * @param path named in errors
 * @throws UserError when a line has another number of cells than the header
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(tableOf('a,b\n1,"x, ""y"""\n', "t.csv"), [{ a: "1", b: 'x, "y"' }]);
 * assert.throws(() => tableOf("a,b\n1\n", "t.csv"), /t.csv, line 2: 1 cells under 2 columns/);
 * ```
 */
export function tableOf(text: string, path: string): Record<string, string>[] {
  const [header = [], ...lines] = cellsOf(text);
  return lines.map((cells, i) => {
    if (cells.length !== header.length) {
      throw new UserError(`${path}, line ${i + 2}: ${cells.length} cells under ${header.length} columns`);
    }
    return Object.fromEntries(header.map((name, k) => [name, cells[k]]));
  });
}

/** Records of a CSV text that comes in pieces, some at a time. */
async function* recordsOf(pieces: AsyncIterable<string>, path: string): AsyncGenerator<string[][]> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n"), last = lines.pop()!, records: string[][] = [];
    let open = "", isOpen = false;
    for (const line of lines) {
      if (line.includes('"') && line.match(/"/g)!.length % 2 === 1) isOpen = !isOpen;
      if (isOpen) open += `${line}\n`;
      else {
        records.push(cellsOfRecord(open + line));
        open = "";
      }
    }
    rest = open + last;
    if (rest.length > LONGEST) throw new UserError(`${path}: a quote has no end; draw the report again`);
    yield records;
  }
  if (rest !== "") yield [cellsOfRecord(rest)];
}

/** Nearly all records have no quote, and are taken apart thirty times as fast. */
function cellsOfRecord(record: string): string[] {
  if (record.includes('"')) return cellsOf(record)[0];
  return (record.endsWith("\r") ? record.slice(0, -1) : record).split(",");
}

/**
 * Names an arm, a metric and a condition, whatever the order of the condition's columns and however numbers are written.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(keyOf("dpo", "kl", { n: 64, model: "right" }), keyOf("dpo", "kl", { model: "right", n: 64 }));
 * ```
 */
export function keyOf(arm: string, metric: string, condition: Readonly<Record<string, string | number>>): string {
  const knobs = Object.entries(condition).map(([name, value]) =>
    `${name}:${Number(value) === value ? value : String(value)}`
  );
  return JSON.stringify([arm, metric, ...knobs.sort()]);
}

const FIXED = ["question", "arm", "seed", "metric", "value"] as const;
/** Columns that are no knobs. */
const OTHERS: ReadonlySet<string> = new Set(["experiment", "part", ...FIXED]);

/** Values that there is room for at first. */
const FEW = 16;

/** The numbers of a results file by question, arm, metric and condition: nothing else of it is held. */
export class AuditRows {
  readonly #path: string;
  readonly #width: number;
  readonly #places: Readonly<Record<typeof FIXED[number], number>>;
  readonly #knobs: readonly { readonly name: string; readonly place: number }[];
  readonly #questions = new Map<string, { readonly arms: Set<string>; readonly numbers: Map<string, Numbers> }>();
  /** By the cells as they are written. */
  readonly #written = new Map<string, Numbers>();
  readonly #seeds = new Map<string, number[]>();
  #lines = 1;

  /**
   * @param header cells of the first line
   * @param path named in errors
   * @throws UserError when a column is missing
   */
  constructor(header: readonly string[], path: string) {
    const place = (name: string) => {
      const at = header.indexOf(name);
      if (at < 0) throw new UserError(`${path}: no column ${name}; draw the report again`);
      return at;
    };
    const [question, arm, seed, metric, value] = FIXED.map(place);
    this.#places = { question, arm, seed, metric, value };
    this.#knobs = header.map((name, place) => ({ name, place })).filter(({ name }) => !OTHERS.has(name));
    this.#width = header.length;
    this.#path = path;
  }

  /**
   * Takes in the cells of a line.
   *
   * @throws UserError when it has another number of cells than the header, or no number where one belongs
   */
  add(cells: readonly string[]): void {
    this.#lines++;
    const at = this.#places, seed = Number(cells[at.seed]), value = Number(cells[at.value]);
    if (cells.length !== this.#width) this.#refuse(`${cells.length} cells under ${this.#width} columns`);
    if (cells[at.value] === "" || !Number.isFinite(value) || !Number.isInteger(seed)) {
      this.#refuse(`seed ${cells[at.seed]} with value ${cells[at.value]}, which are no numbers`);
    }
    let setting = `${cells[at.question]}\n${cells[at.arm]}`;
    for (const { place } of this.#knobs) setting += `\n${cells[place]}`;
    const key = `${setting}\n${cells[at.metric]}`, numbers = this.#written.get(key) ?? this.#begin(key, setting, cells);
    const n = numbers.count++, { seeds } = numbers;
    if (n === numbers.values.length) {
      const more = new Float64Array(2 * n);
      more.set(numbers.values);
      numbers.values = more;
    }
    numbers.values[n] = value;
    if (seeds.length === n) seeds.push(seed);
    else if (seeds[n] !== seed) numbers.seeds = [...seeds.slice(0, n), seed]; // a metric with seeds of its own
  }

  #begin(key: string, setting: string, cells: readonly string[]): Numbers {
    const at = this.#places, arm = cells[at.arm];
    const question = this.#questions.getOrInsertComputed(
      cells[at.question],
      () => ({ arms: new Set(), numbers: new Map() }),
    );
    const condition = Object.fromEntries(
      this.#knobs.filter(({ place }) => cells[place] !== "").map(({ name, place }) => {
        const cell = cells[place];
        return [name, Number.isFinite(Number(cell)) ? Number(cell) : cell];
      }),
    );
    question.arms.add(arm);
    const seeds = this.#seeds.getOrInsertComputed(setting, () => []);
    const numbers = question.numbers.getOrInsertComputed(
      keyOf(arm, cells[at.metric], condition),
      () => ({ seeds, values: new Float64Array(FEW), count: 0 }),
    );
    this.#written.set(key, numbers);
    return numbers;
  }

  #refuse(what: string): never {
    throw new UserError(`${this.#path}, line ${this.#lines}: ${what}; draw the report again`);
  }

  /** Arms of a question that have rows. */
  arms(question: string): ReadonlySet<string> {
    return this.#questions.get(question)?.arms ?? new Set();
  }

  /** Seeds and values by {@linkcode keyOf}; undefined where there are no such rows. */
  series(
    question: string,
    key: string,
  ): { readonly seeds: readonly number[]; readonly values: Float64Array } | undefined {
    const numbers = this.#questions.get(question)?.numbers.get(key);
    if (numbers === undefined) return undefined;
    const { seeds, values, count: n } = numbers;
    return { seeds: seeds.length === n ? seeds : seeds.slice(0, n), values: values.subarray(0, n) };
  }
}

/**
 * Reads a results file.
 *
 * @param path needs read permission
 * @throws UserError when it is missing or no such table
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await assert.rejects(readRows("reports/no-such-run/results.csv"), /results.csv: not there; draw the report first/);
 * ```
 */
export async function readRows(path: string): Promise<AuditRows> {
  let rows: AuditRows | undefined;
  try {
    using file = await Deno.open(path);
    for await (const records of recordsOf(textOf(file), path)) {
      for (const cells of records) {
        if (rows === undefined) rows = new AuditRows(cells, path);
        else rows.add(cells);
      }
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UserError(`${path}: not there; draw the report first`);
    throw refused(path, error);
  }
  if (rows === undefined) throw new UserError(`${path}: is empty; draw the report again`);
  return rows;
}

/** Bytes that are read at once. */
const PIECE = 2 ** 18;

async function* textOf(file: Deno.FsFile): AsyncGenerator<string> {
  const decoder = new TextDecoder(), bytes = new Uint8Array(PIECE);
  for (let read = await file.read(bytes); read !== null; read = await file.read(bytes)) {
    yield decoder.decode(bytes.subarray(0, read), { stream: true });
  }
  yield decoder.decode();
}
