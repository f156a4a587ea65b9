#!/usr/bin/env bash
# SIGUSR1 is what job schedulers are asked to send ahead of a time limit (Slurm's --signal=USR1@60, the example of its manual).
# A program that does not know of it ends: sh and Python do. Deno goes on, and opens the debugger of V8 on port 9229 of the
# machine, without --inspect and though it was granted neither network nor anything else. So what was to stop a while before the
# limit runs into it and is killed with what it has in hand. In its first third of a second it ends, and of several on one node
# each after the first says "Failed to start inspector server" and goes on too.
#
# Guess before it was tried (confidence 0.6): it ends, as Python does.
# Seen with deno 2.9.6 of npm, on Linux:
#   sh ended with 138
#   deno ended with 0, listening: Debugger listening on ws://127.0.0.1:9229
# What this product does instead: sweeps on Slurm are warned by SIGUSR2, in the shell alone, which asks Deno by SIGTERM
# (lib/sweep/slurm/script.ts).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit deno@2.9.6 >/dev/null
deno="$(find "$folder/node_modules" -path '*@deno/*' -name deno -type f | head -1)"
[ -n "$deno" ] || deno="$folder/node_modules/deno/deno"

echo 'console.log("ready"); setTimeout(() => console.log("done"), 4000);' >job.js
warned() {
  local code=0 pid
  "$@" >out.txt 2>err.txt &
  pid=$!
  for _ in $(seq 100); do ! grep -q ready out.txt || break; sleep 0.1; done
  sleep 1
  kill -USR1 "$pid"
  wait "$pid" 2>/dev/null || code=$?
  echo "ended with $code"
}
shell="$(warned sh -c 'echo ready; sleep 4; echo done' 2>/dev/null)"
theirs="$(warned "$deno" run --no-prompt job.js)"
seen="sh $shell
deno $theirs, listening: $(grep -o 'Debugger listening on ws://[0-9.:]*' err.txt || true)"
echo "$seen"
[ "$seen" = "sh ended with 138
deno ended with 0, listening: Debugger listening on ws://127.0.0.1:9229" ] || exit 1
