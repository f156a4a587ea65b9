/** What Slurm 22.05.8 has printed, word for word. */
import assert from "node:assert/strict";
import { accountOf, endingOf, hasEnded, queueOf } from "./queue.ts";

/** Of the arguments of `queueArguments`: an array of which some elements wait, one was cancelled, one lost its node. */
const QUEUE = `Welcome to the cluster
29_1|PENDING|BeginTime|
29_0|RUNNING|None|n0
34_1|COMPLETING|None|n1
14_7|COMPLETED|None|n0
14_1|FAILED|NonZeroExitCode|n1
39_1|NODE_FAIL|NodeDown|n1
13_0|TIMEOUT|TimeLimit|n1
1_5|CANCELLED|Resources|
`;

/** Of the arguments of `accountArguments`. */
const ACCOUNT = `1_0|COMPLETED|0:0|n0
1_1|FAILED|3:0|n1
1_2|RUNNING|0:0|n0
1_3|FAILED|0:9|n1
1_5|CANCELLED by 0|0:0|None assigned
`;

Deno.test("the queue is read, and what is no element is passed over", () => {
  const queue = queueOf(QUEUE), ended = [...queue].filter(([, standing]) => hasEnded(standing)).map(([id]) => id);
  assert.equal(queue.size, 8);
  assert.deepEqual(ended, ["14_7", "14_1", "39_1", "13_0", "1_5"]);
  assert.equal(endingOf(queue.get("39_1")!), "NODE_FAIL (NodeDown) on n1");
  assert.equal(endingOf(queue.get("1_5")!), "CANCELLED (Resources)");
  assert.equal(endingOf(queue.get("14_7")!), "COMPLETED on n0");
});

Deno.test("accounting is read: exit codes, signals, who cancelled is left out", () => {
  const account = accountOf(ACCOUNT);
  assert.equal(endingOf(account.get("1_1")!), "FAILED (exit code 3) on n1");
  assert.equal(endingOf(account.get("1_3")!), "FAILED (signal 9) on n1");
  assert.equal(endingOf(account.get("1_5")!), "CANCELLED");
  assert.ok(!hasEnded(account.get("1_2")!));
});

Deno.test("a state that nobody has heard of is one of a living element", () => {
  assert.ok(!hasEnded({ state: "POWER_UP_NODE", reason: "", node: "" }));
});
