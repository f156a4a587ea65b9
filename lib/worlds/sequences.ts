/**
 * A small autoregressive policy with an end token, whose responses can all be listed: for questions about length.
 *
 * Each token depends on the one before and on the constitution. A response has one token or more; at the longest length the
 * end is certain.
 *
 * @module
 */
import { float64 } from "../float64.ts";
import { logSoftmaxRows } from "../exact/log_space.ts";
import type { Rng } from "../random.ts";

/** Knobs of the policies. */
export interface SequenceSettings {
  /** Tokens V beside the end, >= 2. */
  readonly vocabulary: number;
  /** Longest response T in tokens, >= 2. */
  readonly longest: number;
  /** Constitutions C, >= 2. */
  readonly constitutions: number;
}

/**
 * Draws logits of a base policy that tells constitutions apart a little, by tokens and not by length.
 *
 * @param settings.link standard deviation of the constitution-specific logits of tokens, in nats
 * @param settings.endLogit logit of the end against tokens whose logits have mean 0
 * @returns logits `[C, V + 1, V + 1]`: constitution, token before (V at the start), token (V is the end)
 * @throws RangeError for sizes below two, and where all responses are more than 100,000
 * @example
 * ```ts
 * import { Rng } from "../random.ts";
 * import assert from "node:assert/strict";
 * const settings = { vocabulary: 2, longest: 3, constitutions: 2, link: 0.3, endLogit: 0 };
 * assert.equal(baseSequences(settings, Rng.seed(1)).length, 2 * 3 * 3);
 * ```
 */
export function baseSequences(
  settings: SequenceSettings & { readonly link: number; readonly endLogit: number },
  rng: Rng,
): Float64Array {
  const { vocabulary: V, longest, constitutions, link, endLogit } = settings;
  for (const [name, value] of Object.entries({ vocabulary: V, longest, constitutions })) {
    if (!Number.isInteger(value) || value < 2) {
      throw new RangeError(`${name} must be a whole number >= 2, got ${value}`);
    }
  }
  if (V ** longest > 100_000) {
    throw new RangeError(`${V} tokens and ${longest} places make more than 100,000 responses`);
  }
  const common = rng.fork("common").normals((V + 1) * V), own = rng.fork("link").normals(constitutions * V);
  return float64(constitutions * (V + 1) ** 2, (i) => {
    const token = i % (V + 1), before = Math.floor(i / (V + 1)) % (V + 1), c = Math.floor(i / (V + 1) ** 2);
    return token === V ? endLogit : common[before * V + token] / 2 + link * own[c * V + token];
  });
}

/**
 * log-probs of the next token; the end is impossible at the start.
 *
 * @param logits `[C, V + 1, V + 1]`
 * @returns log-probs in nats, the same shape
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const next = nextTokens(new Float64Array(9), 2); // one constitution
 * assert.equal(next[2 * 3 + 2], -Infinity);
 * assert.ok(Math.abs(next[2] + Math.log(3)) < 1e-15);
 * ```
 */
export function nextTokens(logits: Float64Array, vocabulary: number): Float64Array {
  const size = vocabulary + 1, start = vocabulary * size + vocabulary;
  const masked = logits.slice();
  for (let at = start; at < masked.length; at += size * size) masked[at] = -Infinity;
  return logSoftmaxRows(masked, size);
}

/** All responses under each constitution. */
interface ListedSequences {
  /** log-probs in nats, `[C][S]`; they sum to one. */
  readonly logps: readonly Float64Array[];
  /** Tokens of each response, the end not counted `[S]`. */
  readonly lengths: Uint8Array;
}

/**
 * Lists all responses with their log-probs.
 *
 * @param next log-probs of {@linkcode nextTokens}
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const settings = { vocabulary: 2, longest: 2, constitutions: 1 };
 * const { logps, lengths } = listSequences(settings, nextTokens(new Float64Array(9), 2));
 * assert.deepEqual([...lengths].sort(), [1, 1, 2, 2, 2, 2]);
 * assert.ok(Math.abs(logps[0].reduce((sum, v) => sum + Math.exp(v), 0) - 1) < 1e-15);
 * ```
 */
export function listSequences(
  { vocabulary: V, longest, constitutions }: SequenceSettings,
  next: Float64Array,
): ListedSequences {
  const count = (V ** (longest + 1) - V) / (V - 1), size = V + 1;
  const lengths = new Uint8Array(count);
  const logps = Array.from({ length: constitutions }, () => new Float64Array(count));
  for (const [c, out] of logps.entries()) {
    let s = 0;
    const extend = (before: number, logp: number, length: number) => {
      const from = (c * size + before) * size;
      for (let token = 0; token < V; token++) {
        const so = logp + next[from + token];
        lengths[s] = length + 1;
        out[s++] = length + 1 === longest ? so : so + next[(c * size + token) * size + V];
        if (length + 1 < longest) extend(token, so, length + 1);
      }
    };
    extend(V, 0, 0);
  }
  return { logps, lengths };
}
