/**
 * Makes one script of the test files in `@tensorflow/tfjs-core`, whose imports only a bundler understands.
 *
 * @module
 */
import tests from "@tensorflow/tfjs-core/dist/tests.js" with { type: "text" };
import * as esbuild from "esbuild-wasm/esm/browser.js";
import wasm from "esbuild-wasm/esbuild.wasm" with { type: "bytes" };

/** Puts the suite on the engine and the jasmine that its worker has set up. */
const ENTRY = `
  import { setTestEnvs } from "./jasmine_util";
  setTestEnvs([globalThis.conformanceEnvironment]);
`;

/**
 * The whole suite.
 *
 * @returns a script without imports
 * @example
 * ```ts ignore
 * const script = await bundleSuite();
 * ```
 */
export async function bundleSuite(): Promise<string> {
  await esbuild.initialize({ wasmModule: new WebAssembly.Module(new Uint8Array(wasm)), worker: false });
  try {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: `import "entry:environment";\n${tests}`, loader: "js" },
      bundle: true,
      write: false,
      format: "iife",
      define: { process: "undefined", global: "globalThis" },
      banner: { js: "const require = (name) => globalThis.conformanceModules[name];" },
      logLevel: "error",
      plugins: [{ name: "package", setup: (build) => resolveInside(build) }],
    });
    return outputFiles[0].text;
  } finally {
    await esbuild.stop();
  }
}

/** Relative imports without extensions; files are read as modules' text, which needs no permission. */
function resolveInside(build: esbuild.PluginBuild): void {
  build.onResolve({ filter: /^entry:/ }, () => ({ path: "environment", namespace: "entry" }));
  build.onLoad({ filter: /.*/, namespace: "entry" }, () => ({ contents: ENTRY }));
  build.onResolve({ filter: /^\./ }, ({ path, importer, namespace }) => {
    const folder = namespace === "package" ? importer : "/";
    return { path: new URL(path, `file://${folder}`).pathname, namespace: "package" };
  });
  build.onResolve({ filter: /^[^.]/ }, ({ path }) => ({ path, external: true }));
  build.onLoad({ filter: /.*/, namespace: "package" }, async ({ path }) => {
    for (const candidate of [path, `${path}.js`, `${path}/index.js`]) {
      if (!candidate.endsWith(".js")) continue;
      try {
        const { default: contents } = await import(`@tensorflow/tfjs-core/dist${candidate}`, {
          with: { type: "text" },
        });
        return { contents: contents.replace(/\/\/# sourceMappingURL=.*/, "") };
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // not found: the next candidate
      }
    }
    throw new Error(`${path}: not in the package`);
  });
}
