#!/usr/bin/env bash
# In @huggingface/jinja 0.5.11 the methods `strip`, `lstrip` and `rstrip` of a text take an argument and do not look at
# it: they always strip white space. In Python's jinja2 they strip the characters that they are given. The templates of
# Qwen 3 take line breaks off an answer with `lstrip('\n')`: an answer that begins with indented code loses the
# indentation of its first line.
#
# Guess before it was tried: a method that is there does what its argument says, or complains of it.
# Seen with Node 20.20 and npm package @huggingface/jinja 0.5.11, Python 3.11 and PyPI package jinja2 3.1.6:
#   jinja2: "    return 1\n    # end|done"
#   @huggingface/jinja: "return 1\n    # end|--done--"
# What this product does instead: lib/tokenizers/jinja.ts strips the characters that are given
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
  "messages": [{ "role": "assistant", "content": "<think>\n</think>\n\n    return 1\n    # end" }],
  "template": "{{ messages[0].content.split('</think>')[-1].lstrip('\\n') }}|{{ '--done--'.strip('-') }}"
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
[ "$seen" = 'jinja2: "    return 1\n    # end|done"
@huggingface/jinja: "return 1\n    # end|--done--"' ] || exit 1
