import assert from "node:assert/strict";
import { UserError } from "../user_error.ts";
import { chatTemplate, type Message } from "./chat.ts";

const hi: readonly Message[] = [{ role: "user", content: "Hi" }];

/** The error of a template on some messages, after checking that it is one line. */
function failure(template: string, messages: readonly Message[] = hi): string {
  try {
    chatTemplate(template, {}, "a.jinja")(messages, false);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.ok(!error.message.includes("\n"), error.message);
    return error.message;
  }
  assert.fail("expected a UserError");
}

Deno.test("a template sees roles, contents, special tokens and where it is to end", () => {
  const template = `{{ bos_token }}
{%- for message in messages %}
  {%- if loop.first and message['role'] != 'system' %}{{ '[plain]' }}{% endif %}
  {{- '\\n' + message.role | upper }}: {{ message.content | trim }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '\\nASSISTANT:' }}{% endif %}`;
  const write = chatTemplate(template, { bos_token: "<s>" }, "a.jinja");
  assert.equal(write(hi, true), "<s>[plain]\nUSER: Hi\nASSISTANT:");
  const messages: Message[] = [{ role: "system", content: " Be brief. " }, ...hi];
  assert.equal(write(messages, false), "<s>\nSYSTEM: Be brief.\nUSER: Hi");
});

Deno.test("today's date is in no chat: a template that asks for it takes the one it has", () => {
  const template = "{% if strftime_now is defined %}{{ strftime_now('%d') }}{% else %}26 Jul 2024{% endif %}";
  assert.equal(chatTemplate(template, {}, "a.jinja")(hi, false), "26 Jul 2024");
});

Deno.test("a template that raises, does not parse or asks for what is not there is one line", () => {
  assert.match(
    failure("{{ raise_exception('Roles must\n alternate') }}"),
    /^a\.jinja: the chat template stops: Roles must alternate: change the messages, or the template$/,
  );
  assert.match(failure("{% for m in messages %}"), /^a\.jinja: the chat template stops: /);
  assert.match(failure("{{ messages[0].content.nothing() }}"), /^a\.jinja: the chat template stops: /);
  for (const way of ["constructor('return 1')()", "__proto__.x()", "constructor.constructor('return Deno')()"]) {
    assert.match(failure(`{{ messages.${way} }}`), /^a\.jinja: the chat template stops: /, way);
  }
});

Deno.test("a template that would go on for ever or fill the memory stops", () => {
  const nested = "{% for a in range(1000) %}".repeat(4) + "x" + "{% endfor %}".repeat(4);
  assert.match(failure(nested), /it goes on after 1000000 steps/);
  assert.match(failure("{% for a in range(1000000000) %}x{% endfor %}"), /range\(1000000000\) is too long/);
  assert.match(failure("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"), /the chat template stops: /);
  assert.match(failure(`{{ ${"(".repeat(100_000)} }}`), /the chat template stops: /);
  const doubled = (value: string, sum: string) =>
    `{% set n = namespace(v=${value}) %}{% for i in range(60) %}{% set n.v = ${sum} %}{% endfor %}`;
  assert.match(failure(doubled("'ab'", "n.v + n.v")), /it makes more than 10000000 characters or items/);
  assert.match(failure(doubled("[1, 2]", "n.v + n.v")), /it makes more than 10000000 characters or items/);
});

Deno.test("ranges count as Python's do", () => {
  const write = (args: string) =>
    chatTemplate(`{% for i in range(${args}) %}{{ i }},{% endfor %}`, {}, "a.jinja")(hi, false);
  assert.equal(write("3"), "0,1,2,");
  assert.equal(write("1, 8, 3"), "1,4,7,");
  assert.equal(write("3, 0, -1"), "3,2,1,");
  assert.equal(write("3, 0"), "");
});

Deno.test("values are equal where Python has them equal: the library alone takes an empty text for false", () => {
  const write = (condition: string) =>
    chatTemplate(`{{ ${condition} }}`, {}, "a.jinja")([{ role: "system", content: "" }], false);
  const system = "messages[0].content";
  const right = [
    `${system} != false`,
    `${system} == ''`,
    "1 == true",
    "1 == 1.0",
    "none == none",
    "[1, 'a'] == [1, 'a']",
  ];
  for (const condition of [...right, "{'a': 1} == {'a': 1}", "nothing == other", `not ${system}`]) {
    assert.equal(write(condition), "true", condition);
  }
  const wrong = [
    `${system} == false`,
    "'1' == 1",
    "none == false",
    "[1] == [2]",
    "[1] == [1, 2]",
    "{'a': 1} == {'a': 2}",
  ];
  for (const condition of [...wrong, "nothing == none", "[] == ''"]) assert.equal(write(condition), "false", condition);
});

/** Each as `jinja2` 3.1.6 writes it, with `trim_blocks`, `lstrip_blocks` and loop controls. */
const PYTHON: readonly (readonly [what: string, template: string, text: string])[] = [
  [
    "what a round sets, the next does not find",
    "{% for i in [1, 2, 3] %}{% if i == 2 %}{% set s = 'S' %}{% endif %}{{ s }};{% endfor %}",
    ";S;;",
  ],
  [
    "and finds what stood before the loop",
    "{% set s = 'a' %}{% for i in [1, 2] %}{{ s }}{% set s = 'b' %}{% endfor %}",
    "aa",
  ],
  [
    "continue keeps what was said",
    "{% for i in [1, 2] %}a{% if i == 1 %}x{% continue %}{% endif %}b{% endfor %}",
    "axab",
  ],
  ["break keeps what was said", "{% for i in [1, 2, 3] %}a{% if i == 2 %}x{% break %}{% endif %}b{% endfor %}", "abax"],
  [
    "in the loop that is left alone",
    "{% for i in [1, 2] %}<{% for j in [1, 2] %}{{ j }}{% break %}{% endfor %}>{% else %}none{% endfor %}",
    "<1><1>",
  ],
  ["strip takes the characters it is given", "[{{ '\\n  a \\n'.strip('\\n') }}]", "[  a ]"],
  ["lstrip", "[{{ 'abcab'.lstrip('ab') }}]", "[cab]"],
  ["rstrip", "[{{ 'abcab'.rstrip('ab') }}]", "[abc]"],
  ["none is white space", "[{{ ' a '.strip(none) }}{{ ' a '.rstrip() }}]", "[a a]"],
  [
    "a byte order mark is no white space",
    "[{{ '\ufeffa\x85 '.strip() }}{{ '\x1c\ufeffb' | trim }}]",
    "[\ufeffa\ufeffb]",
  ],
  ["what is not there is trimmed to nothing", "[{{ nothing | trim }}]", "[]"],
  ["lines end with a line feed", "{% if true %}\r\na\r\n  {% endif %}\r\nb\rc", "a\nb\nc"],
];
for (const [what, template, text] of PYTHON) {
  Deno.test(`a template says what it says in Python: ${what}`, () => {
    assert.equal(chatTemplate(template, {}, "a.jinja")(hi, false), text);
  });
}

Deno.test("messages of other roles and contents are refused", () => {
  const wrong = (message: unknown) => failure("x", [...hi, message as Message]);
  assert.equal(
    wrong({ role: "bot", content: "Hi" }),
    'message 1: unknown role "bot": write one of system, user, assistant, tool',
  );
  assert.equal(wrong({ role: "user", content: 3 }), "message 1: content is number: write a text");
});
