/**
 * Self-annotation round by round, with and without flipped seed labels.
 *
 * @module
 */
import { question } from "../../lib/run/experiment.ts";
import { all } from "../../lib/run/needs.ts";
import { above, between } from "../../lib/statistics/claims.ts";
import { aRadius, cleanSeeds, noisySeeds } from "./needs.ts";
import type { SgpoOptions } from "./options.ts";
import {
  type Cell,
  convergedNote,
  detectable,
  differenceClaim,
  extremes,
  label,
  roundsFigure,
  roundTable,
  told,
} from "./reading.ts";
import { mainArms } from "./self_annotation.ts";
import { outcomesOf, POOLS, PROTOCOL, roundMetrics } from "./study.ts";

const LAST = POOLS.length;
const clean = (o: SgpoOptions) => ({ noise: Math.min(...o.noises) });
const noisy = (o: SgpoOptions) => ({ noise: Math.max(...o.noises) });
const onClean = all(cleanSeeds, aRadius), onNoisy = all(noisySeeds, aRadius);
const PANEL = { panel: "noise", panelLabel: "seed labels flipped" } as const;
/** DPO on the seed stands still where self-DPO starts. */
const DRAWN = { arms: mainArms.filter((arm) => arm !== "dpo-seed") };

/** A measure after some round. */
const after =
  (arm: string, name: string, round: number, at: (o: SgpoOptions) => Cell["at"]) => (o: SgpoOptions): Cell => ({
    arm,
    metric: `${name}-${round}`,
    at: at(o),
  });
const gain = (arm: string, at: (o: SgpoOptions) => Cell["at"] = clean) => after(arm, "gain", LAST, at);
const accuracy = (arm: string, at: (o: SgpoOptions) => Cell["at"] = clean) => after(arm, "accuracy", LAST, at);

function claim(
  told: Parameters<typeof differenceClaim>[0],
  one: (o: SgpoOptions) => Cell,
  other: (o: SgpoOptions) => Cell,
  arms: readonly string[],
) {
  return differenceClaim(told, (o) => [one(o), other(o)], arms);
}

