#!/usr/bin/env bash
# Deno 2.9.6 fetches npm packages over HTTP/2, which needs one connection. With a lock file and an empty cache it asks for
# all packages before the first connection is up, and so opens one for nearly each: 60 for 83 packages, each with a name
# lookup of its own, of which all but a few are closed unused. Without a lock it opens 4. Where a resolver drops some of so
# many questions at once, each lost one costs its five seconds: a first run with a lock took 21 s and without one 1.3 s here,
# and 5 s with a lock under RES_OPTIONS=timeout:1.
#
# Guess before it was tried: with a lock less is asked for, so that it is the faster of the two.
# Seen with Deno 2.9.6 (npm package deno 2.9.6): 60, 65 and 61 connections with a lock, 4 without, three times.
# What this product does instead: nothing can be set in deno.json; README says what to try where the first run is slow.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >deno.json <<'JSON'
{
  "nodeModulesDir": "none",
  "imports": {
    "@observablehq/plot": "npm:@observablehq/plot@0.6.17",
    "hyparquet-writer": "npm:hyparquet-writer@0.17.0",
    "linkedom": "npm:linkedom@0.18.13",
    "pdfkit": "npm:pdfkit@0.20.2"
  }
}
JSON
deno="npx -y deno@2.9.6"
DENO_DIR="$folder/first" $deno install --quiet
connections() {
  DENO_DIR="$(mktemp -d -p "$folder")" $deno install --log-level=debug "$@" 2>&1 | grep -c 'connecting to'
}
locked="$(connections --frozen)"
free="$(connections --no-lock)"
echo "connections with a lock: $locked, without: $free"
[ "$locked" -ge 40 ] && [ "$free" -le 12 ] || exit 1
