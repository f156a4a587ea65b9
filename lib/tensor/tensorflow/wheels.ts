/**
 * The Python wheels that carry TensorFlow's libraries and headers: pinned in `pins.json`, fetched by pip, which knows its
 * index, verified before anything is read from them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { Unzip, UnzipInflate } from "fflate";
import { UserError } from "../../user_error.ts";
import type { Run } from "./run.ts";

/** One pinned wheel. */
export interface Wheel {
  /** Name in the Python package index. */
  readonly package: string;
  /** Its version. */
  readonly version: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/** Wheels are named for what they run on; these are for Linux on x86-64, whatever the Python that fetches them. */
const PLATFORM = [
  ...["--no-deps", "--only-binary=:all:", "--python-version", "3.12", "--implementation", "cp"],
  ...["2_27", "2_17", "2_12"].flatMap((libc) => ["--platform", `manylinux_${libc}_x86_64`]),
];

/**
 * Brings a wheel into a folder, unless it is there already, and verifies it.
 *
 * @param folder for wheels; a file that was put there by hand is taken as well
 * @param run starts pip
 * @returns path of the verified file
 * @throws UserError when it cannot be fetched, or is not the pinned one; a fetched file that is wrong is removed
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a_b-1-py3-none-any.whl`, "wheel");
 * const wheel = { package: "a-b", version: "1", sha256: "0".repeat(64) };
 * await assert.rejects(fetchWheel(wheel, folder, () => assert.fail()), {
 *   name: "UserError",
 *   message: `${folder}/a_b-1-py3-none-any.whl: SHA-256 ba59926159d2... where 000000000000... is pinned; remove the file`,
 * });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function fetchWheel(wheel: Wheel, folder: string, run: Run): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const wanted = `${wheel.package}==${wheel.version}`;
  let path = findWheel(wheel, folder);
  const fetched = path === undefined;
  if (path === undefined) {
    const { ok, line } = await run("python3", [
      ...["-m", "pip", "download", "--quiet", "--disable-pip-version-check", ...PLATFORM, "--dest", folder],
      wanted,
    ]);
    path = findWheel(wheel, folder);
    if (!ok || path === undefined) {
      const why = ok ? "no wheel came" : line;
      throw new UserError(`${wanted}: pip could not fetch it (${why}); mend that, or put the wheel into ${folder}`);
    }
  }
  const found = await fileSha256(path);
  if (found === wheel.sha256) return path;
  const what = `${path}: SHA-256 ${found.slice(0, 12)}... where ${wheel.sha256.slice(0, 12)}... is pinned`;
  if (!fetched) throw new UserError(`${what}; remove the file`);
  await Deno.remove(path);
  throw new UserError(`${what}; nothing was kept: the index of pip has another file than the pinned one`);
}

function findWheel(wheel: Wheel, folder: string): string | undefined {
  const start = `${wheel.package.replaceAll("-", "_")}-${wheel.version}-`;
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.startsWith(start) && name.endsWith(".whl")) return `${folder}/${name}`;
  }
}

async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

/** Which files of a wheel are needed, and where they go. */
const needed: readonly (readonly [member: RegExp, target: string])[] = [
  [/^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/, "lib/$1"],
  [
    /^tensorflow\/include\/((?:tensorflow\/c|tensorflow\/core\/platform|tsl\/platform|xla\/tsl\/c)\/[\w/]+\.h)$/,
    "include/$1",
  ],
  [/^(nvidia\/\w+\/lib\/lib[\w.-]+)$/, "$1"],
];

/**
 * Unpacks the libraries and headers of a wheel; the rest, which is Python, stays out.
 *
 * @param wheel path of a verified wheel
 * @param folder libraries go into `lib/` and `nvidia/`, headers into `include/`
 * @returns number of files
 * @throws Error when the file is no zip archive, or a part of it is damaged
 * @example
 * ```ts
 * import { zipSync } from "fflate";
 * import assert from "node:assert/strict";
 * const folder = await Deno.makeTempDir();
 * const text = new TextEncoder().encode("header");
 * await Deno.writeFile(`${folder}/a.whl`, zipSync({ "tensorflow/include/tensorflow/c/c_api.h": text, "x.py": text }));
 * assert.equal(await unpackWheel(`${folder}/a.whl`, folder), 1);
 * assert.equal(await Deno.readTextFile(`${folder}/include/tensorflow/c/c_api.h`), "header");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function unpackWheel(wheel: string, folder: string): Promise<number> {
  let count = 0;
  const unzip = new Unzip((member) => {
    const rule = needed.find(([pattern]) => pattern.test(member.name));
    if (rule === undefined) return;
    const path = `${folder}/${member.name.replace(...rule)}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    const file = Deno.openSync(path, { write: true, create: true, truncate: true });
    member.ondata = (error, data, final) => {
      if (error !== null) throw error;
      for (let written = 0; written < data.length;) written += file.writeSync(data.subarray(written));
      if (final) file.close();
    };
    count++;
    member.start();
  });
  unzip.register(UnzipInflate);
  using file = await Deno.open(wheel);
  for await (const chunk of file.readable) unzip.push(chunk);
  unzip.push(new Uint8Array(0), true);
  return count;
}
