import assert from "node:assert/strict";
import { type ActionLog, roundsFromActionDistribution } from "./action_log.ts";

/** Two rounds, two actions, two positions. */
const LOG: ActionLog = {
  reward: [1, 0],
  action: [1, 0],
  pscore: [0.5, 0.25],
  actionDistribution: [[[0.9, 0.2], [0.1, 0.8]], [[0.4, 0.5], [0.6, 0.5]]],
  estimatedRewards: [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
  position: [1, 0],
};

Deno.test("each round reads its own position", () => {
  const { weight, prediction, direct } = roundsFromActionDistribution(LOG);
  assert.deepEqual([...weight], [0.8 / 0.5, 0.4 / 0.25]);
  assert.deepEqual([...prediction!], [4, 5]);
  assert.deepEqual([...direct!], [0.2 * 2 + 0.8 * 4, 0.4 * 5 + 0.6 * 7]);
});

Deno.test("without position all are at the first, without model there is no prediction", () => {
  const { weight, prediction, direct } = roundsFromActionDistribution({
    ...LOG,
    position: undefined,
    estimatedRewards: undefined,
  });
  assert.deepEqual([...weight], [0.1 / 0.5, 0.4 / 0.25]);
  assert.deepEqual([prediction, direct], [undefined, undefined]);
});

Deno.test("rounds may share one policy array", () => {
  const shared = [[0.25], [0.75]];
  const { weight } = roundsFromActionDistribution({
    reward: [1, 1],
    action: [0, 1],
    pscore: [0.5, 0.5],
    actionDistribution: [shared, shared],
  });
  assert.deepEqual([...weight], [0.5, 1.5]);
});

Deno.test("a bad log is refused by name", () => {
  const refuse = (change: Partial<ActionLog>, name: string, message: string) =>
    assert.throws(() => roundsFromActionDistribution({ ...LOG, ...change }), { name, message });
  refuse({ reward: [] }, "RangeError", "there are no rounds (reward has length 0)");
  refuse({ reward: [1, NaN] }, "RangeError", "reward[1] must be a finite number, got NaN");
  refuse(
    { pscore: [0.5, 0] },
    "RangeError",
    "pscore[1] must be in (0, 1], got 0: round 1 was logged, so its action cannot have probability 0",
  );
  refuse({ pscore: [2, 0.5] }, "RangeError", "pscore[0] must be in (0, 1], got 2");
  refuse(
    { action: [1, 2] },
    "RangeError",
    "action[1] must be a whole number from 0 to 1 (there are 2 actions), got 2; if they are counted from one, subtract 1",
  );
  refuse(
    { action: [0.5, 0] },
    "RangeError",
    "action[0] must be a whole number from 0 to 1 (there are 2 actions), got 0.5",
  );
  refuse({ action: [1] }, "TypeError", "action must have length 2, got 1");
  refuse(
    { position: [0, 3] },
    "RangeError",
    "position[1] must be a whole number from 0 to 1 (there are 2 positions), got 3",
  );
  refuse({ pscore: [1] }, "TypeError", "pscore must have length 2, got 1");
  const policy = (first: number[][]) => [first, [[0.5, 0.5], [0.5, 0.5]]];
  refuse(
    { actionDistribution: policy([[0.9, 0.2], [0.1, 0.7]]) },
    "RangeError",
    "actionDistribution[0][..][1] must sum to 1, got 0.8999999999999999",
  );
  refuse(
    { actionDistribution: policy([[0.9, -0.2], [0.1, 1.2]]) },
    "RangeError",
    "actionDistribution[0][0][1] must be in [0, 1], got -0.2",
  );
  refuse(
    { actionDistribution: policy([[0.9, NaN], [0.1, 1]]) },
    "RangeError",
    "actionDistribution[0][0][1] must be in [0, 1], got NaN",
  );
  refuse(
    { estimatedRewards: policy([[1, 1], [1, NaN]]) },
    "RangeError",
    "estimatedRewards[0][1][1] must be a finite number, got NaN",
  );
  refuse({ estimatedRewards: policy([[1, 1]]) }, "TypeError", "estimatedRewards[0] must have length 2, got 1");
});
