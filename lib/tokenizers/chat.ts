/**
 * Chats as the text that a model was trained on, by the template that comes with it.
 *
 * Templates are programs from outside. They can read messages and nothing else: the interpreter has no way to files or to
 * JavaScript, and it stops after a number of steps and at a length, so that a loop ends.
 *
 * @module
 */
import { Environment, parse, tokenize } from "@huggingface/jinja";
import { UserError } from "../user_error.ts";
import { MAX_STEPS, PythonInterpreter } from "./jinja.ts";

const ROLES = ["system", "user", "assistant", "tool"] as const;

/** One turn of a chat. */
export interface Message {
  /** Who speaks. */
  readonly role: typeof ROLES[number];
  /** What is said. */
  readonly content: string;
}

function range(...args: number[]): number[] {
  const [start, stop, step = 1] = args.length === 1 ? [0, args[0]] : args, length = Math.ceil((stop - start) / step);
  if (Number.isNaN(length) || length > MAX_STEPS) throw new Error(`range(${args.join(", ")}) is too long`);
  return Array.from({ length: Math.max(0, length) }, (_, i) => start + i * step);
}

/**
 * Makes a template ready to write chats. `strftime_now`, with which some put today's date into a prompt, is not there: such
 * templates then take the date written in them, and the same chat is the same text on every day. Lines of a template end
 * with a line feed, as in Python's library, whatever they end with in the file.
 *
 * @param template in Jinja, as `tokenizer_config.json` and GGUF hold it
 * @param tokens what the template may call `bos_token` and so on
 * @param from the file, for errors
 * @returns a function of the messages and of whether the text ends where the assistant is to speak
 * @throws UserError when the template is not readable; the function does when it raises an exception, goes on without end
 *   or a message has a role or content of another kind
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const write = chatTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}{% endfor %}", {
 *   eos_token: "<end>",
 * }, "a.jinja");
 * assert.equal(write([{ role: "user", content: "Hi" }], false), "user: Hi<end>");
 * ```
 */
export function chatTemplate(
  template: string,
  tokens: Readonly<Record<string, string>>,
  from: string,
): (messages: readonly Message[], addGenerationPrompt: boolean) => string {
  const failed = (error: unknown) => {
    const why = (error as Error).message.replaceAll(/\s+/g, " ").slice(0, 200);
    return new UserError(`${from}: the chat template stops: ${why}: change the messages, or the template`);
  };
  let program: ReturnType<typeof parse>;
  try {
    program = parse(tokenize(template.replaceAll(/\r\n?/g, "\n"), { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    throw failed(error);
  }
  return (messages, addGenerationPrompt) => {
    messages.forEach((message, i) => checkMessage(message, i));
    const environment = new Environment();
    const raise_exception = (why: unknown) => {
      throw new Error(String(why));
    };
    const names = { true: true, false: false, none: null, True: true, False: false, None: null };
    const globals = { ...names, range, raise_exception, ...tokens, add_generation_prompt: addGenerationPrompt };
    for (const [name, value] of Object.entries(globals)) environment.set(name, value);
    environment.set("messages", messages.map(({ role, content }) => ({ role, content })));
    try {
      return String(new PythonInterpreter(environment).run(program).value);
    } catch (error) {
      throw failed(error);
    }
  };
}

/** Rows come from files: what the type promises is looked at. */
function checkMessage({ role, content }: Message, i: number): void {
  if (!ROLES.includes(role)) {
    throw new UserError(`message ${i}: unknown role ${JSON.stringify(role)}: write one of ${ROLES.join(", ")}`);
  }
  if (typeof content !== "string") {
    throw new UserError(`message ${i}: content is ${typeof content}: write a text`);
  }
}
