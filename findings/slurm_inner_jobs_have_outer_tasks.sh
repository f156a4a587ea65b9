#!/usr/bin/env bash
# A job that is no array has no SLURM_ARRAY_TASK_ID: programs go by that to tell which part of the work is theirs. One that is
# submitted from within an element of an array has that element's number, and SLURM_ARRAY_JOB_ID and SLURM_ARRAY_TASK_COUNT with
# it: sbatch hands the environment on, and Slurm writes over those variables alone that the new job has. --export=NONE, which
# hands nothing else on, keeps them. Evaluation that each element submits when its training is done computes one part of as many
# and takes it for the whole.
#
# Guess before it was tried (confidence 0.5): variables of an array are not handed on to a job that is none.
# Seen with slurm-wlm 22.05.8 of Debian 12, a cluster on this machine:
#   inner job: task 4 of 2, own array: no
#   with --export=NONE: task 4 of 2
# What this product does instead: an array of a sweep is submitted as an array always, whose variables are its own
# (lib/sweep/slurm/script.ts).
# Exits with 1 when any of this changes. Needs slurm-wlm, and a machine that is nobody else's (.ci/slurm/cluster).
set -euo pipefail
cluster="$(cd "$(dirname "$0")/.." && pwd)/.ci/slurm/cluster"
folder="$(mktemp -d)"
trap 'bash "$cluster" stop "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
SLURM_CONF="$(bash "$cluster" start "$folder" 1)"
export SLURM_CONF

cat >inner.sh <<'SH'
#!/bin/bash
own=no
[ "$SLURM_ARRAY_JOB_ID" != "$SLURM_JOB_ID" ] || own=yes
echo "task ${SLURM_ARRAY_TASK_ID-unset} of ${SLURM_ARRAY_TASK_COUNT-unset}, own array: $own"
SH
cat >outer.sh <<'SH'
#!/bin/bash
[ "$SLURM_ARRAY_TASK_ID" = 4 ] || exit 0
sbatch --output=inner.out inner.sh
sbatch --export=NONE --output=none.out inner.sh
SH
sbatch --array=2,4 --output=outer.out outer.sh >/dev/null
for _ in $(seq 300); do ! { [ -s inner.out ] && [ -s none.out ]; } || break; sleep 0.1; done
seen="inner job: $(cat inner.out)
with --export=NONE: $(cut -d, -f1 none.out)"
echo "$seen"
[ "$seen" = "inner job: task 4 of 2, own array: no
with --export=NONE: task 4 of 2" ] || exit 1