export const rounds = question({
  id: "rounds",
  asks: "Does a policy that labels its own pairs improve, and does a worst case help it?",
  part: "synthetic",
  method: PROTOCOL +
    "Gain is E_π r* − E_ref r* and ranking the share of pairs of responses in the right order, both on held-out prompts " +
    "by enumeration. A sharper policy gains without ranking better. The ranker is trained on other prompts, labelled by " +
    "another crowd; SPA is self-DPO that gives part of the label of its least sure pairs to the other side; the released form of SSAPO clamps probabilities instead of stopping the follower at a floor; robust DPO and IPO annotate themselves; DPO on all labels has human labels for every pair, with as many " +
    "flips. DPO on the seed is self-DPO at round 0.",
  arms: [...mainArms],
  conditions: ({ noises }: SgpoOptions) => noises.map((noise) => ({ noise })),
  seeds: ({ seeds }) => seeds,
  run: (context) => {
    const { options: o, condition } = context;
    const setting = { seedShare: o.seedShare, epsilon: o.epsilon, noise: Number(condition.noise) };
    return roundMetrics(outcomesOf(context, setting), o);
  },
  claims: [
    claim(
      {
        id: "rounds-gain",
        statement: "Self-annotation with SSAPO raises the true reward over DPO on the seed",
        source: "tables 1 and 2",
        paper: "length-controlled win rate 24.44 over 9.03",
        quantity: "gain after the last round − after the seed, SSAPO in probability space, clean seeds",
        rule: above(0),
        needs: onClean,
      },
      gain("ssapo-probability"),
      after("ssapo-probability", "gain", 0, clean),
      ["ssapo-probability"],
    ),
    claim(
      {
        kind: "question",
        id: "rounds-ranking",
        statement: "And the policy ranks responses better than DPO on the seed does, by 0.01 or more",
        source: "what a higher win rate is taken to mean",
        paper: "not reported",
        quantity: "share ranked right after the last round − after the seed, SSAPO in probability space, clean seeds",
        rule: above(0.01),
        needs: onClean,
        note: "Labels that a policy gives itself hold nothing that it did not know; they make it surer.",
      },
      accuracy("ssapo-probability"),
      after("ssapo-probability", "accuracy", 0, clean),
      ["ssapo-probability"],
    ),
    ...(["clean", "noisy"] as const).map((seeds) =>
      claim(
        {
          id: `rounds-ssapo-self-${seeds}`,
          statement: `With ${seeds} seeds SSAPO beats self-annotation without a follower`,
          source: "table on ε: ε = 0 against 0.05",
          paper: "length-controlled win rate 23.20 over 19.76",
          quantity: "gain after the last round, SSAPO in probability space − self-DPO",
          rule: above(0),
          needs: seeds === "clean" ? onClean : onNoisy,
        },
        gain("ssapo-probability", seeds === "clean" ? clean : noisy),
        gain("self-dpo", seeds === "clean" ? clean : noisy),
        ["ssapo-probability", "self-dpo"],
      )
    ),
    claim(
      {
        id: "rounds-spa",
        statement: "SSAPO beats SPA, self-annotation with refined labels",
        source: "table 1",
        paper: "length-controlled win rate 24.44 over 15.39",
        quantity: "gain after the last round, SSAPO in probability space − SPA, clean seeds",
        rule: above(0),
        needs: onClean,
      },
      gain("ssapo-probability"),
      gain("spa"),
      ["ssapo-probability", "spa"],
    ),
    ...(["spa", "self-dpo"] as const).map((other) =>
      claim(
        {
          kind: "control",
          id: `rounds-${other}-at-kl`,
          statement: `SSAPO beats ${other === "spa" ? "SPA" : "self-DPO"} at equal KL too, where no policy is sharper`,
          source: "what is left of a gain once sharpness is equal",
          paper: "not reported",
          quantity: `gain at the set KL, SSAPO in probability space − ${label(other)}, noisy seeds`,
          rule: above(0),
          needs: onNoisy,
        },
        (o) => ({ arm: "ssapo-probability", metric: "gain-at-kl", at: noisy(o) }),
        (o) => ({ arm: other, metric: "gain-at-kl", at: noisy(o) }),
        ["ssapo-probability", other],
      )
    ),
    claim(
      {
        kind: "question",
        id: "rounds-margin-flat",
        statement: "In margin space SSAPO is self-DPO but for 0.05 in reward",
        source: "known negative: the window reaches hardly below the lowest margin",
        paper: "not reported",
        quantity: "gain after the last round, SSAPO in margin space − self-DPO, noisy seeds",
        rule: between(-0.05, 0.05),
        needs: onNoisy,
      },
      gain("ssapo-margin", noisy),
      gain("self-dpo", noisy),
      ["ssapo-margin", "self-dpo"],
    ),
    claim(
      {
        id: "rounds-few-labels-gain",
        statement: "SSAPO on few labels gains more than DPO on all of them",
        source: "table 1 against Zephyr-7B-beta",
        paper: "length-controlled win rate 24.44 over 11.75",
        quantity: "gain after the last round, SSAPO in probability space − DPO on all labels, clean seeds",
        rule: above(0),
        needs: onClean,
        note: "DPO takes one step, self-annotation four, each of which sharpens the policy.",
      },
      gain("ssapo-probability"),
      gain("dpo-all"),
      ["ssapo-probability", "dpo-all"],
    ),
    claim(
      {
        kind: "question",
        id: "rounds-few-labels-favourite",
        statement: "So does the response it likes best, whatever its sharpness",
        source: "our addition",
        paper: "not reported",
        quantity:
          "r* of the response of largest implicit reward, SSAPO in probability space − DPO on all labels, clean seeds",
        rule: above(0),
        needs: onClean,
      },
      after("ssapo-probability", "best-gain", LAST, clean),
      after("dpo-all", "best-gain", LAST, clean),
      ["ssapo-probability", "dpo-all"],
    ),
    claim(
      {
        kind: "question",
        id: "rounds-few-labels-ranking",
        statement: "And ranks as well as DPO on all of them, within 0.02",
        source: "2K of 60K labels in the paper's runs",
        paper: "not reported",
        quantity:
          "share ranked right after the last round, SSAPO in probability space − DPO on all labels, clean seeds",
        rule: above(-0.02),
        needs: onClean,
      },
      accuracy("ssapo-probability"),
      accuracy("dpo-all"),
      ["ssapo-probability", "dpo-all"],
    ),
    claim(
      {
        id: "rounds-ranker",
        statement: "SSAPO beats iterated DPO on the labels of an outside ranker",
        source: "table 1",
        paper: "length-controlled win rate 24.44 over 11.87",
        quantity: "gain after the last round, SSAPO in probability space − outside ranker, noisy seeds",
        rule: above(0),
        needs: onNoisy,
      },
      gain("ssapo-probability", noisy),
      gain("pair-ranker", noisy),
      ["ssapo-probability", "pair-ranker"],
    ),
    claim(
      {
        kind: "question",
        id: "rounds-robust",
        statement: "With noisy seeds SSAPO beats self-annotation with robust DPO",
        source: "our addition",
        paper: "not compared",
        quantity: "gain after the last round, SSAPO in probability space − robust DPO, noisy seeds",
        rule: above(0),
        needs: onNoisy,
      },
      gain("ssapo-probability", noisy),
      gain("robust-dpo", noisy),
      ["ssapo-probability", "robust-dpo"],
    ),
  ],
  figures: (view, o) => [
    roundsFigure(view, "gain", LAST, {
      id: "rounds-gain",
      ...PANEL,
      yLabel: "E_π r* − E_ref r*, held out",
      caption: told(
        view,
        `At ${
          noisy(o).noise
        } of seed labels flipped, SSAPO in probability space (ε = ${o.epsilon}) gains over self-DPO by`,
        gain("ssapo-probability", noisy)(o),
        gain("self-dpo", noisy)(o),
      ) + `After the last round there, ${extremes(view, `gain-${LAST}`, noisy(o))}.`,
      alt: "True reward gained against rounds of self-annotation, one line per arm, one panel per noise of the seed.",
    }, DRAWN),
    roundsFigure(view, "accuracy", LAST, {
      id: "rounds-ranking",
      ...PANEL,
      yLabel: "pairs of responses ranked right",
      caption: told(
        view,
        "The rounds change what self-DPO ranks right by",
        accuracy("self-dpo")(o),
        after("self-dpo", "accuracy", 0, clean)(o),
        ` with ${clean(o).noise} flipped`,
      ) + told(
        view,
        "DPO on all labels ranks better than SSAPO in probability space by",
        accuracy("dpo-all")(o),
        accuracy("ssapo-probability")(o),
        " there",
      ) + told(
        view,
        "The true reward of self-DPO's favourite response changes by",
        after("self-dpo", "best-gain", LAST, clean)(o),
        after("self-dpo", "best-gain", 0, clean)(o),
        ": gains beyond that are those of a sharper policy",
      ) + `With ${noisy(o).noise} flipped, ${extremes(view, `accuracy-${LAST}`, noisy(o))}.`,
      alt: "Share of response pairs ranked right against rounds, one line per arm, one panel per noise of the seed.",
    }, DRAWN),
    roundsFigure(view, "overconfidence", LAST, {
      id: "rounds-calibration",
      ...PANEL,
      yLabel: "confidence − agreement of a faultless annotator",
      references: [{ value: 0, label: "calibrated" }],
      caption: told(
        view,
        "Self-DPO becomes too sure of its own verdicts, by",
        after("self-dpo", "overconfidence", LAST, noisy)(o),
        after("self-dpo", "overconfidence", 0, noisy)(o),
        ` from the seed to the last round at ${noisy(o).noise} flipped`,
      ) + `After the last round, ${extremes(view, `overconfidence-${LAST}`, noisy(o))}.`,
      alt: "Overconfidence of the implicit reward against rounds, one line per arm, one panel per noise of the seed.",
    }, DRAWN),
  ],
  tables: (view) => [
    roundTable(view, "rounds", "Exact measures after the last round.", [{ key: "noise", label: "flipped" }], LAST),
  ],
  notes: (view, o) => [
    convergedNote(view),
    ...detectable(
      view,
      "a gain of SSAPO over self-DPO",
      gain("ssapo-probability", noisy)(o),
      gain("self-dpo", noisy)(o),
    ),
  ],
});
