/** The packages that development needs beside those of the project, which no run fetches. */
import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import map from "./import_map.json" with { type: "json" };

/** Packages of a lock file, by name and version. */
async function locked(path: string): Promise<Record<string, { readonly integrity: string }>> {
  const { npm } = JSON.parse(await Deno.readTextFile(new URL(path, import.meta.url)));
  // Which peers a package found stands behind its version: it is the same package.
  return Object.fromEntries(Object.entries(npm).map(([name, entry]) => [name.replace(/_.*$/, ""), entry as never]));
}
const packages = await locked("../deno.lock"), own = await locked("./deno.lock");

Deno.test("packages are those of deno.json in the same versions, and five more", () => {
  const more = Object.keys(map.imports).filter((name) => !Object.hasOwn(config.imports, name));
  assert.deepEqual(more, ["assemblyscript/", "esbuild-wasm/", "jasmine-core/", "puppeteer-core", "typescript"]);
  const shared = Object.entries(map.imports).filter(([name]) => !more.includes(name));
  assert.deepEqual(Object.fromEntries(shared), config.imports);
});

Deno.test("what both lock files have is the same, and the project's has nothing else", () => {
  for (const [name, { integrity }] of Object.entries(packages)) assert.equal(own[name]?.integrity, integrity, name);
});

Deno.test("a first run fetches no union of tfjs, no compiler, no bundler and no browser", () => {
  const names = Object.keys(packages).map((name) => name.slice(0, name.lastIndexOf("@")));
  for (const large of ["@tensorflow/tfjs", "binaryen", "esbuild-wasm", "puppeteer-core", "@types/node", "typescript"]) {
    assert.ok(!names.includes(large), large);
  }
});
