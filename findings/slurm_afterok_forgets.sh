#!/usr/bin/env bash
# `sbatch --dependency=afterok:ID` is to run a job only where job ID ended well. The controller keeps a job that has ended for
# MinJobAge, five minutes unless the site says otherwise, and takes a dependency on a job that it does not know for fulfilled:
# what was to wait for a training runs although the training failed six minutes ago. So does one on a number that was mistyped,
# or on an element that an array does not have. Nothing is said, and the job's record shows no dependency.
#
# Guess before it was tried (confidence 0.4): a job id that is not known is refused; that a failure can be forgotten was met then.
# Seen with slurm-wlm 22.05.8 of Debian 12, a cluster on this machine with MinJobAge 2 s:
#   afterok of a job that failed just now: PENDING DependencyNeverSatisfied
#   afterok of it, forgotten: ran
#   afterok of a job that never was: ran
#   afterok of element 9 of an array of 3 that waits: ran
# What this product does instead: sweeps on Slurm use no dependencies; an element has ended well where its rows are there
# (docs/slurm.md).
# Exits with 1 when any of this changes. Needs slurm-wlm, and a machine that is nobody else's (.ci/slurm/cluster).
set -euo pipefail
cluster="$(cd "$(dirname "$0")/.." && pwd)/.ci/slurm/cluster"
folder="$(mktemp -d)"
trap 'bash "$cluster" stop "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
SLURM_CONF="$(bash "$cluster" start "$folder" 1)"
export SLURM_CONF
echo "MinJobAge=2" >>"$SLURM_CONF"
scontrol reconfigure

# Submits what is to run after well-ended jobs, and says what became of it.
after() {
  local job out="$folder/$RANDOM.out" state=
  job="$(sbatch --parsable --dependency="afterok:$1" --output="$out" --wrap 'echo ran')"
  for _ in $(seq 100); do
    if [ -s "$out" ]; then
      cat "$out"
      return
    fi
    state="$(squeue --noheader --jobs="$job" --format='%T %r')"
    [ "$state" != "PENDING DependencyNeverSatisfied" ] || break
    sleep 0.1
  done
  echo "$state"
}
known() { squeue --noheader --states=all --jobs="$1" 2>/dev/null | grep -q .; }

failed="$(sbatch --parsable --output=/dev/null --wrap 'exit 1')"
until [ "$(squeue --noheader --states=all --jobs="$failed" --format=%T)" = FAILED ]; do sleep 0.1; done
recent="$(after "$failed")"
# The waiting job keeps it known: both go.
scancel --state=PENDING --user="$(id -un)"
while known "$failed"; do sleep 0.5; done
array="$(sbatch --parsable --hold --array=0-2 --output=/dev/null --wrap true)"
seen="just failed: $recent
failed and forgotten: $(after "$failed")
never was: $(after 424242)
no such element: $(after "${array}_9")"
echo "$seen"
[ "$seen" = "just failed: PENDING DependencyNeverSatisfied
failed and forgotten: ran
never was: ran
no such element: ran" ] || exit 1
