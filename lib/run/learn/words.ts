/**
 * Methods over weights of words, or of actions.
 *
 * @module
 */
import { lawAt } from "../../exact/laws.ts";
import { type Compared, crossValidate } from "../../learn/cross_validate.ts";
import { Rng } from "../../random.ts";
import { startBackend } from "../../tensor/backend.ts";
import { trlSettings, WEIGHTED } from "../trl/export.ts";
import type { LearnOptions } from "./options.ts";
import { wordPolicies } from "./report.ts";
import type { LearnRead } from "./source.ts";

/** What came of a comparison. */
export interface Learned {
  /** The data that were compared on. */
  readonly read: LearnRead;
  readonly compared: Compared;
  /** What policies are, in a sentence. */
  readonly policies: string;
  /** Texts of files with policies from all rows, by name. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of what was written on the way. */
  readonly written: readonly string[];
  /** Called once the report is written: removes what was kept for a run that is stopped before. */
  settle?(): Promise<void>;
}

/**
 * Learns policies whose scores are linear in features of texts, and compares them.
 *
 * @throws UserError and DivergenceError as `crossValidate` does
 * @example
 * ```ts ignore
 * const { compared, files } = await learnWords(options, read, console.log);
 * ```
 */
export async function learnWords(
  { methods, grid, numbers: { folds, kl, features, seed } }: LearnOptions,
  read: LearnRead,
  say: (line: string) => void,
): Promise<Learned> {
  await startBackend("wasm");
  const { data } = read;
  const compared = crossValidate(data, {
    ...{ methods, folds, grid, budget: kl, features, seed, rng: Rng.seed(seed).fork("learn") },
    progress: (done, of, what) => say(`${done + 1} of ${of}: ${what}`),
  });
  const { policies, results, space, map } = compared;
  const files = new Map(policies.map(({ theta, beta }, m) => [
    `policy-${results[m].id}.json`,
    // Over the texts of one prompt a policy is a law, which deno task value --target-file reads.
    data.kind === "log" && data.prompts.length === 1
      ? json(Object.fromEntries(
        lawAt(space, theta).slice(0, data.prompts[0].texts.length)
          .map(Math.exp).entries().map(([a, p]) => [data.prompts[0].texts[a], p]),
      ))
      : json({ method: results[m].id, beta, scores: map.readable(theta) }),
  ]));
  if (data.kind === "pairs") {
    const isWeighted = data.rows.some(({ weight }) => weight !== 1);
    const asked = methods.map(({ id, loss, asked }, m) => {
      const { loss: options, likelihood } = asked(policies[m].beta);
      const own = { name: loss.name, options, ...(likelihood && { likelihood: likelihood.weight }) };
      return [id, isWeighted ? WEIGHTED : own] as const;
    });
    files.set("trl.json", json(trlSettings(Object.fromEntries(asked), { usual: "pairs.jsonl" })));
  }
  return { read, compared, policies: wordPolicies(data, map.dimensions), files, written: [] };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
