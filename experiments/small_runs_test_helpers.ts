/**
 * How every experiment is made small, so that a test can run and draw it many times.
 *
 * @module
 */

/** How one part of an experiment is made small. */
interface Small {
  /** Values of flags, by name. */
  readonly flags: Readonly<Record<string, string>>;
  /** The largest value that is tried, of options that say how much work there is. */
  readonly capped?: Readonly<Record<string, number>>;
  /** Options at whose upper end a run may diverge, in a line that names them. */
  readonly diverging?: readonly string[];
}

/** Experiment and part, to how it is made small. */
export const small: Readonly<Record<string, { readonly synthetic?: Small; readonly benchmark?: Small }>> = {
  cpo: {
    synthetic: {
      flags: {
        texts: "12",
        n: "20",
        generated: "20",
        observed: "60",
        steps: "3",
        sizes: "20,40",
        coverageSizes: "20,30",
      },
      capped: {
        texts: 60,
        n: 400,
        generated: 400,
        observed: 400,
        replicates: 20,
        sizes: 100,
        coverageSizes: 100,
        steps: 20,
      },
    },
    benchmark: {
      flags: {
        ...{ steps: "3", languagePrompts: "3", languageTexts: "4", languageSteps: "1" },
        arms: "naive,ipw,dr,cpo,cpo-baseline,outcome-only,dr-cpo",
      },
      capped: {
        bootstraps: 20,
        languageSeeds: 3,
        languagePrompts: 6,
        languageResponses: 5,
        languageN: 200,
        languageTexts: 16,
        languageSteps: 3,
      },
      diverging: ["languageRate"],
    },
  },
  distribution: {
    synthetic: {
      flags: {
        contexts: "3",
        actions: "3",
        steps: "1,3",
        n: "64",
        sizes: "32,64",
        smallSizes: "32,64",
        trainingN: "64",
      },
      capped: { contexts: 40, actions: 12, steps: 200 },
    },
    benchmark: {
      flags: {
        ...{ textSteps: "3", textSizes: "32,64" },
        ...{ languageSizes: "20,40", languagePrompts: "3", languageSets: "2", languageTexts: "2" },
      },
      capped: {
        ...{ textSteps: 20, textSizes: 512 },
        ...{ languageSeeds: 3, languageSizes: 200, languagePrompts: 6, languageResponses: 4, languageSets: 4 },
        ...{ languageTexts: 6, languageEpochs: 3 },
      },
      diverging: ["languageRate"],
    },
  },
  compare: {
    synthetic: {
      flags: {
        prompts: "3",
        n: "30",
        sizes: "20,30",
        steps: "3",
        arms: "dpo,orpo,kto,apo-zero,outcome-only,dr-cpo,sami,oracle",
      },
      capped: { prompts: 12, responses: 8, n: 200, sizes: 200, steps: 20 },
      diverging: ["learningRate"],
    },
    benchmark: {
      flags: { languagePrompts: "3", languageTexts: "4", languageSteps: "1", arms: "dpo,kto,dr-cpo,oracle" },
      capped: {
        languageSeeds: 3,
        languagePrompts: 6,
        languageResponses: 5,
        languageN: 200,
        languageTexts: 16,
        languageSteps: 3,
      },
      diverging: ["languageRate"],
    },
  },
  sgpo: {
    synthetic: {
      flags: {
        prompts: "120",
        heldOut: "10",
        features: "4",
        candidates: "4",
        lawPairs: "20",
        alternations: "3",
        biasRounds: "2",
      },
      capped: {
        prompts: 300,
        heldOut: 40,
        candidates: 12,
        features: 12,
        lawPairs: 40,
        alternations: 20,
        biasRounds: 4,
        pieces: 40,
        groups: 200,
      },
    },
    benchmark: {
      flags: {
        textPairs: "200",
        arms: "dpo-all,dpo-seed,self-dpo,ssapo-probability,spa",
        languageSeedPairs: "2",
        languageTexts: "4",
        languageEpochs: "1",
      },
      capped: {
        textPairs: 400,
        textDimensions: 16,
        languageSeeds: 3,
        languageSeedPairs: 12,
        languagePools: 0.5,
        languageTexts: 12,
        languageEpochs: 3,
      },
      diverging: ["languageRate", "languageBeta"],
    },
  },
  sami: {
    synthetic: {
      flags: {
        queries: "3",
        responses: "8",
        junk: "2",
        steps: "2,3",
        batch: "16",
        longer: "1,2",
        longest: "3",
        vocabulary: "2",
        training: "2,4",
      },
      capped: {
        queries: 20,
        principles: 4,
        responses: 60,
        junk: 6,
        steps: 20,
        batch: 200,
        longer: 5,
        manyPrinciples: 4,
        training: 12,
        vocabulary: 3,
        longest: 4,
      },
    },
    benchmark: {
      flags: { steps: "2,3", batch: "16", languageTexts: "2", languageSteps: "1,2" },
      capped: { bootstraps: 6, languageSeeds: 3, languageSteps: 4, languageQueries: 6, languageTexts: 6 },
      diverging: ["languageRate"],
    },
  },
  apo: {
    synthetic: {
      flags: { prompts: "8", heldOut: "4", drafts: "4", versions: "2", epochs: "3" },
      capped: { prompts: 60, heldOut: 20, drafts: 16, versions: 5, epochs: 20, batch: 100 },
      // Few drafts and versions are not 2.5 nats apart.
      diverging: ["kls"],
    },
    benchmark: {
      flags: {
        textSteps: "3",
        arms: "dpo,kto,apo-zero,matched,mismatched",
        languageTexts: "4",
        languageWriterSteps: "1",
      },
      capped: {
        textPairs: 300,
        contrastPairs: 60,
        textSteps: 30,
        languageSeeds: 3,
        languagePairs: 8,
        languageBatch: 8,
        languageEpochs: 3,
        languageTexts: 16,
        languageWriterSteps: 3,
      },
      diverging: ["languageRate"],
    },
  },
};
