/** Who may import whom, read from the sources. */
import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path/posix";
import config from "../deno.json" with { type: "json" };

/**
 * From the ground up; each imports from those before it and from itself. Types count like values: who needs to know the
 * shape of a thing depends on it.
 */
const LAYERS: readonly (readonly [folder: string, what: string])[] = [
  ["lib", "random streams, files, errors for users"],
  ["lib/exact", "log space, log-linear laws, budgets of KL, descent and Newton, in float64"],
  ["lib/formats", "files of tensors that others wrote, as bytes"],
  ["lib/tokenizers", "texts as tokens, chats, prompts with completions"],
  ["lib/tensor", "engines, kernels, gradients"],
  ["lib/statistics", "intervals, claims, tests of many claims"],
  ["lib/losses", "losses on tensors, and in float64"],
  ["lib/policies", "policies on tensors"],
  ["lib/estimators", "values of policies from logs"],
  ["lib/datasets", "real data"],
  ["lib/worlds", "made data whose truth is known"],
  ["lib/training", "optimisers, trainers of log-linear policies and of language models"],
  ["lib/learn", "policies learned from a user's own data, fold by fold"],
  ["lib/report", "figures, tables, pages"],
  ["lib/optional", "what a machine may lack"],
  ["lib/run", "questions, runs, their rows and reports of them"],
  ["lib/audit", "claims computed again"],
  ["lib/sweep", "an experiment at many conditions, in processes"],
  ["experiments", "a script a paper"],
  ["tasks", "commands over all experiments"],
  ["bench", "how fast it all is"],
  ["dev", "what needs packages of its own: compiling kernels, the suite of tfjs-core, a browser"],
];

const ROOT = new URL("../", import.meta.url).pathname;
const IMPORT = /^(?:import|export)\s[^;"']*?\bfrom\s*["'](\.[^"']+)["']|^import\s*["'](\.[^"']+)["']/gm;

/** Files that only tests, benchmarks and tasks start with. */
const isTest = (path: string) => /_(test|bench)\.ts$|_helpers\.ts$|\/testdata\//.test(path);
/** A task may bring together whatever it needs; nothing imports it for that. */
const tasks = Object.values(config.tasks).flatMap(({ command }) =>
  command.match(/(?:lib|experiments|tasks|bench|dev)\/\S+\.ts/g) ?? []
);

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(join(ROOT, folder))) {
    if (isDirectory) yield* sources(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

/** Source text without comments, whose examples import as they like. */
const text = (path: string) => Deno.readTextFileSync(join(ROOT, path)).replaceAll(/\/\*[\s\S]*?\*\//g, "");

const imports = new Map(
  ["lib", "experiments", "tasks", "bench", "dev"].flatMap((folder) => [...sources(folder)]).map((path) => {
    const found = [...text(path).matchAll(IMPORT)].map(([, from, effect]) => from ?? effect);
    return [path, found.map((name) => normalize(join(dirname(path), name))).filter((to) => to.endsWith(".ts"))];
  }),
);

const layerOf = (path: string) =>
  LAYERS.findLastIndex(([folder]) => folder === "lib" ? /^lib\/[^/]+$/.test(path) : path.startsWith(`${folder}/`));

Deno.test("every folder of sources is a layer", () => {
  for (const path of imports.keys()) assert.ok(layerOf(path) >= 0, `${path} belongs to no layer of lib/layers_test.ts`);
});

Deno.test("nothing imports upward", () => {
  const upward = [...imports].filter(([path]) => !isTest(path) && !tasks.includes(path)).flatMap(([path, to]) =>
    to.filter((other) => layerOf(other) > layerOf(path)).map((other) => `${path} imports ${other}`)
  );
  assert.deepEqual(upward, []);
});

Deno.test("no file imports itself, by whatever way round", () => {
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    assert.ok(start < 0, `a circle: ${[...way.slice(start), path].join(" imports ")}`);
    if (done.has(path)) return;
    for (const to of imports.get(path) ?? []) visit(to, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
});

Deno.test("an experiment imports from the library and from its own folder", () => {
  const own = (path: string) => /^experiments\/([a-z]+)\//.exec(path)?.[1];
  const across = [...imports].filter(([path]) => !isTest(path)).flatMap(([path, to]) => {
    const name = own(path) ?? /^experiments\/([a-z]+)\.ts$/.exec(path)?.[1];
    return to.filter((other) => own(other) !== undefined && own(other) !== name).map((other) =>
      `${path} imports ${other}`
    );
  });
  assert.deepEqual(across, []);
});

/** Names that a file gives away, read from its text without comments. */
const EXPORTED = /^export\s+(?:async\s+)?(?:const|let|function\*?|class|type|interface|enum)\s+(\w+)/gm;

Deno.test("whatever is exported is imported, by code, a test or an example", () => {
  const taken = new Map<string, Set<string>>(), whole = new Set<string>();
  for (const path of imports.keys()) {
    const to = (name: string) => normalize(join(dirname(path), name));
    for (const [, what, from] of text(path).matchAll(/^(?:import|export)\s+([^;"']*?)\s*from\s*["'](\.[^"']+)["']/gm)) {
      // What takes all of a file hands it on or looks names up in it.
      if (what.includes("*")) whole.add(to(from));
      const names = what.match(/\{([^}]*)\}/)?.[1].split(",") ?? [];
      const of = taken.getOrInsertComputed(to(from), () => new Set());
      for (const name of names) of.add(name.trim().replace(/^type\s+/, "").split(" as ")[0]);
    }
    for (const [, from] of text(path).matchAll(/\bimport\(\s*["'](\.[^"']+)["']/g)) whole.add(to(from));
  }
  const alone = [...imports.keys()].filter((path) => !whole.has(path)).flatMap((path) => {
    const examples = [...Deno.readTextFileSync(join(ROOT, path)).matchAll(/```ts\n([^]*?)```/g)].join("\n");
    return [...text(path).matchAll(EXPORTED)].map(([, name]) => name)
      .filter((name) => !taken.get(path)?.has(name) && !new RegExp(`\\b${name}\\b`).test(examples))
      .map((name) => `${path} exports ${name}`);
  });
  // AssemblyScript exports to WebAssembly, whose callers are not files.
  assert.deepEqual(alone.filter((told) => !told.includes("/kernels/assembly/")), []);
});
