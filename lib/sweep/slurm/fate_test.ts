/** What becomes of elements: every way to end that was met on a real cluster. */
import assert from "node:assert/strict";
import { fateOf } from "./fate.ts";

const standing = (state: string, reason = "", node = "n1") => ({ state, reason, node });
const seen = { written: { node: "n1" }, answered: true, done: 0, left: 3, standing: standing("RUNNING") };

Deno.test("an element lives while Slurm says so, and while Slurm says nothing", () => {
  for (const state of ["PENDING", "RUNNING", "COMPLETING", "SUSPENDED", "REQUEUED", "CONFIGURING"]) {
    assert.deepEqual(fateOf({ ...seen, standing: standing(state) }), { is: "alive" }, state);
  }
  assert.deepEqual(fateOf({ ...seen, answered: false, standing: undefined }), { is: "alive" });
  assert.deepEqual(fateOf({ ...seen, written: {}, standing: standing("PENDING", "Resources", "") }), { is: "alive" });
});

Deno.test("an element whose blocks are there has ended, whatever Slurm says", () => {
  assert.deepEqual(fateOf({ ...seen, left: 0 }), { is: "ended" });
});

Deno.test("what ended at a block is held against it", () => {
  for (
    const [state, reason] of [["FAILED", "NonZeroExitCode"], ["TIMEOUT", "TimeLimit"], ["NODE_FAIL", "NodeDown"], [
      "PREEMPTED",
      "",
    ], ["OUT_OF_MEMORY", "OutOfMemory"]]
  ) {
    const fate = fateOf({ ...seen, standing: standing(state, reason) });
    assert.deepEqual(fate, { is: "ended", why: `${state}${reason && ` (${reason})`} on n1` });
  }
  const forgotten = fateOf({ ...seen, standing: undefined });
  assert.deepEqual(forgotten, { is: "ended", why: "ended on n1, and Slurm has forgotten why" });
  assert.deepEqual(fateOf({ ...seen, written: { node: "n1", code: 1 } }), { is: "ended", why: "exit code 1 on n1" });
});

Deno.test("an element that was warned has ended well where it did a block, and had too little time where it did none", () => {
  const written = { node: "n1", code: 75 };
  assert.deepEqual(fateOf({ ...seen, written, done: 1 }), { is: "ended" });
  const short = fateOf({ ...seen, written, standing: standing("FAILED", "NonZeroExitCode") });
  assert.match(short.is === "ended" && short.why || "", /raise --time/);
  const preempted = fateOf({ ...seen, written, standing: standing("PREEMPTED") });
  assert.deepEqual(preempted, { is: "ended", why: "PREEMPTED on n1" });
  const killed = fateOf({ ...seen, written: { node: "n1", code: 137 }, standing: standing("OUT_OF_MEMORY") });
  assert.deepEqual(killed, { is: "ended", why: "OUT_OF_MEMORY on n1" });
});

Deno.test("a node on which nothing could begin is told apart from a block that could not be computed", () => {
  for (const code of [2, 71, 72, 126, 127]) {
    const fate = fateOf({ ...seen, written: { node: "n1", code } });
    assert.deepEqual(fate, { is: "not begun", node: "n1", why: `exit code ${code}` });
  }
  const blind = fateOf({ ...seen, written: {}, standing: standing("FAILED", "JobLaunchFailure") });
  assert.deepEqual(blind, { is: "not begun", node: "n1", why: "FAILED (JobLaunchFailure) on n1" });
  // Code 2 behind a block that was done is no matter of the node.
  assert.equal(fateOf({ ...seen, done: 1, written: { node: "n1", code: 2 } }).is, "ended");
});

Deno.test("one that was cancelled while it waited has nobody to blame", () => {
  assert.deepEqual(fateOf({ ...seen, written: {}, standing: standing("CANCELLED", "Resources", "") }), { is: "ended" });
  // Without accounting the queue has no line for it any more.
  assert.deepEqual(fateOf({ ...seen, written: {}, standing: undefined }), { is: "ended" });
});

Deno.test("an element that ended well and whose rows are not there has not written where this machine reads", () => {
  const fate = fateOf({ ...seen, written: { node: "n1", code: 0 } });
  assert.match(fate.is === "ended" && fate.why || "", /does it write to the folder that this machine sees/);
});
