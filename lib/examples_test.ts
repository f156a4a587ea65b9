/**
 * The examples in all comments, each a test named by file and line. `deno test --doc` starts a process's worth of modules
 * for each of them; here they share what they load, and each begins without an engine, as it would alone.
 */
import assert from "node:assert/strict";
import { optionalParts } from "./optional/parts.ts";
import { tf } from "./tensor/tf.ts";

// A library that is there stays open: before the first test, it is no leak of one.
await optionalParts.oneDNN.missing();

/** The project's folder. */
const ROOT = new URL("../", import.meta.url);

/** Files of source text below a folder; those that AssemblyScript compiles are in another language. */
function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory && name !== "assembly") yield* sources(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

/** One example: the line of its file that it begins in, and what a reader would copy. */
interface Example {
  readonly line: number;
  readonly code: string;
}

/** What stands between fences that say `ts` and nothing else, in comments that document something. */
function examplesIn(text: string): Example[] {
  const found: Example[] = [];
  for (const { 0: comment, index } of text.matchAll(/\/\*\*[^]*?\*\//g)) {
    const before = text.slice(0, index).split("\n").length;
    const lines = comment.split("\n").map((line) => line.replace(/^\s*\* ?/, ""));
    let open: { fence: string; from: number } | undefined;
    lines.forEach((line, i) => {
      if (!line.startsWith("```")) return;
      if (open === undefined) open = { fence: line.trim(), from: i + 1 };
      else {
        const { fence, from } = open;
        if (fence === "```ts") found.push({ line: before + from, code: lines.slice(from, i).join("\n") });
        open = undefined;
      }
    });
  }
  return found;
}

const IMPORT = /^import\s[^;]*;$/gm;

/** An example as a module: its imports, those of the file's own names that it uses without, and the rest in a block. */
function moduleOf(code: string, url: string, exported: readonly string[]): string {
  const placed = (text: string, before: RegExp) =>
    text.replaceAll(before, (_, before, path) => before + JSON.stringify(new URL(path, url).href));
  const imports = (code.match(IMPORT) ?? []).map((line) => placed(line, /( from |^import )"(\.[^"]+)"/g));
  const rest = placed(code.replaceAll(IMPORT, ""), /(\bimport\(|\bimport\.meta\.resolve\()"(\.[^"]+)"/g);
  const uses = (text: string, name: string) => new RegExp(`\\b${name}\\b`).test(text);
  const own = exported.filter((name) =>
    uses(rest, name) && !imports.some((line) => uses(line.split(" from ")[0], name))
  );
  return [`import { ${own.join(", ")} } from ${JSON.stringify(url)};`, ...imports, "{", rest, "}"].join("\n");
}

/** Stands for no engine: whatever is computed on it fails. */
const NONE = "none yet";

async function withoutEngine(): Promise<void> {
  if (!tf) return;
  if (tf.findBackendFactory(NONE) === null) tf.registerBackend(NONE, () => new tf.KernelBackend());
  await tf.setBackend(NONE);
}

let registered = 0, fences = 0;
for (const path of ["lib", "experiments", "tasks", "bench", "dev"].flatMap((folder) => [...sources(folder)])) {
  const text = await Deno.readTextFile(new URL(path, ROOT)), examples = examplesIn(text);
  fences += text.match(/^ *\* ```ts$/gm)?.length ?? 0;
  registered += examples.length;
  if (examples.length === 0) continue;
  const { href } = new URL(path, ROOT);
  // Loaded before any test begins: a library that a module opens stays open.
  const exported = Object.keys(await import(href)).filter((name) => name !== "default");
  for (const { line, code } of examples) {
    Deno.test({
      name: `${path}:${line}`,
      // On a GPU reads and messages may be under way when a test ends.
      sanitizeOps: !path.startsWith("lib/tensor/webgpu/"),
      async fn() {
        await withoutEngine();
        const type = "application/typescript",
          blob = URL.createObjectURL(new Blob([moduleOf(code, href, exported)], { type }));
        try {
          await import(blob);
        } finally {
          URL.revokeObjectURL(blob);
        }
      },
    });
  }
}

Deno.test("every example of the sources is among these tests", () => {
  assert.equal(registered, fences);
  assert.ok(registered > 700);
});

Deno.test("an example that computes without starting an engine fails", async () => {
  await withoutEngine();
  assert.throws(() => tf.add(tf.scalar(1), 2));
});
