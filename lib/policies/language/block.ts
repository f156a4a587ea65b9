/**
 * One block of a language model, forward and backward, keeping no more in between than the way back needs.
 *
 * @module
 */
import { attend, type attention, attentionBack, type AttentionOptions } from "../../tensor/fused/attention.ts";
import { embedding, embeddingBack } from "../../tensor/fused/embedding.ts";
import { rmsNorm, rmsNormBack } from "../../tensor/fused/rms_norm.ts";
import { rotary, rotaryBack } from "../../tensor/fused/rotary.ts";
import { swiglu, type SwigluBack, swigluBack } from "../../tensor/fused/swiglu.ts";
import { type Tensor, tf, type Variable } from "../../tensor/tf.ts";
import type { LanguageModelConfig } from "./config.ts";
import { type Linear, needsInput, type Product, times, timesBack } from "./linear.ts";
import type { Sequences } from "./sequences.ts";
import type { Slopes } from "./slopes.ts";

/** Gains of a norm, and whether they are trained. */
export interface Norm {
  /** `[D]` */
  readonly gain: Variable;
  /** Whether the gain is trained. */
  readonly trained: boolean;
}

/** The weights of a block. */
export interface Block {
  /** Before attention. */
  readonly before: Norm;
  /** Queries, then keys, then values `[(H + 2K)·headWidth, D]`. */
  readonly queryKeyValue: Linear;
  /** Of each head of the queries, where the model has it. */
  readonly queryNorm?: Norm;
  /** Of each head of the keys. */
  readonly keyNorm?: Norm;
  /** Out of attention `[D, H·headWidth]`. */
  readonly out: Linear;
  /** Behind attention, in models with norms on both sides. */
  readonly behind?: Norm;
  /** Before the feed-forward layer. */
  readonly beforeFeedForward: Norm;
  /** Gate, then what it lets through `[2F, D]`. */
  readonly gateUp: Linear;
  /** `[D, F]` */
  readonly down: Linear;
  /** Behind the feed-forward layer. */
  readonly behindFeedForward?: Norm;
  /** Positions that attention sees; default: all before. */
  readonly window?: number;
}

/** What blocks share. */
export interface Surroundings {
  /** Sizes and kinds. */
  readonly config: LanguageModelConfig;
  /** Of rotations, of every position of the batch. */
  readonly tables: Parameters<typeof rotary>[1];
  /** The batch. */
  readonly sequences: Sequences;
  /** Leaves low-rank changes out: the model as it was before them. Not on a way back. */
  readonly withoutChanges: boolean;
  /** In place of attention within the batch: see `decoder.ts`. */
  readonly attend?: typeof attention;
  /** In place of the products with weights, x·Wᵀ. */
  readonly product?: Product;
}

/** Shares of attention that a block keeps for the way back, at most; more are computed again. */
const SHARES_KEPT = 2 ** 20;

/** What a block leaves behind for the way back. */
export interface Trace {
  /** What came out `[N, D]`, or `[R, D]` of the rows that were asked for; the caller's. */
  readonly y: Tensor;
  /** Goes back; what was kept is freed. */
  back(dy: Tensor, slopes: Slopes): Tensor;
  /** Frees what was kept, where there is no way back. */
  dispose(): void;
}

/** A norm as a function of tensors, so that it can be differentiated in both. */
const normalise = ({ config }: Surroundings, x: Tensor, gain: Tensor): Tensor =>
  rmsNorm(x, config.gainOffset === 0 ? gain : tf.add(gain, config.gainOffset), config.epsilon);

const norm = (around: Surroundings, { gain }: Norm, x: Tensor): Tensor => normalise(around, x, gain);

/** The slope of what went into a norm, added to that of the stream beside it, and what came out. */
function normBack(
  { config }: Surroundings,
  { gain, trained }: Norm,
  x: Tensor,
  dy: Tensor,
  slopes: Slopes,
  onto?: Tensor,
): { readonly dx: Tensor; readonly y: Tensor } {
  const gains = config.gainOffset === 0 ? gain : tf.add(gain, config.gainOffset);
  const { dx, dgain, y } = rmsNormBack(x, gains, config.epsilon, dy, onto);
  if (trained) slopes.add(gain, dgain);
  return { dx, y };
}

