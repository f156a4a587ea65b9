/**
 * A user's own files: as a table (`openTable`), a log (`readLogColumns`), preferences (`readPreferences`).
 *
 * @module
 */
export { type LogColumns, type LogSpec, readLogColumns } from "./log.ts";
export { type Cell } from "./numbers.ts";
export { openTable } from "./open.ts";
export { type Pair } from "./pairs.ts";
export { type PreferenceColumns } from "./preference_columns.ts";
export { type Preferences, readPreferences } from "./preferences.ts";
export { type ProblemCount, problemLine } from "./problems.ts";
export { type Single } from "./singles.ts";
export { type Chunk, type Table } from "./table.ts";
export { type Text } from "./texts.ts";
export { type Source } from "../../text_lines.ts";
