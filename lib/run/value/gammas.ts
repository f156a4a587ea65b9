/**
 * What hidden confounding would do to the values: bounds under the marginal sensitivity model.
 *
 * @module
 */
import { covariateGammas } from "../../estimators/sensitivity/covariates.ts";
import { type Bounds, differenceBounds, policyBounds } from "../../estimators/sensitivity/policy_bounds.ts";
import { turningGamma } from "../../estimators/sensitivity/turning.ts";
import type { HeldColumns } from "./held_columns.ts";
import type { GammaFacts, GammaRow } from "./record.ts";

/** Rounds times actions times covariates up to which covariates are weighed against Γ. */
const MOST_FITTED = 2e7;

/**
 * Bounds at each Γ, where they turn over, and what leaving a covariate out would amount to.
 *
 * @param options.against the other policy, where there is one; "logging" for the one that logged
 * @param options.covariates names and places in the numbers of a round
 * @throws RangeError as the bounds do
 * @example
 * ```ts ignore
 * const { rows, turning } = gammaFacts(held, { gammas: [1, 2], level: 0.95, covariates: [], width: 0 });
 * ```
 */
export function gammaFacts(held: HeldColumns, { gammas, level, against, covariates, width }: {
  readonly gammas: readonly number[];
  readonly level: number;
  readonly against?: "logging" | "policy";
  readonly covariates: readonly { readonly name: string; readonly place: number }[];
  readonly width: number;
}): GammaFacts {
  const log = held.log(), target = held.policy(0), n = log.reward.length;
  const rows = rowsOf("target", policyBounds(log, target, gammas, { level }));
  const rival = against === undefined ? { at: 0 } : against === "logging" ? "logged" as const : held.policy(1);
  if (against !== undefined) {
    rows.push(...rowsOf("difference", differenceBounds(log, target, rival, gammas, { level })));
  }
  const { gamma, intervalGamma } = turningGamma(log, target, rival, { level });
  const isMeasured = covariates.length > 0 && n * held.actions * covariates.length ** 2 <= MOST_FITTED;
  return {
    rows,
    turning: {
      of: against === undefined ? "sign" : "ranking",
      gamma: finite(gamma),
      intervalGamma: finite(intervalGamma),
    },
    covariates: isMeasured
      ? covariateGammas(log.action, covariates.map(({ name, place }) => ({ name, values: held.column(place, width) })))
      : [],
  };
}

function rowsOf(of: GammaRow["of"], bounds: readonly Bounds[]): GammaRow[] {
  return bounds.map(({ gamma, lower, upper }) => ({
    ...{ of, gamma, least: lower.value, least_lower: lower.lower, least_upper: lower.upper },
    ...{ most: upper.value, most_lower: upper.lower, most_upper: upper.upper },
  }));
}

const finite = (value: number): number | null => Number.isFinite(value) ? value : null;
