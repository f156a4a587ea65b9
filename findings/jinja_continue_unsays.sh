#!/usr/bin/env bash
# In @huggingface/jinja 0.5.11 a round of a loop that ends by `{% continue %}` or `{% break %}` loses all that it has
# written before: the text of the round is put together first, and what leaves it is an exception. In Python's jinja2 it
# stays. A template that writes a turn and then goes on to the next message writes no such turn here, and the chat still
# looks like a chat.
#
# Guess before it was tried: loop controls that are supported only skip what follows them.
# Seen with Node 20.20 and npm package @huggingface/jinja 0.5.11, Python 3.11 and PyPI package jinja2 3.1.6:
#   jinja2: "<system>Be brief.<user>Hi<end>"
#   @huggingface/jinja: "<user>Hi<end>"
# What this product does instead: lib/tokenizers/jinja.ts keeps what was said before a round is left
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
  "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hi" }],
  "template": "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% if m.role == 'system' %}{% continue %}{% endif %}<end>{% endfor %}"
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
[ "$seen" = 'jinja2: "<system>Be brief.<user>Hi<end>"
@huggingface/jinja: "<user>Hi<end>"' ] || exit 1
