#!/usr/bin/env bash
# `scontrol requeue ARRAY`, given to put back the elements that hang or failed, puts back those as well that have ended well, as
# long as the controller knows them (MinJobAge, five minutes). They run again from the start, and the first thing that goes is
# their output: Slurm empties the file of a job that begins again unless it was submitted with --open-mode=append. A job that
# fails the second time leaves neither result nor log of the first.
#
# Guess before it was tried (confidence 0.6): only elements that run are put back.
# Seen with slurm-wlm 22.05.8 of Debian 12, a cluster on this machine; element 2 runs, the others have ended:
#   before: COMPLETED COMPLETED RUNNING
#   after: PENDING PENDING PENDING
#   output of element 0: run 1
# What this product does instead: sweeps are submitted with --no-requeue and --open-mode=append, and an element that begins again
# computes what has no rows yet (lib/sweep/slurm/script.ts).
# Exits with 1 when any of this changes. Needs slurm-wlm, and a machine that is nobody else's (.ci/slurm/cluster).
set -euo pipefail
cluster="$(cd "$(dirname "$0")/.." && pwd)/.ci/slurm/cluster"
folder="$(mktemp -d)"
trap 'bash "$cluster" stop "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
SLURM_CONF="$(bash "$cluster" start "$folder" 2)"
export SLURM_CONF

states() { squeue --noheader --states=all --array --jobs="$array" --format=%T | sort | paste -sd' '; }
until_states() { for _ in $(seq 300); do [ "$(states)" != "$1" ] || return 0; sleep 0.1; done; }

array="$(sbatch --parsable --array=0-2 --output="$folder/%a.out" \
  --wrap 'echo "run ${SLURM_RESTART_COUNT:-0}"; [ "$SLURM_ARRAY_TASK_ID" != 2 ] || sleep 60')"
until_states "COMPLETED COMPLETED RUNNING"
before="$(states)"
scontrol requeue "$array"
until_states "PENDING PENDING PENDING"
after="$(states)"
# Put back, a job waits two minutes, which is no part of this.
scontrol update JobId="${array}_0" StartTime=now
for _ in $(seq 300); do ! grep -q 'run 1' 0.out || break; sleep 0.1; done
seen="before: $before
after: $after
output of element 0: $(paste -sd' ' 0.out)"
echo "$seen"
[ "$seen" = "before: COMPLETED COMPLETED RUNNING
after: PENDING PENDING PENDING
output of element 0: run 1" ] || exit 1
