import assert from "node:assert/strict";
import { type ExactLoss, exactLosses, exactPair } from "./exact.ts";
import { timesLoss } from "./exact_pairs.ts";

const out = new Float64Array(3);
/** Slopes at a pair of log-ratios. */
function slopesAt(loss: ReturnType<typeof exactPair>, chosen: number, rejected: number): [number, number] {
  loss(chosen, rejected, 0, 0, out);
  return [out[1], out[2]];
}

const losses = {
  sft: exactPair("sft", {}),
  dpo: exactPair("dpo", { beta: 1 }),
  ipo: exactPair("ipo-sum", { tau: 0.5 }),
  kto: exactPair("kto", { beta: 1 }),
  zero: exactPair("apo-zero", { beta: 1 }),
  down: exactPair("apo-down", { beta: 1 }),
  times: timesLoss(2, exactPair("sft", {})),
};

Deno.test("a loss of the margin pushes both responses apart, one of responses each on its own", () => {
  exactPair("dpo", { beta: 0.5 })(1, 0.25, 0, 0, out);
  const pair = [...out], margin = new Float64Array(3);
  exactLosses.dpo.form({ beta: 0.5 })(0.75, 0, margin);
  assert.deepEqual(pair, [margin[0], margin[1], -margin[1]]);
  losses.kto(1, 0.25, 0.5, 0, out);
  const sum = [...out],
    [won, lost] = [[1, true] as const, [0.25, false] as const].map(([logRatio, desirable]) => {
      exactLosses.kto.form({ beta: 1 })(logRatio, desirable, 0.5, out);
      return [...out];
    });
  assert.deepEqual(sum, [won[0] + lost[0], won[1], lost[1]]);
});

Deno.test("signs of APO-down: 0 at the start and on r_l = 2 r_w, down beyond it, up before", () => {
  for (const w of [-2, -0.5, 0, 1]) assert.ok(Math.abs(slopesAt(losses.down, w, 2 * w)[0]) < 1e-15);
  assert.ok(slopesAt(losses.down, -1, -4)[0] > 0, "a margin wider than |r_w| pushes the winner down");
  assert.ok(slopesAt(losses.down, -2, -3)[0] < 0, "a margin narrower than |r_w| pushes it up");
});

Deno.test("slopes of anchored losses fade far from the reference, those of DPO only with the margin", () => {
  for (const loss of [losses.zero, losses.kto]) {
    assert.ok(slopesAt(loss, 30, 30).every((slope) => Math.abs(slope) < 1e-12));
  }
  assert.deepEqual(slopesAt(losses.dpo, 30, 30), [-0.5, 0.5]);
  for (const loss of Object.values(losses)) {
    for (const [w, l] of [[800, -800], [-800, 800], [1e5, 1e5]]) {
      loss(w, l, 0, 0, out);
      assert.ok(out.every(Number.isFinite));
    }
  }
});

Deno.test("NaN and infinities are refused by every loss of a pair, naming argument and pair", () => {
  for (const [name, loss] of Object.entries(losses)) {
    for (const value of [NaN, Infinity, -Infinity]) {
      const said = (where: string) => ({
        name: "RangeError",
        message: `${where} is ${value}: expected a finite number`,
      });
      assert.throws(() => loss(value, 0, 0, 7, out), said("chosen[7]"), name);
      assert.throws(() => loss(0, value, 0, 7, out), said("rejected[7]"), name);
    }
  }
  for (const value of [NaN, Infinity, -1]) {
    assert.throws(() => losses.kto(0, 0, value, 0, out), {
      name: "RangeError",
      message: `referencePoint: expected a number >= 0, got ${value}`,
    });
  }
});

Deno.test("options out of range", () => {
  const given = { beta: 1, gamma: 1, tau: 1, labelSmoothing: 0.1, floor: 0.1 };
  const refused: [keyof typeof given, readonly number[], string][] = [
    ["beta", [0, -1, NaN], "> 0"],
    ["gamma", [0, -1, Infinity], "> 0"],
    ["tau", [0, -1], "> 0"],
    ["labelSmoothing", [-0.1, 0.5], ">= 0 and < 0.5"],
    ["floor", [0, 1], "> 0 and < 1"],
  ];
  const takes: Partial<Record<keyof typeof exactLosses, readonly (keyof typeof given)[]>> = {
    "dpo": ["beta", "labelSmoothing"],
    "robust-dpo": ["beta", "labelSmoothing"],
    "ipo-sum": ["tau"],
    "apo-zero": ["beta"],
    "apo-down": ["beta"],
    "kto": ["beta"],
    "apo-zero-unpaired": ["beta"],
    "stackelberg-margin": ["beta"],
    "stackelberg-probability": ["beta", "floor"],
    "preference-distillation": ["gamma"],
  };
  const moved = new Float64Array(1), distance = moved;
  for (const [name, options] of Object.entries(takes)) {
    const { form }: ExactLoss = exactLosses[name as keyof typeof exactLosses];
    for (const [option, values, range] of refused.filter(([option]) => options.includes(option))) {
      for (const value of values) {
        assert.throws(() => form({ ...given, moved, distance, chance: moved, [option]: value } as never), {
          name: "RangeError",
          message: `${option}: expected a number ${range}, got ${value}`,
        }, name);
      }
    }
  }
  assert.throws(() => timesLoss(NaN, losses.sft), { message: "factor: expected a number > 0, got NaN" });
});