/** Norms of heads and rotation: from what the first product gives to what attention takes. */
function rotated(around: Surroundings, x: Tensor, gains: readonly Tensor[]): Tensor {
  const { config, tables } = around;
  const { heads, keyHeads, headWidth } = config, rows = x.shape[0];
  let prepared = x;
  if (gains.length > 0) {
    const part = (from: number, count: number) => tf.slice(x, [0, from * headWidth], [rows, count * headWidth]);
    const eachHead = (from: number, count: number, gain: Tensor) =>
      tf.reshape(normalise(around, tf.reshape(part(from, count), [rows * count, headWidth]), gain), [
        rows,
        count * headWidth,
      ]);
    prepared = tf.concat([
      eachHead(0, heads, gains[0]),
      eachHead(heads, keyHeads, gains[1]),
      part(heads + keyHeads, keyHeads),
    ], 1);
  }
  return rotary(prepared, tables, turnsOf(around));
}

const turnsOf = ({ config: { heads, keyHeads }, sequences: { positions } }: Surroundings) => ({
  heads: heads + keyHeads,
  positions,
});

/** Back through rotation and norms of heads. */
function headNormsBack(around: Surroundings, x: Tensor, norms: readonly Norm[], dy: Tensor, slopes: Slopes): Tensor {
  const [dx, ...dgains] = tf.grads((x, ...gains) => rotated(around, x, gains))(
    [x, ...norms.map(({ gain }) => gain)],
    dy,
  );
  norms.forEach(({ gain, trained }, i) => trained && slopes.add(gain, dgains[i]));
  return dx;
}

function attentionOptions({ config, sequences: { lengths, prefixes } }: Surroundings, { window }: Block) {
  const options: AttentionOptions = {
    ...{ heads: config.heads, keyHeads: config.keyHeads, lengths, prefixes, scale: config.queryScale },
    ...(config.attentionSoftCap === undefined ? {} : { softCap: config.attentionSoftCap }),
    ...(window === undefined ? {} : { window }),
  };
  return options;
}

/** What the gate lets through. */
function gated({ config }: Surroundings, x: Tensor): Tensor {
  return config.activation === "silu" ? swiglu(x) : gatedByNormal(x);
}

/** The slope of what the gate was given, and what it let through. */
function gatedBack({ config }: Surroundings, x: Tensor, dy: Tensor): SwigluBack {
  if (config.activation === "silu") return swigluBack(x, dy);
  const { value, grad } = tf.valueAndGrad((x) => gatedByNormal(x as Tensor))(x, dy);
  return { dx: grad as Tensor, y: value as Tensor };
}

/** GELU of the first half times the second. */
function gatedByNormal(x: Tensor): Tensor {
  const [rows, width] = x.shape as [number, number], half = width / 2;
  const gate = tf.slice(x, [0, 0], [rows, half]), up = tf.slice(x, [0, half], [rows, half]);
  // x·(1 + tanh z)/2 is x·σ(2z) (Hendrycks & Gimpel 2016, arXiv 1606.08415, section 2).
  const z = tf.mul(tf.add(gate, tf.mul(tf.mul(tf.square(gate), gate), 0.044715)), 2 * Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(gate, tf.sigmoid(z)), up);
}

const gainsOf = ({ queryNorm, keyNorm }: Block): Norm[] => queryNorm && keyNorm ? [queryNorm, keyNorm] : [];

/**
 * Runs a block.
 *
 * @param x residual stream `[N, D]`; the caller's, and not to be freed before the way back
 * @param around what blocks share
 * @param options.keeps whether there will be a way back
 * @param options.rows those that go on behind attention, none twice `[R]`: what no later block and no score looks at is
 * left out; default: all
 * @example
 * ```ts ignore
 * const { y } = runBlock(block, x, around, { keeps: false });
 * ```
 */
