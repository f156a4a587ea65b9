/**
 * `deno task data`: fetches what is missing of the real data sets, verifies all of it, and lists it.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { fetchDataset } from "../datasets/fetch.ts";
import { type Dataset, findDataset, manifest } from "../datasets/manifest.ts";
import { CACHE, type FileState, mirrorFolder, openStore } from "../datasets/store.ts";
import { granted } from "../datasets/verify.ts";
import { UserError } from "../user_error.ts";
import { say } from "./tell.ts";

const HELP = `Fetch, verify and list the real data sets.

Usage: deno task data [NAME...] [--list] [--mirror DIR]

  NAME          only these data sets: ${manifest.datasets.map((d) => d.id).join(", ")}
  --list        only verify and list, change nothing
  --mirror DIR  take files from this folder, laid out as <owner>/<repo>/<commit>/<path>, and not from the network
                (PREFLAB_MIRROR=DIR in front of the task does the same, and lets it read a folder outside the project)
  --help        show this text

Files are kept in ${CACHE}; licences and sources are in data/README.md.`;

/**
 * The command.
 *
 * @param args what stands behind `deno task data`
 * @returns the text for standard output, and one line for each thing that went wrong
 * @throws UserError when the arguments are wrong or a folder cannot be read
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match((await main(["--help"])).output, /^Fetch, verify and list/);
 * ```
 */
export async function main(args: readonly string[]): Promise<{ output: string; failures: readonly string[] }> {
  const { values, positionals } = parse(args);
  if (values.help) return { output: HELP, failures: [] };
  const failures = new Set<string>();
  const names = positionals.length > 0 ? [...new Set(positionals)] : manifest.datasets.map((d) => d.id);
  const datasets = names.map((name) => findDataset(manifest, name));
  const mirror = mirrorFolder(values.mirror, mirrorFromEnvironment());

  if (!values.list) {
    for (const { id } of datasets) {
      try {
        await fetchDataset(id, {
          mirror,
          progress: ({ file, outcome }) => outcome === "fetched" && console.error(`fetched ${file.path}`),
        });
      } catch (error) {
        // One data set that cannot be had should not keep the others from arriving.
        if (!(error instanceof UserError)) throw error;
        failures.add(error.message);
      }
    }
  }
  const store = openStore({ mirror: values.list ? mirror : undefined });
  const rows = [];
  for (const dataset of datasets) {
    const states = [];
    for (const file of dataset.files) states.push(await store.inspect(file));
    rows.push(row(dataset, states));
    for (const s of states) if (s.state === "damaged" && values.list) failures.add(`${s.where}: ${s.why}`);
  }
  const output = layout([["data set", "files", "MB", "state", "licence"], ...rows]);
  return { output, failures: [...failures] };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { list: { type: "boolean" }, mirror: { type: "string" }, help: { type: "boolean" } },
    });
  } catch (error) {
    // node:util explains at length what the first sentence says.
    const reason = (error as Error).message.split(/[.\n] ?/)[0];
    throw new UserError(`${reason}; see deno task data --help`);
  }
}

function mirrorFromEnvironment(): string | undefined {
  if (!granted({ name: "env", variable: "PREFLAB_MIRROR" })) return undefined;
  return Deno.env.get("PREFLAB_MIRROR");
}

function row({ id, files, licence }: Dataset, states: readonly FileState[]): string[] {
  const megabytes = files.reduce((sum, file) => sum + file.bytes, 0) / 1e6;
  const bad = (["damaged", "missing"] as const).flatMap((state) => {
    const count = states.filter((s) => s.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return [id, String(files.length), megabytes.toFixed(1), bad.join(", ") || "verified", licence];
}

/** Columns padded to their widest cell. */
function layout(rows: readonly string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  return rows.map((cells) => cells.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()).join("\n");
}

if (import.meta.main) {
  try {
    const { output, failures } = await main(Deno.args);
    say(output);
    for (const line of failures) console.error(`error: ${line}`);
    if (failures.length > 0) Deno.exitCode = 2;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`error: ${error.message.replaceAll(/\s+/g, " ")}`); // an argument may hold a line end
    Deno.exitCode = 2;
  }
}
