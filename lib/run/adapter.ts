/**
 * Adapters that the command line names.
 *
 * @module
 */
import { basename } from "node:path";
import { type Adapter, readAdapter } from "../policies/language/adapter_files.ts";
import type { Checkpoint } from "../policies/language/checkpoint.ts";
import { tell } from "./tell.ts";

/**
 * Reads an adapter for a model. Its shapes have to fit; where they do and the adapter names another model, that is said: it
 * may be the same one elsewhere or in another form, which only the user knows.
 *
 * @param say told a line
 * @throws UserError as {@linkcode readAdapter} does
 * @example
 * ```ts ignore
 * const adapter = adapterFor("reports/train/adapter", openCheckpoint("models/SmolLM2"));
 * ```
 */
export function adapterFor(
  folder: string,
  { path, config }: Pick<Checkpoint, "path" | "config">,
  say: (line: string) => void = (line) => tell(`${line}\n`),
): Adapter {
  const adapter = readAdapter(folder, config), { base } = adapter;
  if (base !== undefined && basename(base) !== basename(path)) {
    say(`${folder}: says it was made for ${base}, and is put on ${path}; its shapes fit`);
  }
  return adapter;
}
