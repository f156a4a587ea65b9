/**
 * Methods with data of their own kind: thumbs and revisions.
 *
 * @module
 */
import { marginTerm, meanKlOf, pairTerm, responseTerm, type Term } from "../../../lib/exact/law_terms.ts";
import { exactLosses } from "../../../lib/losses/exact.ts";
import { ratiosOf, thumbsOf } from "../forms.ts";
import type { Sample } from "../samples.ts";
import { descending, type Method } from "../training.ts";

/** The reference point is the KL itself, which released code estimates from mismatched responses. */
export const kto: Method = {
  id: "kto",
  family: "other",
  reads: "thumb up or down for one shown response",
  learn: descending((sample, { tau }) => {
    const { logStart, prompts } = sample.world;
    const referencePoint = (laws: Parameters<typeof meanKlOf>[0]) => meanKlOf(laws, logStart, prompts);
    return [responseTerm(thumbsOf(sample), exactLosses.kto.form({ beta: tau }), referencePoint)];
  }),
};

type Revised = ReturnType<typeof ratiosOf>;

function onRevisions(id: string, term: (pairs: Revised, beta: number) => Term): Method {
  return {
    id,
    family: "other",
    reads: "a shown response and its minimal revision",
    learn: descending((sample: Sample, { tau }) => [term(ratiosOf(sample, "revisions"), tau)]),
  };
}

export const apoZero = onRevisions(
  "apo-zero",
  (pairs, beta) => pairTerm(pairs, exactLosses["apo-zero"].form({ beta })),
);
export const apoDown = onRevisions(
  "apo-down",
  (pairs, beta) => pairTerm(pairs, exactLosses["apo-down"].form({ beta })),
);
/** Control: is it the loss, or the revisions? */
export const dpoOnRevisions = onRevisions(
  "dpo-revisions",
  (pairs, beta) => marginTerm(pairs, exactLosses.dpo.form({ beta })),
);
