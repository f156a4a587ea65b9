import assert from "node:assert/strict";
import { shellWord } from "./shell.ts";

Deno.test("a shell reads every word as it was: blanks, quotes, variables, patterns, line ends, nothing", async () => {
  const words = [
    "reports/cpo",
    "my run",
    "it's",
    '"a"',
    "$HOME",
    "`id`",
    "a\\b",
    "*",
    "~",
    "a;b",
    "#a",
    "!x",
    "a\nb",
    "",
    "ü",
  ];
  const script = `for word in ${words.map(shellWord).join(" ")}; do printf '%s\\0' "$word"; done`;
  const { stdout, success } = await new Deno.Command("git", {
    args: ["-c", `alias.words=!${script} #`, "words"],
  }).output();
  assert.ok(success);
  assert.deepEqual(new TextDecoder().decode(stdout).split("\0").slice(0, -1), words);
});
