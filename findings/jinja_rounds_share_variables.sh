#!/usr/bin/env bash
# In @huggingface/jinja 0.5.11 all rounds of a loop have one scope: what `{% set %}` puts there for one message is still
# there for the next. In Python's jinja2 each round begins anew. Templates rely on it: those that set the thoughts of a
# message only where it has some, and then ask whether they are defined, repeat the thoughts of one turn in all turns that
# follow.
#
# Guess before it was tried: `set` inside a loop is local to the round, as the documentation of Jinja says of loops.
# Seen with Node 20.20 and npm package @huggingface/jinja 0.5.11, Python 3.11 and PyPI package jinja2 3.1.6:
#   jinja2: "[why]Yes.[]No.[]Maybe."
#   @huggingface/jinja: "[why]Yes.[why]No.[why]Maybe."
# What this product does instead: lib/tokenizers/jinja.ts gives each round a scope of its own
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
  "messages": [{ "content": "why</think>Yes." }, { "content": "No." }, { "content": "Maybe." }],
  "template": "{% for m in messages %}{% if '</think>' in m.content %}{% set thought = m.content.split('</think>')[0] %}{% endif %}[{% if thought is defined %}{{ thought }}{% endif %}]{{ m.content.split('</think>')[-1] }}{% endfor %}"
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
[ "$seen" = 'jinja2: "[why]Yes.[]No.[]Maybe."
@huggingface/jinja: "[why]Yes.[why]No.[why]Maybe."' ] || exit 1
