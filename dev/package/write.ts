/**
 * The library as an npm package.
 *
 * Of every entry of deno.json's exports that reaches no tensors, all modules are written as JavaScript with declarations, file
 * by file and in the folders they have here, so that bundlers leave out what is not used.
 *
 * @module
 */
import { dirname, join, relative } from "node:path/posix";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import config from "../../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What is written. */
interface Written {
  /** Names under which modules are imported. */
  readonly entries: readonly string[];
  /** Files of JavaScript. */
  readonly files: number;
  /** Entries that stay out. */
  readonly left: readonly string[];
}

/**
 * Writes the package into a folder, which is emptied before.
 *
 * @param folder needs write permission; all of the project and of the compiler is read
 * @example
 * ```ts ignore
 * const { entries } = await writePackage("reports/package");
 * ```
 */
export async function writePackage(folder: string): Promise<Written> {
  const all = Object.entries(config.exports).map(([name, path]) => ({ name, path: join(ROOT, path) }));
  const reached = new Map(all.map(({ path }) => [path, modulesFrom(path)]));
  const needsTensors = ({ path }: { path: string }) =>
    reached.get(path)!.some((module) => /\/lib\/tensor\//.test(module));
  const kept = all.filter((entry) => !needsTensors(entry)), left = all.filter(needsTensors);
  const outputs = withBytes(emitted(kept.map(({ path }) => path)));
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  for (const [path, text] of outputs) {
    const target = join(folder, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeTextFile(target, text);
  }
  const bare = new Set([...outputs].flatMap(([path, text]) => path.endsWith(".js") ? packagesIn(text) : []));
  await Deno.writeTextFile(`${folder}/package.json`, `${JSON.stringify(manifest(kept, bare), null, 2)}\n`);
  await Deno.copyFile(join(ROOT, "LICENSE"), `${folder}/LICENSE`);
  await Deno.writeTextFile(`${folder}/README.md`, readme(kept.map(({ name }) => name)));
  return {
    entries: kept.map(({ name }) => name.slice(2)),
    files: [...outputs.keys()].filter((path) => path.endsWith(".js")).length,
    left: left.map(({ name }) => name.slice(2)),
  };
}

const source = (path: string) => ts.createSourceFile(path, Deno.readTextFileSync(path), ts.ScriptTarget.ESNext);

/** A module and all that it reaches, types included. */
function modulesFrom(entry: string): string[] {
  const found = new Set<string>(),
    visit = (path: string): void => {
      if (found.has(path)) return;
      found.add(path);
      for (const { fileName } of ts.preProcessFile(source(path).text).importedFiles) {
        if (fileName.startsWith(".") && fileName.endsWith(".ts")) visit(join(dirname(path), fileName));
      }
    };
  visit(entry);
  return [...found];
}

/**
 * Compiles modules and all that they reach.
 *
 * @returns texts by their path in the package
 */
function emitted(roots: readonly string[]): Map<string, string> {
  const outputs = new Map<string, string>();
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.esnext.full.d.ts"],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    strict: true,
    noCheck: true, // deno check has done it, with the types of packages and of Deno
    types: [],
    rootDir: join(ROOT, "lib"),
    outDir: "/",
  };
  const host = ts.createCompilerHost(options);
  const { emitSkipped } = ts.createProgram([...roots], options, host).emit(undefined, (path, text) => {
    // Declarations keep the extensions of sources.
    const own = path.endsWith(".d.ts") ? text.replaceAll(/((?:from|import\()\s*"\.[^"]*)\.ts"/g, '$1.js"') : text;
    outputs.set(relative("/", path), own);
  });
  if (emitSkipped) throw new Error("the compiler wrote nothing");
  return outputs;
}

/**
 * Files that modules import as bytes, as modules of their own: Node has no such imports.
 *
 * @param outputs changed in place
 */
function withBytes(outputs: Map<string, string>): Map<string, string> {
  for (const [path, text] of [...outputs]) {
    if (!path.endsWith(".js")) continue;
    const own = text.replaceAll(/from "(\.[^"]+)" with \{ type: "bytes" \}/g, (_, file: string) => {
      const place = join(dirname(path), file), bytes = Deno.readFileSync(join(ROOT, "lib", place));
      outputs.set(
        `${place}.js`,
        `export default Uint8Array.from(atob("${bytes.toBase64()}"), (c) => c.charCodeAt(0));\n`,
      );
      return `from "${file}.js"`;
    });
    outputs.set(path, own);
  }
  return outputs;
}

/** Packages that a module imports, by its text. */
function packagesIn(text: string): string[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName).filter((name) => /^[^.]/.test(name))
    .filter((name) => !name.startsWith("node:"));
}

/** package.json, with the versions that deno.json pins. */
function manifest(kept: readonly { readonly name: string; readonly path: string }[], packages: ReadonlySet<string>) {
  const imports: Readonly<Record<string, string>> = config.imports;
  const place = (path: string, end: string) => `./${relative(join(ROOT, "lib"), path).replace(/\.ts$/, end)}`;
  return {
    name: config.name,
    version: config.version,
    description: "Losses, estimators and intervals for comparing preference optimisation on confounded data",
    license: "MIT",
    type: "module",
    sideEffects: false,
    engines: { node: ">=20.10" },
    exports: Object.fromEntries(
      kept.map(({ name, path }) => [name, { types: place(path, ".d.ts"), default: place(path, ".js") }]),
    ),
    dependencies: Object.fromEntries(
      [...packages].toSorted().map((name) => [name, imports[name].slice(imports[name].lastIndexOf("@") + 1)]),
    ),
  };
}

const readme = (names: readonly string[]) =>
  `# preflab

Losses in float64 with their slopes, estimators of a policy's value from logs, intervals and claims, readers of logs and
preferences, and worlds whose truth is known. Modules: ${
    names.map((name) => `\`preflab/${name.slice(2)}\``).join(", ")
  }.

\`\`\`js
import { meanInterval } from "preflab/statistics";
console.log(meanInterval([0.1, 0.3, 0.2, 0.4]));
\`\`\`

Types stand beside the code, and every function says what it takes, in which units, and from which paper it is.
`;
