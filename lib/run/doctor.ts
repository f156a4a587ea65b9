/**
 * `deno task doctor`: what this machine offers, and how to get what is missing.
 *
 * @module
 */
import { cpus } from "node:os";
import { manifest } from "../datasets/manifest.ts";
import { openStore } from "../datasets/store.ts";
import { backendDevice, backendList, confirmNumbers, startBackend } from "../tensor/backend.ts";
import { openBlas } from "../tensor/kernels/blas.ts";
import { READY, whatWasMade } from "../tensor/tensorflow/place.ts";
import { UserError } from "../user_error.ts";
import { productSeconds, TRAINING_SIZE, trainingStepSeconds } from "./engine_speed.ts";
import { exitWith, mirrorFromEnvironment } from "./main.ts";
import { parseFlags } from "./options.ts";
import { defaultWorkers } from "./plan.ts";
import { git, gitState } from "./provenance.ts";

const HELP = `Says what this machine offers: Deno, engines and their measured speed, git, data sets, the browser of one
test; and how to get what is missing. Takes a few seconds, changes nothing.

Usage: deno task doctor

Flags
  --help  this text
`;

/** The browser that the test of report pages starts. */
const CHROMIUM = "/usr/bin/chromium";
/** Milliseconds for each measured number. */
const BUDGET = 200;
/** Rows and columns of the measured product. */
const SIZE = 256;

/** A heading with its lines. */
type Section = readonly [heading: string, lines: readonly string[]];

/**
 * Everything, as aligned plain lines. Whatever is absent or may not be looked at is said, and is no error.
 *
 * Starts every engine and measures it for a second or two; the last one keeps running.
 *
 * @param mirror folder with data files, where one is set
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok((await examine(undefined)).startsWith(`Deno       ${Deno.version.deno}, V8 `));
 * ```
 */
export async function examine(mirror: string | undefined): Promise<string> {
  const sections: Section[] = [
    ["Deno", [`${Deno.version.deno}, V8 ${Deno.version.v8}, TypeScript ${Deno.version.typescript}`]],
    ["Machine", machine()],
    ["Engines", await engines()],
    ["git", [await gitLine()]],
    ["Data sets", await dataSets(mirror)],
    ["Browser", [browser()]],
  ];
  const width = Math.max(...sections.map(([heading]) => heading.length)) + 2;
  return sections.map(([heading, lines]) =>
    lines.map((line, i) => (i === 0 ? heading : "").padEnd(width) + line + "\n").join("")
  ).join("");
}

function machine(): string[] {
  const { os, arch } = Deno.build;
  const model = attempt(() => cpus()[0]?.model.trim() || "unknown processor");
  const memory = attempt(() => {
    const { total, available } = Deno.systemMemoryInfo();
    return `${(total / 2 ** 30).toFixed(1)} GiB memory, ${(available / 2 ** 30).toFixed(1)} GiB of it free`;
  });
  const cores = navigator.hardwareConcurrency;
  return [
    `${os} ${attempt(() => Deno.osRelease())}, ${arch}`,
    `${cores} ${cores === 1 ? "core" : "cores"}, ${model}; ${memory}`,
  ];
}

async function engines(): Promise<string[]> {
  const rows = [["", "starts", `${SIZE} x ${SIZE} product`, "training step", ""]];
  const starting: { name: string; step: number }[] = [];
  for (const { name, about, onRequest, systemLibrary, absent } of backendList) {
    const why = absent?.();
    if (why !== undefined) {
      rows.push([name, "no", "", "", why]);
      continue;
    }
    try {
      await startBackend(name);
      const product = productSeconds(SIZE, BUDGET), step = trainingStepSeconds(BUDGET);
      await confirmNumbers();
      if (!onRequest && !systemLibrary) starting.push({ name, step }); // what the tasks of experiments may start
      const speed = (2 * SIZE ** 3 / product / 1e9).toPrecision(2);
      const device = backendDevice();
      const line = device === undefined ? about : `${about}: ${device}`;
      rows.push([name, "yes", `${speed} GFLOP/s`, `${(step * 1000).toPrecision(2)} ms`, line]);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // Without what says which engine it is, and where to look: that is here.
      rows.push([name, "no", "", "", error.message.replace(/^.*?\(\w+: (.*)\); see deno task doctor$/, "$1")]);
    }
  }
  const { texts, dimensions } = TRAINING_SIZE;
  const [auto] = starting; // the list is in the order in which auto tries
  const fastest = starting.toSorted((a, b) => a.step - b.step)[0];
  return [
    ...aligned(rows),
    `A training step is one of Adam for 20 log-linear policies over ${texts} texts with ${dimensions} features, float32.`,
    auto === undefined
      ? "No engine starts: questions that train policies cannot run here."
      : auto === fastest
      ? `--backend auto takes ${auto.name} in an experiment, the fastest of those that it may start.`
      : `--backend auto takes ${auto.name} in an experiment; on this training step ${fastest.name} was faster: ` +
        `--backend ${fastest.name}.`,
    ...blas(),
    ...tensorflow(),
    "Those on the processor use one thread; webgpu needs a graphics driver and is taken only by --backend webgpu.",
    `More cores make a run faster: work is shared by --workers threads, here ${defaultWorkers()} unless set.`,
  ];
}

