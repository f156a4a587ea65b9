/** The audit's import map: the packages of the project, and no arithmetic of lib/statistics below experiments/. */
import assert from "node:assert/strict";
import * as arithmetic from "./arithmetic.ts";

const read = async (path: string) => JSON.parse(await Deno.readTextFile(new URL(path, import.meta.url)));

Deno.test("packages are those of deno.json, in the same versions", async () => {
  assert.deepEqual((await read("./import_map.json")).imports, (await read("../../deno.json")).imports);
});

/** Names that files below a folder import from lib/statistics, by module; type imports vanish and do not count. */
async function imported(folder: URL): Promise<Map<string, Set<string>>> {
  const all = new Map<string, Set<string>>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const merge = isDirectory
      ? await imported(new URL(`${name}/`, folder))
      : /(?<!_test|_helpers|_bench)\.ts$/.test(name)
      ? importsOf(await Deno.readTextFile(new URL(name, folder)))
      : [];
    for (const [module, names] of merge) all.set(module, new Set([...all.get(module) ?? [], ...names]));
  }
  return all;
}

function importsOf(text: string): Map<string, Set<string>> {
  return new Map(
    [...text.matchAll(/import (type )?\{([^}]*)\} from "[./]*(?:lib\/)?statistics\/([a-z]+)\.ts"/g)].map((found) => {
      const names = found[2].split(",").map((name) => name.trim()).filter((name) =>
        name !== "" && !name.startsWith("type ")
      );
      return [found[3], new Set(found[1] ? [] : names)];
    }),
  );
}

Deno.test("what claims may compute with is in the audit's arithmetic, under the same names", async () => {
  const scope = (await read("./import_map.json")).scopes["../../experiments/"];
  const used = await imported(new URL("../../experiments/", import.meta.url));
  for (const [module, names] of used) {
    // How probabilities of a policy are scored is computed in runs, never in claims; what a number can be is declared.
    if (module === "calibration" || module === "range" || names.size === 0) continue;
    assert.equal(scope[`../statistics/${module}.ts`], "./arithmetic.ts", `${module} is computed by the report's code`);
    for (const name of names) assert.ok(name in arithmetic, `${module}: ${name} is not in lib/audit/arithmetic.ts`);
  }
  assert.ok(used.size >= 6);
});
