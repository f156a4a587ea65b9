/**
 * `deno task setup-tensorflow`: makes the native binding of the `tensorflow` engine.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { exitWith } from "../../run/exit.ts";
import { parseFlags } from "../../run/options.ts";
import { sha256Hex } from "../../run/sha256.ts";
import { UserError } from "../../user_error.ts";
import { environmentNames } from "./engine.ts";
import { copyPackage, installPackages, runOwnInstaller } from "./npm_package.ts";
import pinned from "./pins.json" with { type: "json" };
import { BINDING, CACHE, type Made, PACKAGE, whatWasMade } from "./place.ts";
import { type Run, run as runProgram } from "./run.ts";
import { fetchWheel, unpackWheel, type Wheel } from "./wheels.ts";

const HELP =
  `Makes the native binding of the tensorflow engine, in data/cache/tensorflow. First the installer of the npm
package is asked; where it fails, the binding is compiled from the C++ in the package against TensorFlow's own libraries,
which come from wheels of the Python package index: pinned, verified, fetched by pip. For Linux on x86-64. Stop it whenever
you like: the same command goes on where it was. To undo it, remove the folder.

Usage: deno task setup-tensorflow [--for cpu|cuda]

Flags
  --for cpu|cuda  the processor alone (0.3 GB to fetch), or an NVIDIA GPU too (3.3 GB); default: cuda where there is a
                  /usr/bin/nvidia-smi
  --help          this text

Needs python3 with pip, and a C++ compiler as c++.
`;

/** What setup can be made for. */
type Target = "cpu" | "cuda";

/** Pinned wheels of every target. */
export type Pins = Record<Target, { readonly wheels: readonly Wheel[] }>;

/** What setup works with. */
interface SetupOptions {
  /** Folder to work in; the finished engine is in its `ready`. */
  readonly cache: string;
  /** What to make. */
  readonly target: Target;
  /** Which wheels. */
  readonly pins: Pins;
  /** Starts programs. */
  readonly run: Run;
  /** Told of each step. */
  readonly say: (line: string) => void;
}

/**
 * Makes the engine, or finds it made. What an earlier, broken run has finished is used again.
 *
 * @returns what there is now
 * @throws UserError with the step that failed, and what to do
 * @example
 * ```ts ignore
 * await setUp({ cache: "data/cache/tensorflow", target: "cpu", pins, run, say: console.log });
 * ```
 */
export async function setUp({ cache, target, pins, run, say }: SetupOptions): Promise<Made> {
  const ready = `${cache}/ready`, work = `${cache}/making`, fresh = `${work}/new`;
  const recipe = await recipeOf(target, pins);
  const made = whatWasMade(ready);
  if (made?.recipe === recipe) {
    say(`already made: ${describe(made)}`);
    return made;
  }
  say("npm package @tensorflow/tfjs-node-gpu 4.22.0, checksums from npm_packages.lock");
  await installPackages(work, run);
  await Deno.remove(fresh, { recursive: true }).catch(() => {});
  const inside = await copyPackage(work, fresh);

  const { ok, line } = await runOwnInstaller(work, run);
  let route = "the package's own installer", tested: Tested | undefined;
  if (ok) {
    for (const part of ["deps", "lib"]) await Deno.rename(`${work}/${PACKAGE}/${part}`, `${inside}/${part}`);
    tested = await tryOut(fresh, run, say);
    if (target === "cuda" && tested?.gpu === false) {
      say(`TensorFlow ${tested.version} from its own installer runs, but not on the GPU`);
      tested = undefined;
    }
  } else {
    say(`its own installer failed: ${line}`);
  }
  if (tested === undefined) {
    route = `compiled against ${pins[target].wheels[0].package} ${pins[target].wheels[0].version}`;
    for (const part of ["deps", "lib"]) await Deno.remove(`${inside}/${part}`, { recursive: true }).catch(() => {});
    await unpackWheels(pins[target].wheels, work, run, say);
    say("compiling the binding");
    await compile(inside, work, run);
    await Deno.rename(`${work}/deps`, `${inside}/deps`);
    tested = await tryOut(fresh, run, say);
    if (tested === undefined) {
      await Deno.rename(`${inside}/deps`, `${work}/deps`); // the next try need not fetch them
      throw new UserError("the binding was compiled but does not run; see the line above");
    }
  }
  const result: Made = { recipe, route, ...tested };
  await Deno.writeTextFile(`${fresh}/made.json`, JSON.stringify(result));
  await Deno.remove(ready, { recursive: true }).catch(() => {});
  await Deno.rename(fresh, ready);
  await Deno.remove(work, { recursive: true });
  say(`made: ${describe(result)}`);
  return result;
}

