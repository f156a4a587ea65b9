#!/usr/bin/env bash
# @huggingface/jinja 0.5.11 takes the lines of a template as they end in the file. Python's jinja2 makes every line end a
# line feed before anything else. A `chat_template.jinja` that was checked out or saved with the line ends of Windows
# gives prompts with carriage returns, and line breaks where `trim_blocks` takes them away otherwise: tokens that the
# model has not seen there.
#
# Guess before it was tried: line ends of a template's source do not matter, as they do not to jinja2.
# Seen with Node 20.20 and npm package @huggingface/jinja 0.5.11, Python 3.11 and PyPI package jinja2 3.1.6:
#   jinja2: "<user>\nHi\n"
#   @huggingface/jinja: "\r\n<user>\r\nHi\r\n\r"
# What this product does instead: lib/tokenizers/chat.ts makes line ends line feeds first (lib/tokenizers/chat_test.ts).
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
  "messages": [{ "role": "user", "content": "Hi" }],
  "template": "{% for m in messages %}\r\n<{{ m.role }}>\r\n{{ m.content }}\r\n{% endfor %}\r\n"
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
[ "$seen" = 'jinja2: "<user>\nHi\n"
@huggingface/jinja: "\r\n<user>\r\nHi\r\n\r"' ] || exit 1
