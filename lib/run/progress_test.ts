import assert from "node:assert/strict";
import { createProgress, duration } from "./progress.ts";

/** Runs with a clock that only moves when told to, in milliseconds. */
function withClock(run: (clock: { now: number }) => void): void {
  const clock = { now: 1000 };
  const original = performance.now;
  performance.now = () => clock.now;
  try {
    run(clock);
  } finally {
    performance.now = original;
  }
}

function recorder(terminal: boolean) {
  const written: string[] = [];
  return { written, output: { terminal, columns: () => 60, write: (text: string) => void written.push(text) } };
}

Deno.test("where output is not a terminal: whole lines, at most one in five seconds, no control characters", () =>
  withClock((clock) => {
    const { written, output } = recorder(false);
    const progress = createProgress("demo", 40, 0, output);
    progress.start("unit 0");
    clock.now += 4000;
    progress.finish();
    assert.deepEqual(written, [], "a short run is silent");
    progress.start("unit 1");
    clock.now += 4000;
    progress.finish();
    // Two units in 8 s: 0.25 a second, and 38 are left.
    assert.deepEqual(written, ["demo  2/40  2 min 32 s left  0.25 units/s  unit 1\n"]);
    progress.start("unit 2");
    assert.equal(written.length, 1);
    progress.say("a line that stays");
    progress.end();
    assert.deepEqual(written.slice(1), ["a line that stays\n"]);
  }));

Deno.test("on a terminal: one line is rewritten ten times a second at most, cut to the width it has, cleared at the end", () =>
  withClock((clock) => {
    const clear = "\r\x1b[2K";
    const { written, output } = recorder(true);
    const progress = createProgress("demo", 2, 0, output);
    progress.start("x".repeat(200));
    assert.deepEqual(written.splice(0), [clear, `demo  0/2  ${"x".repeat(48)}`], "59 of 60 columns");
    clock.now += 2;
    progress.start("unit");
    progress.finish();
    assert.deepEqual(written, [], "too soon");
    clock.now += 98;
    progress.start("other");
    assert.deepEqual(written.splice(0), [clear, "demo  1/2  0 s left  10 units/s  other"]);
    progress.say("stays");
    assert.deepEqual(written.splice(0), [clear, "stays\n"]);
    progress.end();
    assert.deepEqual(written, [clear]);
  }));

Deno.test("units that were saved count as finished and not into the rate", () =>
  withClock((clock) => {
    const { written, output } = recorder(true);
    const progress = createProgress("demo", 10, 6, output);
    progress.start("unit");
    assert.equal(written.at(-1), "demo  6/10  unit");
    clock.now += 30_000;
    progress.finish();
    assert.equal(written.at(-1), "demo  7/10  1 min 30 s left  0.033 units/s  unit");
  }));

Deno.test("duration", () => {
  assert.equal(duration(0.4), "0 s");
  assert.equal(duration(59.4), "59 s");
  assert.equal(duration(59.6), "1 min 0 s");
  assert.equal(duration(3725), "62 min 5 s");
});
