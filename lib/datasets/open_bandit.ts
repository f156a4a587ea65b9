/**
 * The Open Bandit sample, campaign "men": two logs of a fashion shop that fills three positions of a page from 34 items,
 * one under a uniform policy and one under Bernoulli Thompson sampling (Saito et al., NeurIPS 2021).
 *
 * A row is one position of one page view. `propensity` is the probability of that item at that position given the
 * visitor, not of the three items together: it is exactly 1/34 in the uniform log, and averages of
 * (1/34) / propensity over the Thompson log are 1 within their errors. Positions of one page view are separate rows that
 * the file does not link.
 *
 * @module
 */
import { object } from "valibot";
import { rowsIn } from "./rows.ts";
import { numeral, text, whole } from "./schemas.ts";
import type { Store } from "./store.ts";

/** Items a position can show. */
export const ITEMS = 34;

/** Positions of the page. */
const POSITIONS = 3;

/** Categorical attributes of a visitor, hashed by the publisher. */
const USER_FEATURES = ["user_feature_0", "user_feature_1", "user_feature_2", "user_feature_3"] as const;

const round = object({
  item_id: whole(0, ITEMS - 1),
  position: whole(1, POSITIONS),
  click: whole(0, 1),
  propensity_score: numeral((value) => value > 0 && value <= 1, "a probability in (0, 1]"),
  ...{ user_feature_0: text, user_feature_1: text, user_feature_2: text, user_feature_3: text },
});
const item = object({ item_id: whole(0, ITEMS - 1), item_feature_0: numeral() });

/** A log of one policy, `n` rows in order of time. */
export interface BanditLog {
  /** Number of rows. */
  readonly n: number;
  /** The action: item shown, 0 to 33, `[n]`. */
  readonly item: Uint8Array;
  /** Where it was shown, 0 (left) to 2, `[n]`; the file counts from 1. */
  readonly position: Uint8Array;
  /** Clicked, 0 or 1, `[n]`. */
  readonly click: Uint8Array;
  /** Probability with which the logging policy put that item at that position, in (0, 1], `[n]`. */
  readonly propensity: Float64Array;
  /** Visitor's attributes as category numbers, the same in both logs, `[n * 4]` row-major. */
  readonly user: Uint8Array;
}

/** Both logs. */
export interface OpenBandit {
  /** Items a position can show: 34. */
  readonly items: number;
  /** Positions of the page: 3. */
  readonly positions: number;
  /** Log of the policy that shows each item with probability 1/34. */
  readonly uniform: BanditLog;
  /** Log of Bernoulli Thompson sampling. */
  readonly thompson: BanditLog;
  /** Categories of each of the four visitor attributes. */
  readonly userCategories: readonly number[];
  /** The items' one numeric feature, standardised by the publisher, `[34]`. */
  readonly itemFeature: Float64Array;
}

/**
 * Loads both logs.
 *
 * @throws UserError when a file is missing or damaged (see `Store.read`)
 *
 * @example
 * ```ts
 * import { openStore } from "./store.ts";
 * import assert from "node:assert/strict";
 * const store = openStore();
 * if ((await store.has("open-bandit")).ok) assert.equal((await loadOpenBandit(store)).uniform.n, 10000);
 * ```
 */
export async function loadOpenBandit(store: Store): Promise<OpenBandit> {
  const [uniform, thompson, items] = await Promise.all(
    ["random/men/men.csv", "bts/men/men.csv", "random/men/item_context.csv"].map((name) =>
      store.read("open-bandit", name)
    ),
  );
  return await parseOpenBandit({ uniform, thompson, items });
}

/**
 * Parses both logs and the table of items.
 *
 * @param files.uniform bytes of random/men/men.csv
 * @param files.thompson bytes of bts/men/men.csv
 * @param files.items bytes of random/men/item_context.csv
 * @throws TypeError naming row and column of a bad cell; UserError for a table that is malformed
 *
 * @example A log without rows
 * ```ts
 * import { findDataset, findFile, manifest } from "./manifest.ts";
 * import assert from "node:assert/strict";
 * const header = (name: string) => findFile(findDataset(manifest, "open-bandit"), name).columns.join();
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const log = bytes(header("random/men/men.csv"));
 * const rows = Array.from({ length: ITEMS }, (_, item) => `${item},${item},0.5,a,b,c`);
 * const items = bytes([header("item_context.csv"), ...rows].join("\n"));
 * assert.equal((await parseOpenBandit({ uniform: log, thompson: log, items })).uniform.n, 0);
 * ```
 */
export async function parseOpenBandit(
  files: { uniform: Uint8Array; thompson: Uint8Array; items: Uint8Array },
): Promise<OpenBandit> {
  const categories = USER_FEATURES.map(() => new Map<string, number>());
  const uniform = await parseLog(files.uniform, "random/men/men.csv", categories);
  const thompson = await parseLog(files.thompson, "bts/men/men.csv", categories);
  return {
    items: ITEMS,
    positions: POSITIONS,
    uniform,
    thompson,
    userCategories: categories.map((codes) => codes.size),
    itemFeature: await parseItems(files.items),
  };
}

async function parseLog(data: Uint8Array, source: string, categories: Map<string, number>[]): Promise<BanditLog> {
  const rows = await rowsIn(data, "open-bandit", source, round), width = USER_FEATURES.length;
  const user = new Uint8Array(rows.length * width);
  for (const [k, codes] of categories.entries()) {
    for (const [i, row] of rows.entries()) {
      const hash = row[USER_FEATURES[k]];
      if (!codes.has(hash)) codes.set(hash, codes.size);
      user[i * width + k] = codes.get(hash)!;
    }
    // A byte holds 256 numbers: one more would be taken for the first.
    if (codes.size > 256) throw new RangeError(`${source}: column "${USER_FEATURES[k]}": more than 256 categories`);
  }
  return {
    n: rows.length,
    item: Uint8Array.from(rows, (row) => row.item_id),
    position: Uint8Array.from(rows, (row) => row.position - 1),
    click: Uint8Array.from(rows, (row) => row.click),
    propensity: Float64Array.from(rows, (row) => row.propensity_score),
    user,
  };
}

async function parseItems(data: Uint8Array): Promise<Float64Array> {
  const source = "random/men/item_context.csv", rows = await rowsIn(data, "open-bandit", source, item);
  if (rows.length !== ITEMS || new Set(rows.map((row) => row.item_id)).size !== ITEMS) {
    throw new RangeError(`${source}: expected each of ${ITEMS} items once, got ${rows.length} rows`);
  }
  const feature = new Float64Array(ITEMS);
  for (const row of rows) feature[row.item_id] = row.item_feature_0;
  return feature;
}
