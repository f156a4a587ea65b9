/**
 * What a language model is made of, whichever file said so.
 *
 * @module
 */

/** How positions turn queries and keys (Su et al. 2021, arXiv 2104.09864). */
export interface Rope {
  /** Base of the angles: 10,000 in the paper. */
  readonly base: number;
  /** How angles are stretched for texts longer than those of pretraining. */
  readonly scaling?: RopeScaling;
}

/**
 * `linear` divides every angle by `factor`; `llama3` divides those of long waves, leaves those of short ones, and goes
 * over smoothly between the two (Llama 3.1, transformers 5.24 `modeling_rope_utils`); `factors` divides each angle by its
 * own, which is all that a GGUF file keeps of `llama3`.
 */
export type RopeScaling =
  | { readonly kind: "linear"; readonly factor: number }
  | {
    readonly kind: "llama3";
    readonly factor: number;
    /** Waves longer than `originalLength / lowFrequencyFactor` are divided. */
    readonly lowFrequencyFactor: number;
    /** Waves shorter than `originalLength / highFrequencyFactor` are left. */
    readonly highFrequencyFactor: number;
    /** Longest text of pretraining, in tokens. */
    readonly originalLength: number;
  }
  | {
    readonly kind: "factors";
    /** One for each angle of a head, `[headWidth/2]`, from the fastest. */
    readonly factors: readonly number[];
  };

/** Sizes and kinds of the layers of a decoder-only transformer. */
export interface LanguageModelConfig {
  /** The family it belongs to. */
  readonly architecture: "llama" | "qwen2" | "qwen3" | "gemma2";
  /** Tokens `V`. */
  readonly vocabulary: number;
  /** Width `D` of the residual stream. */
  readonly width: number;
  /** Blocks of attention and feed-forward layer. */
  readonly layers: number;
  /** Query heads `H`. */
  readonly heads: number;
  /** Key heads and value heads `K`, a divisor of `H`. */
  readonly keyHeads: number;
  /** Width of a head, even; `D/H` in many models, not in all. */
  readonly headWidth: number;
  /** Width `F` of the feed-forward layer. */
  readonly hidden: number;
  /** Longest sequence the model was made for. */
  readonly maxLength: number;
  /** Added to the mean square in every norm. */
  readonly epsilon: number;
  /** Of queries and keys. */
  readonly rope: Rope;
  /** Whether the classifier is the embedding. */
  readonly tied: boolean;
  /** Biases of the queries, keys and values. */
  readonly queryKeyValueBias: boolean;
  /** Bias of what comes out of attention. */
  readonly outBias: boolean;
  /** Biases of the feed-forward layer. */
  readonly feedForwardBias: boolean;
  /** Whether each head of queries and keys is normalised before it is turned. */
  readonly queryKeyNorm: boolean;
  /** What scores `q·k` are multiplied by: `1/√headWidth` in most models. */
  readonly queryScale: number;
  /** Bound `c` of attention's scores, `c·tanh(s/c)`. */
  readonly attentionSoftCap?: number;
  /** Bound `c` of the logits, `c·tanh(s/c)`. */
  readonly logitSoftCap?: number;
  /** Layers that see only the last `length` positions, their own among them. */
  readonly window?: { readonly length: number; readonly layers: readonly boolean[] };
  /** What embeddings are multiplied by: `√D` in Gemma, else 1. */
  readonly embeddingScale: number;
  /** Added to every gain of a norm: 1 in Gemma, whose files hold the gain less one, else 0. */
  readonly gainOffset: 0 | 1;
  /** What the gate goes through. */
  readonly activation: "silu" | "gelu_tanh";
  /** Whether attention and feed-forward layer are normalised behind as well as before. */
  readonly postNorms: boolean;
  /** Tokens with a meaning. */
  readonly special: {
    /** Begins a text. */
    readonly start?: number;
    /** Each ends a text; the first is the one that is added. */
    readonly end: readonly number[];
    /** Fills up a batch. */
    readonly padding?: number;
  };
}
