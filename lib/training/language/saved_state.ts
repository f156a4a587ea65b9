/**
 * A training on the disk: weights, moments, step, and what was measured, to go on as if it had not stopped.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { SafetensorsFile } from "../../formats/safetensors.ts";
import { type NamedTensor, writeSafetensors } from "../../formats/safetensors_writer.ts";
import { refused, writeWhole } from "../../files.ts";
import { type Tensor, tf } from "../../tensor/backend.ts";
import { UserError } from "../../user_error.ts";
import type { Progressed } from "./loop.ts";
import type { NamedVariable, Trainer } from "./trainer.ts";

/** The file that says which numbers are whole. */
const STATE = "state.json";

/** What of a training is decided before its first step; another one does not go on from its state. */
export type Settings = Readonly<Record<string, unknown>>;

/** What {@linkcode STATE} holds; numbers that are not finite are texts there. */
interface Saved extends Progressed {
  readonly settings: Settings;
  readonly file: string;
  readonly sha256: string;
  readonly steps: number;
  readonly points: { readonly mean: number; readonly count: number };
}

/**
 * Writes the state: numbers first, then the file that names them, so that a kill leaves this state or the one before.
 *
 * @param folder is there
 * @throws UserError when the system refuses to write; the state before is as it was
 * @example
 * ```ts ignore
 * await saveState("reports/train/run", settings, trainer, weights, { curve, watch });
 * ```
 */
export async function saveState(
  folder: string,
  settings: Settings,
  trainer: Trainer,
  trained: readonly NamedVariable[],
  progress: Progressed,
): Promise<void> {
  const { optimiser: { first, second, steps }, points } = trainer.state(), file = `state-${steps}.safetensors`;
  const tensors: NamedTensor[] = [];
  let at = 0;
  for (const { name, variable: { shape, size }, variable } of trained) {
    tensors.push(
      { name: `weight ${name}`, shape, values: variable.dataSync<"float32">() },
      { name: `first ${name}`, shape, values: first.subarray(at, at + size) },
      { name: `second ${name}`, shape, values: second.subarray(at, at += size) },
    );
  }
  writeSafetensors(`${folder}/${file}`, tensors);
  const saved: Saved = { settings, file, sha256: fileSha256(`${folder}/${file}`), steps, points, ...progress };
  await writeWhole(`${folder}/${STATE}`, JSON.stringify(saved, (_, value) => isOdd(value) ? String(value) : value));
  for (const { name } of Deno.readDirSync(folder)) {
    if (/^state-\d+\.safetensors$/.test(name) && name !== file) Deno.removeSync(`${folder}/${name}`);
  }
}

const isOdd = (value: unknown): boolean => typeof value === "number" && !Number.isFinite(value);

/**
 * Goes on from a saved state: trainer and weights are as they were.
 *
 * @param settings of the training that is to go on
 * @returns what was measured so far; undefined where there is no state
 * @throws UserError where it is of another training, by the settings that differ, or damaged
 * @example
 * ```ts ignore
 * const progress = loadState("reports/train/run", settings, trainer, weights);
 * ```
 */
export function loadState(
  folder: string,
  settings: Settings,
  trainer: Trainer,
  trained: readonly NamedVariable[],
): Progressed | undefined {
  const path = `${folder}/${STATE}`, saved = readSaved(path);
  if (saved === undefined) return undefined;
  const now = leaves(settings), before = leaves(saved.settings);
  const other = [...new Set([...now.keys(), ...before.keys()])].filter((name) => now.get(name) !== before.get(name));
  if (other.length > 0) {
    const was = other.map((name) => {
      return `${name} was ${before.get(name) ?? "not given"} and is ${now.get(name) ?? "not given"}`;
    }).join(", ");
    throw new UserError(`${folder}: holds a training with other settings (${was}); take --fresh or another --out`);
  }
  const numbersPath = `${folder}/${saved.file}`;
  const damaged = () => new UserError(`${numbersPath}: damaged or missing; take --fresh to begin again`);
  if (fileSha256(numbersPath) !== saved.sha256) throw damaged();
  using file = SafetensorsFile.open(numbersPath);
  const size = trained.reduce((sum, { variable }) => sum + variable.size, 0);
  const first = new Float32Array(size), second = new Float32Array(size);
  let at = 0;
  for (const { name, variable } of trained) {
    if (`${file.tensors.get(`weight ${name}`)?.shape}` !== `${variable.shape}`) throw damaged();
    tf.tidy(() => variable.assign(tf.tensor(file.readFloats(`weight ${name}`), variable.shape) as Tensor));
    first.set(file.readFloats(`first ${name}`), at);
    second.set(file.readFloats(`second ${name}`), at);
    at += variable.size;
  }
  trainer.restore({ optimiser: { steps: saved.steps, first, second }, points: saved.points });
  return { curve: saved.curve, watch: saved.watch };
}

/** Settings by name, those inside others behind a point, each as JSON. */
function leaves(of: object, above = ""): Map<string, string> {
  return new Map(
    Object.entries(of).flatMap(([name, value]): [string, string][] => {
      if (value === undefined) return [];
      const nested = typeof value === "object" && value !== null && !Array.isArray(value);
      return nested ? [...leaves(value, `${above}${name}.`)] : [[above + name, JSON.stringify(value)]];
    }),
  );
}

function readSaved(path: string): Saved | undefined {
  try {
    return JSON.parse(
      Deno.readTextFileSync(path),
      (_, value) => value === "NaN" || value === "Infinity" ? Number(value) : value,
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof SyntaxError) throw new UserError(`${path}: damaged; take --fresh to begin again`);
    throw refused(path, error);
  }
}

/** SHA-256 of a file; empty where there is none. */
function fileSha256(path: string): string {
  const hash = createHash("sha256"), piece = new Uint8Array(1 << 20);
  try {
    using file = Deno.openSync(path);
    for (let count = file.readSync(piece); count !== null; count = file.readSync(piece)) {
      hash.update(piece.subarray(0, count));
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw refused(path, error);
  }
  return hash.digest("hex");
}
