#!/usr/bin/env bash
# hyparquet-writer 0.17.0 writes a column that repeats itself as a dictionary, and finds values in it as a JavaScript Map
# does, to which 0 and -0 are one: all zeros of the column get the sign of its first. One -0, which rounding, a product
# with 0 or a negation leaves behind, makes every 0 after it -0. Python prints them as -0.00, numpy's signbit and copysign
# see them, 1 / x has the other sign, and the file is not the CSV beside it, in which a JavaScript program writes 0 for
# both.
#
# Guess before it was tried: a column of doubles comes back bit by bit.
# Seen with Node 20.20 and npm packages hyparquet-writer 0.17.0 and hyparquet 1.31.5 (pyarrow 22 reads the same numbers):
#   -0, 0, 0, 0 comes back as -0, -0, -0, -0
#   0, -0, -0, 0 comes back as 0, 0, 0, 0
# What this product does instead: lib/run/parquet.ts writes no -0, as results.csv has none (lib/run/parquet_test.ts).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent hyparquet-writer@0.17.0 hyparquet@1.31.5

cat >zeros.mjs <<'JS'
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
const told = (values) => values.map((x) => Object.is(x, -0) ? "-0" : String(x)).join(", ");
for (const data of [[-0, 0, 0, 0], [0, -0, -0, 0]]) {
  const file = parquetWriteBuffer({ columnData: [{ name: "x", data: Float64Array.from(data), type: "DOUBLE" }] });
  const rows = await parquetReadObjects({ file });
  console.log(told(data), "comes back as", told(rows.map(({ x }) => x)));
}
JS
seen="$(node zeros.mjs)"
echo "$seen"
[ "$seen" = '-0, 0, 0, 0 comes back as -0, -0, -0, -0
0, -0, -0, 0 comes back as 0, 0, 0, 0' ] || exit 1