export function runBlock(
  block: Block,
  x: Tensor,
  around: Surroundings,
  { keeps, rows }: { readonly keeps: boolean; readonly rows?: Uint32Array },
): Trace {
  const kept: Tensor[] = [];
  const hold = (tensor: Tensor, needed = true): Tensor => {
    if (keeps && needed) kept.push(tf.keep(tensor));
    return tensor;
  };
  const behind = (of: Norm | undefined, y: Tensor) => of === undefined ? y : norm(around, of, y);
  const some = (y: Tensor) => rows === undefined ? y : embedding(y, rows);
  const all = (dy: Tensor) => rows === undefined ? dy : embeddingBack(dy, rows, x.shape[0]);
  const norms = gainsOf(block);
  let opened!: Tensor, given!: Tensor, seen!: Tensor, middle!: Tensor, left!: Tensor, right!: Tensor;
  let shares: Tensor | undefined;
  const attended = (x: Tensor): Tensor => {
    if (around.attend) return around.attend(x, attentionOptions(around, block));
    const found = attend(x, attentionOptions(around, block));
    if (keeps && found.shares !== undefined && found.shares.size <= SHARES_KEPT) shares = hold(found.shares);
    return found.y;
  };
  const y = tf.tidy(() => {
    const apply = (layer: Linear, x: Tensor) =>
      times(around.withoutChanges ? { ...layer, changes: [] } : layer, x, around.product);
    const projected = hold(apply(block.queryKeyValue, norm(around, block.before, x)), norms.length > 0);
    const turned = hold(rotated(around, projected, norms.map(({ gain }) => gain)), norms.length === 0);
    given = norms.length > 0 ? projected : turned; // a rotation is undone without what went in; norms of heads are not
    seen = hold(some(attended(turned)), needsInput(block.out));
    left = hold(apply(block.out, seen), block.behind !== undefined);
    middle = hold(tf.add(some(x), behind(block.behind, left)));
    opened = hold(apply(block.gateUp, norm(around, block.beforeFeedForward, middle)));
    right = hold(apply(block.down, gated(around, opened)), block.behindFeedForward !== undefined);
    return tf.add(middle, behind(block.behindFeedForward, right)) as Tensor;
  });
  const dispose = () => tf.dispose(kept);
  const back = (dy: Tensor, slopes: Slopes): Tensor => {
    const through = (of: Norm | undefined, y: Tensor, dy: Tensor) =>
      of === undefined ? dy : normBack(around, of, y, dy, slopes).dx;
    /** Back through a norm and the product behind it. */
    const open = (of: Norm, x: Tensor, layer: Linear, dy: Tensor, onto: Tensor): Tensor => {
      const product = timesBack(layer, dy), { dx, y } = normBack(around, of, x, product.dx, slopes, onto);
      product.learn(y, slopes);
      return dx;
    };
    const dx = tf.tidy(() => {
      const dmiddle = tf.tidy(() => {
        const down = timesBack(block.down, through(block.behindFeedForward, right, dy));
        const gate = gatedBack(around, opened, down.dx);
        down.learn(gate.y, slopes);
        return open(block.beforeFeedForward, middle, block.gateUp, gate.dx, dy);
      });
      const out = timesBack(block.out, through(block.behind, left, dmiddle));
      out.learn(seen, slopes);
      const gains = norms.map(({ gain }) => gain), turned = gains.length > 0 ? rotated(around, given, gains) : given;
      const dturned = attentionBack(turned, all(out.dx), attentionOptions(around, block), shares);
      const dprojected = gains.length > 0
        ? headNormsBack(around, given, norms, dturned, slopes)
        : rotaryBack(dturned, around.tables, turnsOf(around));
      return open(block.before, x, block.queryKeyValue, dprojected, all(dmiddle));
    });
    dispose();
    return dx;
  };
  return { y, back, dispose };
}
