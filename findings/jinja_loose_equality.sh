#!/usr/bin/env bash
# In @huggingface/jinja 0.5.11 `==` and `!=` are JavaScript's loose ones: an empty text equals false and 0, "1" equals 1,
# [] equals "", and two lists of the same items do not equal each other. The template of Llama 2 sets its system message
# to false where a chat has none and then asks `system_message != false`: an empty system message, which Python's jinja2
# writes between its marks, is dropped without a word, so a prompt has other tokens than those the model was trained on.
#
# Guess before it was tried: a package for running chat templates compares as Python does, since templates are written for
# that.
# Seen with Node 20.20 and npm package @huggingface/jinja 0.5.11, Python 3.11 and PyPI package jinja2 3.1.6:
#   jinja2: "[INST] <<SYS>>\n\n<</SYS>>\n\nHi [/INST]"
#   @huggingface/jinja: "[INST] Hi [/INST]"
# What this product does instead: lib/tokenizers/jinja.ts decides equality by Python's rules
# (lib/tokenizers/chat_test.ts).
# Exits with 1 when any of this changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @huggingface/jinja@0.5.11
python3 -m pip install --quiet --root-user-action ignore --no-deps --target python jinja2==3.1.6 markupsafe==3.0.4

cat >chat.json <<'JSON'
{
  "messages": [{ "role": "system", "content": "" }, { "role": "user", "content": "Hi" }],
  "template": "{% set system = false %}{% if messages[0].role == 'system' %}{% set system = messages[0].content %}{% endif %}[INST] {% if system != false %}<<SYS>>\n{{ system }}\n<</SYS>>\n\n{% endif %}{{ messages[-1].content }} [/INST]"
}
JSON
cat >write.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Template } from "@huggingface/jinja";
const { template, messages } = JSON.parse(readFileSync("chat.json", "utf8"));
console.log("@huggingface/jinja:", JSON.stringify(new Template(template).render({ messages })));
JS
cat >write.py <<'PY'
import json
from jinja2.sandbox import ImmutableSandboxedEnvironment
chat = json.load(open("chat.json"))
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
print("jinja2:", json.dumps(environment.from_string(chat["template"]).render(messages=chat["messages"])))
PY
seen="$(PYTHONPATH=python python3 write.py && node write.mjs)"
echo "$seen"
[ "$seen" = 'jinja2: "[INST] <<SYS>>\n\n<</SYS>>\n\nHi [/INST]"
@huggingface/jinja: "[INST] Hi [/INST]"' ] || exit 1
