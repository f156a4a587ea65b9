/**
 * A row of a user's file, whose cells are asked for as what they are to be.
 *
 * @module
 */
import { UserError } from "../../user_error.ts";
import { nameOf } from "./actions.ts";
import { type Cell, isMissing, isNameless, strictNumber, told, truthAsNumber } from "./numbers.ts";
import type { Chunk } from "./table.ts";
import { asText, type Text } from "./texts.ts";

/** What a column of a row says, or undefined where it says nothing or nobody has asked for it. */
export class Row {
  /**
   * @param path of the file, for errors
   * @param columns names of columns by the part they play
   * @param at which row of the chunk
   */
  constructor(
    private readonly path: string,
    private readonly columns: Readonly<Partial<Record<string, string>>>,
    private readonly chunk: Chunk,
    private readonly at: number,
  ) {}

  /** Number of the row in the file, from 1. */
  get number(): number {
    return this.chunk.first + this.at;
  }

  /** Where it stands, for messages. */
  get place(): string {
    return this.chunk.place(this.at);
  }

  /** Name of the column that plays a part. */
  named(part: string): string {
    return this.columns[part] ?? part;
  }

  /** A text or chat. @throws UserError for what is neither */
  text(part: string): Text | undefined {
    const cell = this.cell(part);
    if (cell === null) return undefined;
    return asText(cell) ?? this.refuse(part, `is ${told(cell)}, neither a text nor a list of messages`);
  }

  /** A list of texts or chats. @throws UserError for what is none */
  texts(part: string): readonly Text[] | undefined {
    const list = this.list(part);
    return list?.map((one) => asText(one) ?? this.refuse(part, `has ${told(one)} in it, no text`));
  }

  /** A number. @throws UserError for what is none */
  count(part: string): number | undefined {
    const cell = truthAsNumber(this.cell(part));
    return isMissing(cell) ? undefined : this.strict(part, cell);
  }

  /** A list of numbers. @throws UserError for what is none */
  counts(part: string): readonly number[] | undefined {
    return this.list(part)?.map((one) => this.strict(part, one));
  }

  /** True or false, which 1 and 0 stand for as well. @throws UserError for what is neither */
  truth(part: string): boolean | undefined {
    const cell = this.cell(part);
    if (isMissing(cell)) return undefined;
    const value = strictNumber(truthAsNumber(cell));
    if (value !== 0 && value !== 1) this.refuse(part, `is ${told(cell)}, and is to be true or false, or 1 or 0`);
    return value === 1;
  }

  /** A name. */
  name(part: string): string | undefined {
    const cell = this.cell(part);
    return isNameless(cell) ? undefined : nameOf(cell);
  }

  /** Refuses what a column says. @throws UserError always */
  refuse(part: string, what: string): never {
    throw new UserError(`${this.path}: ${this.place}, column "${this.named(part)}": ${what}`);
  }

  private strict(part: string, cell: Cell): number {
    const value = strictNumber(cell);
    return typeof value === "number" ? value : this.refuse(part, value);
  }

  private list(part: string): readonly Cell[] | undefined {
    const cell = this.cell(part);
    if (cell === null || cell === "") return undefined;
    const value = typeof cell === "string" ? listIn(cell) : cell;
    return Array.isArray(value) ? value : this.refuse(part, `is ${told(cell)}, no list`);
  }

  private cell(part: string): Cell {
    const name = this.columns[part];
    return name === undefined ? null : this.chunk.column(name)[this.at];
  }
}

function listIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
