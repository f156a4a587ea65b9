/**
 * Claims of a sweep: each evaluated in every cell, by itself.
 *
 * @module
 */
import {
  type ClaimResult,
  type Evidence,
  type HolmResult,
  judge,
  NothingToTest,
  type Rule,
  type Verdict,
} from "../statistics/claims.ts";
import { adjustedTogether } from "../run/adjusted.ts";
import type { Claim, Experiment, Question } from "../run/experiment.ts";
import { MissingRows, viewOf } from "../run/view.ts";
import { UserError } from "../user_error.ts";
import { nearest } from "../nearest.ts";
import type { Cell } from "./cells.ts";
import type { Planned } from "./description.ts";
import { corrected } from "./sequential.ts";

/** A claim in one cell. */
interface MappedCell {
  /** Name of the cell. */
  readonly cell: string;
  /** The number with its interval; absent where the cell leaves none. */
  readonly evidence?: Evidence;
  readonly verdict: Verdict;
  /** Beside the other cells of the claim: adjusted for how many they are. */
  readonly holm?: HolmResult;
  /** Why there is no number. */
  readonly note?: string;
}

/** A claim in every cell of a sweep. */
export interface ClaimMap {
  readonly claim: MappedClaim;
  readonly cells: readonly MappedCell[];
}

/** A claim with its question. */
interface MappedClaim extends Pick<ClaimResult, "id" | "statement" | "quantity" | "question" | "unit"> {
  readonly rule: Rule;
}

/** Claims that are mapped unless they are chosen: a page of more maps is not read. */
const MOST_MAPS = 8;

/** Claims of the questions that run, whose arms run. */
function claimsOf({ plan }: Planned) {
  return plan.questions.flatMap(({ question, arms }) =>
    question.claims.filter((claim) => claim.arms.every((arm) => arms.includes(arm))).map((claim) => ({
      question,
      claim,
    }))
  );
}

/**
 * Ids of the claims that a sweep maps, in the order that they are given in, or that of the experiment.
 *
 * @param text value of `--claims`: ids; those that the experiment's report opens with unless given, or the first ones
 * @throws UserError naming one that is unknown, or whose question or arms do not run
 */
export function mappedClaims(planned: Planned, text: string | undefined): string[] {
  const { experiment } = planned, there = claimsOf(planned).map(({ claim }) => claim.id);
  if (text === undefined) {
    const headline = there.filter((id) => experiment.headline?.includes(id));
    return (headline.length > 0 ? headline : there).slice(0, MOST_MAPS);
  }
  const ids = text.split(",").map((id) => id.trim());
  for (const id of ids) {
    if (there.includes(id)) continue;
    if (isClaim(experiment, id)) {
      throw new UserError(`--claims ${id}: its question or its arms are not asked for; see --questions and --arms`);
    }
    const guess = nearest(id, there);
    throw new UserError(
      `--claims: unknown "${id}"${guess ? `, did you mean ${guess}` : ""}? Choose from ${there.join(", ")}`,
    );
  }
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw new UserError(`--claims: "${twice}" stands twice in "${text}"`);
  return ids;
}

const isClaim = ({ questions }: Experiment, id: string) =>
  questions.some(({ claims }) => claims.some((claim) => claim.id === id));

/**
 * What a cell says of claims. What a claim needs of the options it needs of the whole sweep: one about full confounding is
 * told of each cell's own, where the grid reaches it.
 *
 * @param ids of claims
 * @param looks how many looks intervals allow for; 1 where seeds are not added
 */
export function claimsInCell(
  planned: Planned,
  ids: readonly string[],
  { state, config, blocks }: Cell,
  grid: Readonly<Record<string, unknown>>,
  looks: number,
): ReadonlyMap<string, Omit<MappedCell, "holm">> {
  const found = new Map<string, Omit<MappedCell, "holm">>(), { options } = config;
  const views = new Map<string, ReturnType<typeof viewOf>>();
  // deno-lint-ignore no-explicit-any -- options are typed where the question is declared
  const view = (question: Question<any>) =>
    views.getOrInsertComputed(question.id, () => {
      const { arms } = config.questions[question.id], { replicates } = question;
      return viewOf(blocks, question.id, arms, question.conditions(options), { replicates });
    });
  for (const { question, claim } of claimsOf(planned).filter(({ claim }) => ids.includes(claim.id))) {
    const none = (note: string) => ({ cell: state.name, verdict: "not run" as const, note });
    const own = claim.needs?.(options), lack = own && claim.needs?.({ ...options, ...grid });
    if (!config.complete) found.set(claim.id, none(state.failure ?? "not finished"));
    else if (lack !== undefined) found.set(claim.id, none(lack));
    else {
      const result = tested(claim, () => claim.evidence(view(question), options), looks), { evidence } = result;
      // Both sides of a difference are one and the same there: no confounding is the least and the most of its cell.
      const same = own !== undefined && evidence !== undefined && evidence.lower === evidence.upper;
      found.set(claim.id, same ? none(`here nothing is to be told apart: ${own}`) : { cell: state.name, ...result });
    }
  }
  return found;
}

function tested(
  { rule }: Pick<Claim<unknown>, "rule">,
  evidenceOf: () => Evidence,
  looks: number,
): Pick<MappedCell, "evidence" | "verdict" | "note"> {
  try {
    const evidence = corrected(evidenceOf(), looks);
    return { evidence, verdict: judge(evidence, rule), ...evidence.short !== undefined && { note: evidence.short } };
  } catch (error) {
    if (error instanceof NothingToTest || error instanceof MissingRows) {
      return { verdict: "not run", note: error.message };
    }
    throw error;
  }
}

/** The maps of a sweep from its cells, each claim adjusted for its cells. */
export function mapsOf(
  planned: Planned,
  ids: readonly string[],
  cells: readonly ReadonlyMap<string, Omit<MappedCell, "holm">>[],
): ClaimMap[] {
  const all = claimsOf(planned), chosen = ids.map((id) => all.find(({ claim }) => claim.id === id)!);
  return chosen.map(({ question, claim }) => {
    const { id, statement, quantity, rule } = claim, own = cells.map((cell) => cell.get(id)!);
    const tested = own.flatMap(({ evidence }) => evidence ? [{ evidence, rule }] : []), holm = adjustedTogether(tested);
    let at = 0;
    const replicates = question.replicates ?? "seeds";
    return {
      claim: {
        ...{ id, statement, quantity, rule, question: question.id },
        unit: typeof replicates === "string" ? replicates : "splits",
      },
      cells: own.map((cell) => cell.evidence ? { ...cell, holm: holm[at++] } : cell),
    };
  });
}
