/**
 * `deno task doctor`: what this machine offers, and how to get what is missing.
 *
 * @module
 */
import { cpus } from "node:os";
import { manifest } from "../datasets/manifest.ts";
import { openStore } from "../datasets/store.ts";
import { type OptionalPart, optionalParts, type PartName, SMOLLM2 } from "../optional/parts.ts";
import { backendDevice, type BackendEntry, backendList, confirmNumbers, startBackend } from "../tensor/backend.ts";
import { openBlas } from "../tensor/kernels/blas.ts";
import { READY, whatWasMade } from "../tensor/tensorflow/place.ts";
import { UserError } from "../user_error.ts";
import { productSeconds, TRAINING_SIZE, trainingStepSeconds } from "./engine_speed.ts";
import { exitWith } from "./exit.ts";
import { mirrorFromEnvironment } from "./main.ts";
import { parseFlags } from "./options.ts";
import { defaultWorkers } from "./plan.ts";
import { git, gitState } from "./provenance.ts";
import { say } from "./tell.ts";

const HELP =
  `Says what this machine offers: Deno, engines and their measured speed, git, data sets, language models, what tests
need; and how to get what is missing. Takes a few seconds, changes nothing.

Usage: deno task doctor

Flags
  --help  this text
`;

/** Milliseconds for each measured number. */
const BUDGET = 200;
/** Rows and columns of the measured product. */
const SIZE = 256;
/** Columns of the headings, and the gap beside them. */
const HEADING = "Data sets".length + 2;
/** Characters a line may have; longer ones go on below their start. */
const WIDTH = 120;

/** What is looked at besides data; tests hand in machines that lack something. */
export interface Machine {
  /** In the order in which `auto` tries them. */
  readonly engines: readonly BackendEntry[];
  /** Starts an engine and measures it. @throws UserError when it does not start */
  readonly measure: (engine: string) => Promise<Speed>;
  /** The library behind `native`. @throws Error in one line when there is none */
  readonly blas: () => Pick<ReturnType<typeof openBlas>, "library" | "version" | "core" | "threads">;
  /** The variable that makes OpenBLAS take other kernels than this processor's, where it is set. */
  readonly coreType: () => string | undefined;
  /** git and the state of the checkout, in a line. */
  readonly git: () => Promise<string>;
  /** What tests and tasks on language models need, by name. */
  readonly parts: Readonly<Record<PartName, OptionalPart>>;
}

/** How fast an engine is. */
interface Speed {
  /** Seconds of a product. */
  readonly product: number;
  /** Seconds of a training step. */
  readonly step: number;
  /** The device it runs on, where it has one of its own. */
  readonly device: string | undefined;
}

/** Read by OpenBLAS when it is loaded. */
const CORE_TYPE = "OPENBLAS_CORETYPE";

const thisMachine: Machine = {
  engines: backendList,
  measure: async (engine) => {
    await startBackend(engine);
    const product = productSeconds(SIZE, BUDGET), step = trainingStepSeconds(BUDGET);
    await confirmNumbers();
    return { product, step, device: backendDevice() };
  },
  blas: () => openBlas(1),
  coreType: () =>
    Deno.permissions.querySync({ name: "env", variable: CORE_TYPE }).state === "granted"
      ? Deno.env.get(CORE_TYPE)
      : undefined,
  git: gitLine,
  parts: optionalParts,
};

/** A heading with its lines. */
type Section = readonly [heading: string, lines: readonly string[]];

/**
 * Everything, as aligned plain lines. Whatever is absent or may not be looked at is said, and is no error.
 *
 * Starts every engine and measures it for a second or two; the last one keeps running.
 *
 * @param mirror folder with data files, where one is set
 * @param on what is looked at; default: this machine
 * @returns lines of at most 120 characters, but for words that are longer
 * @example
 * ```ts
 * import { optionalParts } from "../optional/parts.ts";
 * import assert from "node:assert/strict";
 * const bare: Machine = {
 *   engines: [],
 *   measure: () => Promise.reject(new Error("there is none")),
 *   blas: () => {
 *     throw new Error("no BLAS");
 *   },
 *   coreType: () => undefined,
 *   git: () => Promise.resolve("not found"),
 *   parts: optionalParts,
 * };
 * const text = await examine(undefined, bare);
 * assert.ok(text.startsWith(`Deno       ${Deno.version.deno}, V8 `));
 * assert.match(text, /^ +No engine starts: /m);
 * ```
 */