function tensorflow(): string[] {
  const made = whatWasMade(READY);
  if (made === undefined) return [];
  return [`tensorflow is TensorFlow ${made.version} on ${made.gpu ? "the GPU" : "the processor"}, ${made.route}.`];
}

/** The library behind `native`, or how to get one; and who may use it. */
function blas(): string[] {
  const who = "Experiments may load no library of the system: native is for deno task bench and code of your own.";
  try {
    const { library, version, core, threads } = openBlas(1);
    const told = [version, ...(core === undefined ? [] : [`kernels for ${core}`]), ...(threads ? ["one thread"] : [])];
    return [`native multiplies by ${library} (${told.join(", ")}).`, who];
  } catch (error) {
    const how = Deno.build.os === "linux" ? "; on Debian, apt-get install libopenblas0-pthread" : "";
    return [`native lacks a library: ${(error as Error).message}${how}.`, who];
  }
}

async function gitLine(): Promise<string> {
  const version = await git(["--version"]);
  if (version === undefined) {
    return "not found, or may not be run: reports will not name the commit they were made with";
  }
  const { commit, dirty } = await gitState();
  const state = commit === "unknown"
    ? "not a checkout"
    : `commit ${commit.slice(0, 10)}${dirty ? ", with changes" : ""}`;
  return `${version.trim().replace(/^git version /, "")}; ${state}`;
}

async function dataSets(mirror: string | undefined): Promise<string[]> {
  const store = openStore({ mirror });
  const rows: string[][] = [], advice: string[] = [];
  let missing = 0;
  for (const { id, files } of manifest.datasets) {
    const megabytes = files.reduce((sum, file) => sum + file.bytes, 0) / 1e6;
    try {
      const { ok } = await store.has(id);
      if (!ok) missing += megabytes;
      rows.push([id, `${megabytes.toFixed(1)} MB`, ok ? "there" : "missing"]);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      rows.push([id, `${megabytes.toFixed(1)} MB`, "not readable"]);
      if (!advice.includes(error.message)) advice.push(error.message);
    }
  }
  if (missing > 0) {
    advice.push(
      `"deno task data" fetches the missing ${missing.toFixed(1)} MB; PREFLAB_MIRROR=DIR before a task reads a folder.`,
      "Without them the questions that need them are left out and named; all others run.",
    );
  } else if (advice.length === 0) advice.push('"deno task data --list" verifies every file.');
  return [...aligned(rows), ...advice];
}

function browser(): string {
  const state = attempt(() => Deno.statSync(CHROMIUM).isFile ? "there" : "missing");
  const wanted = "for the test that opens a report in a browser";
  if (state !== "missing") return `${CHROMIUM}, ${wanted}: ${state}`;
  return `${CHROMIUM}, ${wanted}: missing, so it is skipped; on Debian, apt-get install chromium`;
}

/** What may not be looked at is unknown, what is absent is missing. */
function attempt(look: () => string): string {
  try {
    return look();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return "unknown";
    if (error instanceof Deno.errors.NotFound) return "missing";
    throw error;
  }
}

/** Columns padded to their widest cell. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  return rows.map((cells) => cells.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd());
}

if (import.meta.main) {
  await exitWith(async () => {
    const { switches } = parseFlags(Deno.args, [], ["help"]);
    console.log((switches.has("help") ? HELP : await examine(mirrorFromEnvironment() || undefined)).trimEnd());
  });
}
