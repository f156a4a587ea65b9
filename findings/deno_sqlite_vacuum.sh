#!/usr/bin/env bash
# In Deno 2.9.6 `VACUUM` of node:sqlite fails with "too many attached databases - max 0" unless a program may do
# everything: `VACUUM` copies into a database that it attaches, and Deno allows none to be attached under permissions that
# name paths, as it could not check which file that is. With --allow-read and --allow-write of all paths it fails as well,
# and the message names neither permissions nor `VACUUM`. A file of results that rows were taken from cannot be made
# smaller by the program that wrote it, with the permissions that it writes with.
#
# Guess before it was tried: who may read and write a database, and its folder, may compact it.
# Seen with npm package deno 2.9.6:
#   named folder: too many attached databases - max 0
#   all paths: too many attached databases - max 0
#   everything: compacted
# What this product does instead: lib/run/run_store.ts never compacts. Where units are computed anew their old rows are
# deleted in the transaction that writes the new ones, which take the pages that are free.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent deno@2.9.6

cat >vacuum.mjs <<'JS'
import { DatabaseSync } from "node:sqlite";
const database = new DatabaseSync("results.sqlite");
database.exec("CREATE TABLE IF NOT EXISTS result (value REAL)");
try {
  database.exec("VACUUM");
  console.log("compacted");
} catch (error) {
  console.log(error.message);
}
JS
run() {
  printf '%s: ' "$1"
  npx deno run --no-prompt "${@:2}" vacuum.mjs
}
seen="$(run "named folder" --allow-read=. --allow-write=. && run "all paths" --allow-read --allow-write && run everything --allow-all)"
echo "$seen"
[ "$seen" = 'named folder: too many attached databases - max 0
all paths: too many attached databases - max 0
everything: compacted' ] || exit 1