type Tested = Pick<Made, "version" | "gpu">;

const describe = ({ version, gpu, route }: Made) =>
  `TensorFlow ${version} on ${gpu ? "the GPU" : "the processor"}, ${route}; use it with --backend tensorflow`;

/** Everything that decides what is made. */
async function recipeOf(target: Target, pins: Pins): Promise<string> {
  const files = ["npm_packages.lock", "edits.ts", "npm_package.ts", "setup.ts", "wheels.ts"];
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(new URL(file, import.meta.url))));
  return await sha256Hex(JSON.stringify([target, pins[target], texts]));
}

async function unpackWheels(wheels: readonly Wheel[], work: string, run: Run, say: (line: string) => void) {
  for (const wheel of wheels) {
    const name = `${wheel.package} ${wheel.version}`, mark = `${work}/deps/unpacked/${wheel.sha256}`;
    if (await Deno.stat(mark).then(() => true, () => false)) {
      say(`${name}: unpacked before`);
      continue;
    }
    say(`${name}: fetching and verifying`);
    const path = await fetchWheel(wheel, `${work}/wheels`, run);
    say(`${name}: SHA-256 is the pinned one; unpacking`);
    await unpackWheel(path, `${work}/deps`);
    await Deno.mkdir(`${work}/deps/unpacked`, { recursive: true });
    await Deno.writeTextFile(mark, "");
    await Deno.remove(path);
  }
}

/** The binding finds its libraries from its own place, in the layout that the package has. */
async function compile(inside: string, work: string, run: Run): Promise<void> {
  await Deno.mkdir(`${inside}/${BINDING.slice(0, BINDING.lastIndexOf("/"))}`, { recursive: true });
  const headers = [`${work}/deps/include`, `${work}/node_modules/node-api-headers/include`];
  const { ok, line } = await run("c++", [
    ...["-std=c++17", "-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8", ...headers.flatMap((folder) => ["-I", folder])],
    ...["binding/tfjs_backend.cc", "binding/tfjs_binding.cc", "-o", BINDING, `-L${work}/deps/lib`],
    ...["-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2", "-Wl,-rpath,$ORIGIN/../../deps/lib"],
  ], inside);
  if (!ok) throw new UserError(`the binding does not compile: ${line}`);
}

/** Computes something with an engine, in a process of its own: a library may end it. */
async function tryOut(folder: string, run: Run, say: (line: string) => void): Promise<Tested | undefined> {
  const project = fileURLToPath(new URL("../../..", import.meta.url));
  const { ok, line, output } = await run(Deno.execPath(), [
    ...[
      "run",
      "--no-prompt",
      `--allow-read=${project},${folder}`,
      `--allow-ffi=${folder}`,
      `--allow-env=${environmentNames}`,
    ],
    ...[fileURLToPath(new URL("self_test.ts", import.meta.url)), folder],
  ]);
  if (ok) return JSON.parse(output);
  say(`it does not run: ${line}`);
}

/** The driver of NVIDIA comes with this program; /dev and /proc, which would say it too, Deno keeps closed. */
async function targetHere(): Promise<Target> {
  return await Deno.stat("/usr/bin/nvidia-smi").then(() => "cuda", () => "cpu");
}

if (import.meta.main) {
  await exitWith(async () => {
    const { switches, values } = parseFlags(Deno.args, ["for"], ["help"]);
    if (switches.has("help")) return console.log(HELP.trimEnd());
    const chosen = values.for ?? await targetHere();
    if (chosen !== "cpu" && chosen !== "cuda") throw new UserError(`--for ${chosen}: expected cpu or cuda`);
    const { os, arch } = Deno.build;
    if (os !== "linux" || arch !== "x86_64") {
      throw new UserError(`${os} ${arch}: wheels are pinned for Linux on x86-64 only; use another --backend`);
    }
    await setUp({ cache: CACHE, target: chosen, pins: pinned, run: runProgram, say: console.log });
  });
}
