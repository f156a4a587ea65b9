#!/usr/bin/env bash
# An element of an array fails, is put back by `scontrol requeue`, and ends well. What waited for the array by afterok waits for
# ever: the dependency was given up at the first failure, and stays "never satisfied" after all elements are COMPLETED. What was
# to run only after a failure (afternotok) or after the end (afterany) has run already, before the last element did.
#
# Guess before it was tried (confidence 0.5): what waits by afterok runs once every element has ended well.
# Seen with slurm-wlm 22.05.8 of Debian 12, a cluster on this machine:
#   elements: COMPLETED COMPLETED COMPLETED
#   afterok: PENDING DependencyNeverSatisfied, afternotok: COMPLETED None
# What this product does instead: sweeps on Slurm use no dependencies and submit what is missing as a new array
# (lib/sweep/slurm/slurm_slow_test.ts).
# Exits with 1 when any of this changes. Needs slurm-wlm, and a machine that is nobody else's (.ci/slurm/cluster).
set -euo pipefail
cluster="$(cd "$(dirname "$0")/.." && pwd)/.ci/slurm/cluster"
folder="$(mktemp -d)"
trap 'bash "$cluster" stop "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
SLURM_CONF="$(bash "$cluster" start "$folder" 2)"
export SLURM_CONF

states() { squeue --noheader --states=all --array --jobs="$1" --format="$2" | sort | paste -sd' '; }
until_states() { for _ in $(seq 300); do [ "$(states "$1" "$2")" != "$3" ] || return 0; sleep 0.1; done; }

array="$(sbatch --parsable --array=0-2 --output=/dev/null \
  --wrap '[ "$SLURM_ARRAY_TASK_ID" != 1 ] || [ -n "${SLURM_RESTART_COUNT:-}" ]')"
ok="$(sbatch --parsable --dependency="afterok:$array" --output=/dev/null --wrap true)"
not="$(sbatch --parsable --dependency="afternotok:$array" --output=/dev/null --wrap true)"
until_states "$array" %T "COMPLETED COMPLETED FAILED"
until_states "$not" %T COMPLETED
scontrol requeue "${array}_1"
# Put back, a job waits two minutes, which is no part of this.
until_states "$array" %T "COMPLETED COMPLETED PENDING"
scontrol update JobId="${array}_1" StartTime=now
until_states "$array" %T "COMPLETED COMPLETED COMPLETED"
# Time for the controller to look at dependencies again.
sleep 5
seen="elements: $(states "$array" %T)
afterok: $(states "$ok" '%T %r'), afternotok: $(states "$not" '%T %r')"
echo "$seen"
[ "$seen" = "elements: COMPLETED COMPLETED COMPLETED
afterok: PENDING DependencyNeverSatisfied, afternotok: COMPLETED None" ] || exit 1