export async function examine(mirror: string | undefined, on: Machine = thisMachine): Promise<string> {
  const sections: Section[] = [
    ["Deno", [`${Deno.version.deno}, V8 ${Deno.version.v8}, TypeScript ${Deno.version.typescript}`]],
    ["Machine", machine()],
    ["Engines", await engines(on)],
    ["git", [await on.git()]],
    ["Data sets", await dataSets(mirror)],
    ["Models", await models(on.parts)],
    ["For tests", await forTests(on.parts)],
  ];
  return sections.map(([heading, lines]) =>
    lines.flatMap((line) => folded(line, WIDTH - HEADING))
      .map((line, i) => (i === 0 ? heading : "").padEnd(HEADING) + line + "\n").join("")
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

async function engines({ engines, measure, blas, coreType }: Machine): Promise<string[]> {
  const rows = [["", "starts", `${SIZE} x ${SIZE} product`, "training step", ""]];
  const starting: { name: string; step: number }[] = [];
  for (const { name, about, onRequest, systemLibrary, absent } of engines) {
    const why = absent?.();
    if (why !== undefined) {
      rows.push([name, "no", "", "", why]);
      continue;
    }
    try {
      const { product, step, device } = await measure(name);
      if (!onRequest && !systemLibrary) starting.push({ name, step }); // what the tasks of experiments may start
      const speed = (2 * SIZE ** 3 / product / 1e9).toPrecision(2);
      const line = device === undefined ? about : `${about}: ${device}`;
      rows.push([name, "yes", `${speed} GFLOP/s`, `${(step * 1000).toPrecision(2)} ms`, line]);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      rows.push([name, "no", "", "", reasonOf(error)]);
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
    ...nativeLibrary(blas, coreType()),
    ...tensorflow(),
    "Those on the processor use one thread; webgpu needs a graphics driver and is taken only by --backend webgpu.",
    `More cores make a run faster: work is shared by --workers threads, here ${defaultWorkers()} unless set.`,
  ];
}

/** Why an engine did not start, without the flag that nobody gave and the advice to ask the doctor. */
function reasonOf({ message }: UserError): string {
  return /^--backend \w+: no engine started \(\w+: (.*)\); see deno task doctor$/.exec(message)?.[1] ?? message;
}

function tensorflow(): string[] {
  const made = whatWasMade(READY);
  if (made === undefined) return [];
  return [`tensorflow is TensorFlow ${made.version} on ${made.gpu ? "the GPU" : "the processor"}, ${made.route}.`];
}

/** The library behind `native`, or how to get one; and who may use it. */
function nativeLibrary(blas: Machine["blas"], coreType: string | undefined): string[] {
  const who = "Experiments may load no library of the system: native is for deno task bench and code of your own.";
  try {
    const { library, version, core, threads } = blas();
    const told = [version, ...(core === undefined ? [] : [`kernels for ${core}`]), ...(threads ? ["one thread"] : [])];
    const forced = coreType === undefined ? [] : [
      `${CORE_TYPE}=${coreType} is set: OpenBLAS takes those kernels whatever the processor has, which can cost speed; unset it.`,
    ];
    return [`native multiplies by ${library} (${told.join(", ")}).`, ...forced, who];
  } catch (error) {
    return [`native lacks a library: ${(error as Error).message}; ${optionalParts.BLAS.get}.`, who];
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

/** The language model that a task fetches, and the library for its products; or how to get them. */
async function models({ SmolLM2, oneDNN }: Machine["parts"]): Promise<string[]> {
  const line = async ({ get, missing }: OptionalPart, use: string) => {
    const why = await missing();
    return why === undefined ? `there, for ${use}` : `${why}; ${get}`;
  };
  return aligned([
    ["SmolLM2", await line(SmolLM2, `deno task score, generate and train: --model ${SMOLLM2}`)],
    ["oneDNN", await line(oneDNN, `${oneDNN.use}, with --backend native: two to three times the speed of float32`)],
  ]);
}

/** What no engine needs, and no data set: programs that single tests start. */
async function forTests(parts: Machine["parts"]): Promise<string[]> {
  const rows: string[][] = [];
  for (const [name, { use, get, missing }] of Object.entries(parts)) {
    if (!use.startsWith("test ")) continue;
    const why = await missing();
    rows.push([name, why === undefined ? `there, for the ${use}` : `${why}: without it the ${use} is skipped; ${get}`]);
  }
  return aligned(rows);
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

/** Columns padded to their widest cell; the last goes on below its start where it is long. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  const before = widths.slice(0, -1), indent = before.reduce((sum, width) => sum + width + 2, 0);
  return rows.flatMap((cells) => {
    const start = before.map((width, i) => cells[i].padEnd(width) + "  ").join("");
    return folded(cells.at(-1)!, WIDTH - HEADING - indent)
      .map((line, i) => ((i === 0 ? start : " ".repeat(indent)) + line).trimEnd());
  });
}

/** A line broken at spaces into lines of at most `width` characters, where its words are shorter than that. */
function folded(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const fits = rest.lastIndexOf(" ", width), end = fits > rest.search(/\S/) ? fits : rest.indexOf(" ", width);
    if (end === -1) break;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
  return [...lines, rest];
}

if (import.meta.main) {
  await exitWith(async () => {
    const { switches } = parseFlags(Deno.args, [], ["help"]);
    say((switches.has("help") ? HELP : await examine(mirrorFromEnvironment() || undefined)).trimEnd());
  });
}
