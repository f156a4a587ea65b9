#!/usr/bin/env bash
# Pairs without a prompt column have it within both texts, and `extract_prompt` of TRL 1.16.0, which its trainers call for
# such pairs, takes for it all letters that both begin with: of "The sky is bright" and "The sky is brown" the prompt is
# "The sky is br", and the responses are "ight" and "own". The policy is trained to go on inside of words, with tokens that it
# never writes there, and every log-probability of the two is of another cut than the model makes.
#
# Guess before it was tried: the prompt ends at a word or a turn.
# Seen with Python 3.11 and PyPI packages trl 1.16.0, transformers 5.24.0, datasets 5.2.0,
# without PyTorch, which the function does not use:
#   The sky is bright, The sky is brown: "The sky is br", "ight", "own"
#   Yes, and Yes, I do: "Ye", "s", "s, I do"
# What this product does instead: lib/datasets/own/implicit_prompt.ts ends before the first word that differs.
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip install --quiet --root-user-action ignore --target packages transformers==5.24.0 datasets==5.2.0
python3 -m pip install --quiet --root-user-action ignore --no-deps --target packages trl==1.16.0
cat >cut.py <<'PY'
from trl.data_utils import extract_prompt
for chosen, rejected in (("The sky is bright", "The sky is brown"), ("Yes", "Yes, I do")):
    print(*(f"{name} {text!r}" for name, text in extract_prompt({"chosen": chosen, "rejected": rejected}).items()))
PY
seen="$(HF_HUB_OFFLINE=1 PYTHONPATH=packages python3 cut.py)"
echo "$seen"
[ "$seen" = "prompt 'The sky is br' chosen 'ight' rejected 'own'
prompt 'Ye' chosen 's' rejected 's, I do'" ] || exit 1
