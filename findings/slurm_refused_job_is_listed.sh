#!/usr/bin/env bash
# sbatch that asks for more memory than a node has says "Batch job submission failed", prints no number and ends with 1. The
# controller has taken a number all the same and lists a job under it, FAILED with BadConstraints, by the name that was given.
# A script that finds its jobs by name, as one does that was stopped in between, counts a failed run that never was. One that
# names a partition that is not there is refused in the same words and leaves nothing.
#
# Guess before it was tried (confidence 0.8): a submission that is refused leaves no job.
# Seen with slurm-wlm 22.05.8 of Debian 12, a cluster on this machine:
#   memory: exit code 1, listed: FAILED BadConstraints 0:1
#   partition: exit code 1, listed:
# What this product does instead: what sbatch says is told in its own words, and a job that is found by its name after that counts
# only while it has not ended (lib/sweep/slurm/engine.ts).
# Exits with 1 when any of this changes. Needs slurm-wlm, and a machine that is nobody else's (.ci/slurm/cluster).
set -euo pipefail
cluster="$(cd "$(dirname "$0")/.." && pwd)/.ci/slurm/cluster"
folder="$(mktemp -d)"
trap 'bash "$cluster" stop "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
SLURM_CONF="$(bash "$cluster" start "$folder" 1)"
export SLURM_CONF

# Submits under a name with the words of a request, and says how that ended and what is listed under the name.
asked() {
  local code=0
  sbatch --parsable --job-name="$1" "$2" --output=/dev/null --wrap true >out.txt 2>err.txt || code=$?
  echo "exit code $code$(cat out.txt), listed: $(squeue --noheader --states=all --name="$1" --format='%T %r')"
}
memory="$(asked memory --mem=1T)"
id="$(squeue --noheader --states=all --name=memory --format=%i)"
exit="$(scontrol show job "$id" | grep -o 'ExitCode=[0-9:]*' | cut -d= -f2)"
seen="memory: $memory $exit
partition: $(asked partition --partition=nowhere)"
echo "$seen"
[ "$seen" = "memory: exit code 1, listed: FAILED BadConstraints 0:1
partition: exit code 1, listed: " ] || exit 1
