/** Every way a server may misbehave, against servers on this machine, in a time that passes only when a case says so. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { LONGEST, type Network, STALL, TOTAL, TRIES } from "./download.ts";
import { fetchDataset } from "./fetch.ts";
import { encode, failure, inScratch, pin, toyManifest } from "./data_test_helpers.ts";
import { type Answer, serving, TestClock } from "./server_test_helpers.ts";
import { UserError } from "../user_error.ts";

const content = encode("the right bytes");
const file = await pin("owner/repo/commit/toy.txt", content);

const OK = "HTTP/1.1 200 OK\r\nconnection: close\r\n";
const PARTIAL = "HTTP/1.1 206 Partial Content\r\nconnection: close\r\n";
const head = (status: string, ...headers: string[]): Answer => ({ send }) =>
  send([`HTTP/1.1 ${status}`, "connection: close", "content-length: 0", ...headers, "", ""].join("\r\n"));
const body = (start: string, text: string | Uint8Array, announced: number | null = text.length): Answer => ({ send }) =>
  send(start + (announced === null ? "" : `content-length: ${announced}\r\n`) + "\r\n", text);
const whole = body(OK, content);
/** Announces the whole file, sends its first bytes, and closes. */
const broken = (length: number): Answer => body(OK, content.subarray(0, length), content.length);
const rest = (from: number, range = `bytes ${from}-14/15`): Answer =>
  body(`${PARTIAL}content-range: ${range}\r\n`, content.subarray(from));
/** Sends the first bytes, then nothing for as long as a client waits. */
const stalled = (length: number): Answer => async (peer) => {
  const arrived = peer.clock.heard(length > 0 ? 2 : 0);
  if (length > 0) {
    await broken(length)(peer);
    await arrived;
  }
  peer.clock.pass(STALL);
};

interface Case {
  readonly name: string;
  /** What the server does, request by request; the last one is what it does from then on. */
  readonly answers: readonly Answer[];
  /** What the user reads behind the address; absent where the file arrives. */
  readonly line?: string | RegExp;
  /** The range each request asks for; "" for the whole file. */
  readonly asked: readonly string[];
  /** Pauses between the requests, in milliseconds. */
  readonly slept?: readonly number[];
  /** What is said of pauses, behind the address. */
  readonly said?: readonly string[];
}

const last = `, in the last of ${TRIES} tries; try again later, or use --mirror DIR`;
const final = "; nothing was kept: try again later, or use --mirror DIR";
const again = (why: string, ...seconds: number[]) => seconds.map((s) => `${why}; trying again in ${s} s`);
const four = ["", "", "", ""], pauses = [1000, 2000, 4000];

const cases: readonly Case[] = [
  { name: "the right file", answers: [whole], asked: [""] },
  { name: "the right file without a length", answers: [body(OK, content, null)], asked: [""] },
  {
    name: "the right file in chunks",
    answers: [body(`${OK}transfer-encoding: chunked\r\n`, "4\r\nthe \r\nb\r\nright bytes\r\n0\r\n\r\n", null)],
    asked: [""],
  },

  // Broken connections: what has arrived is kept, and only the rest is asked for.
  { name: "reset midway", answers: [broken(5), rest(5)], asked: ["", "bytes=5-"], slept: [1000], said: [] },
  {
    name: "reset midway, twice",
    answers: [broken(5), body(`${PARTIAL}content-range: bytes 5-14/15\r\n`, content.subarray(5, 9), 10), rest(9)],
    asked: ["", "bytes=5-", "bytes=9-"],
    slept: [1000, 2000],
    said: again("the connection broke after 9 of 15 bytes (error reading a body from connection)", 2),
  },
  { name: "reset midway, and the whole file again", answers: [broken(5), whole], asked: ["", "bytes=5-"] },
  {
    name: "reset midway for ever",
    answers: [broken(5), broken(7)],
    line: "the connection broke after 7 of 15 bytes (error reading a body from connection)" + last,
    asked: ["", "bytes=5-", "bytes=7-", "bytes=7-"],
    slept: pauses,
  },
  {
    name: "closed without an answer",
    answers: [() => Promise.resolve()],
    line:
      /^the connection broke after 0 of 15 bytes \(client error \(SendRequest\): [^\n]+\), in the last of 4 tries; try/,
    asked: four,
    slept: pauses,
  },
  {
    name: "chunks cut short",
    answers: [body(`${OK}transfer-encoding: chunked\r\n`, "5\r\nthe r\r\n", null), rest(5)],
    asked: ["", "bytes=5-"],
  },
  {
    name: "a malformed chunk",
    answers: [body(`${OK}transfer-encoding: chunked\r\n`, "zz\r\nthe r\r\n", null)],
    line: "the connection broke after 0 of 15 bytes (error reading a body from connection)" + last,
    asked: four,
  },
  {
    name: "no length, and closed midway",
    answers: [body(OK, content.subarray(0, 5), null), rest(5)],
    asked: ["", "bytes=5-"],
  },
  {
    name: "no length, and always too short",
    answers: [body(OK, content.subarray(0, 5), null)],
    line: "the answer ended after 5 of 15 bytes" + last,
    asked: ["", "bytes=5-", "bytes=5-", "bytes=5-"],
  },

  // Silence and slowness.
  { name: "silent midway", answers: [stalled(5), rest(5)], asked: ["", "bytes=5-"], slept: [1000] },
  {
    name: "never answers, or after a minute",
    answers: [stalled(0)],
    line: "20 s without a byte" + last,
    asked: four,
    slept: pauses,
    said: again("20 s without a byte", 2, 4),
  },

  // Answers that are not the file, told at once.
  {
    name: "not found",
    answers: [head("404 Not Found")],
    line: "the server answered 404; try again later, or use --mirror DIR",
    asked: [""],
  },
  {
    name: "a redirect",
    answers: [head("302 Found", "location: http://127.0.0.1:1/")],
    line: "the server answered 302, which is not followed; try again later, or use --mirror DIR",
    asked: [""],
  },
  {
    name: "no content",
    answers: [head("204 No Content")],
    line: "the server answered 204; try again later, or use --mirror DIR",
    asked: [""],
  },
  {
    name: "a page instead of the file",
    answers: [body(`${OK}content-type: text/html\r\n`, "<html>Log in</html>")],
    line: "19 bytes where 15 are expected" + final,
    asked: [""],
  },
  {
    name: "a page of the file's length",
    answers: [body(OK, "<html></html>  ")],
    line:
      /^SHA-256 [0-9a-f]{12}\.\.\. where [0-9a-f]{12}\.\.\. is expected; nothing was kept: try again later, or use --mir/,
    asked: [""],
  },
  { name: "an empty file", answers: [body(OK, "")], line: "0 bytes where 15 are expected" + final, asked: [""] },
  {
    name: "a length that is too long",
    answers: [body(OK, content, 1e15)],
    line: "1000000000000000 bytes where 15 are expected" + final,
    asked: [""],
  },
  {
    name: "a length that is too short",
    answers: [body(OK, content, 4)],
    line: "4 bytes where 15 are expected" + final,
    asked: [""],
  },
  {
    name: "two lengths",
    answers: [body(`${OK}content-length: 4\r\n`, content)],
    line:
      /^the connection broke after 0 of 15 bytes \(client error \(SendRequest\): [^\n]+\), in the last of 4 tries; try/,
    asked: four,
  },
  {
    name: "no length and no end",
    answers: [async ({ send }) => {
      await send(`${OK}\r\n`);
      for (;;) await send(new Uint8Array(65536)); // fails once the client is gone
    }],
    line: "more than the 15 bytes that are expected" + final,
    asked: [""],
  },
  {
    name: "headers without end",
    answers: [async ({ send }) => {
      await send(OK);
      for (;;) await send(`x: ${"x".repeat(8000)}\r\n`);
    }],
    line:
      /^the connection broke after 0 of 15 bytes \(client error \(SendRequest\): [^\n]+\), in the last of 4 tries; try/,
    asked: four,
  },
  {
    name: "another protocol",
    answers: [({ send }) => send("220 mail ready\r\n")],
    line:
      /^the connection broke after 0 of 15 bytes \(client error \(SendRequest\): [^\n]+\), in the last of 4 tries; try/,
    asked: four,
  },
  {
    name: "encoded, though it was asked not to be",
    answers: [body(`${OK}content-encoding: gzip\r\n`, gzipSync(content))],
    line: "the answer is encoded as gzip" + final,
    asked: [""],
  },

  // Ranges.
  {
    name: "a range that nobody asked for",
    answers: [rest(0)],
    line: "the server answered 206; try again later, or use --mirror DIR",
    asked: [""],
  },
  ...[
    { name: "with another start", range: "bytes 4-14/15" },
    { name: "of another file", range: "bytes 5-14/16" },
    { name: "that stops early", range: "bytes 5-13/15" },
    { name: "that is none", range: "pages 5-14/15" },
  ].map(({ name, range }): Case => ({
    name: `a range ${name}: the file is asked for anew`,
    answers: [broken(5), rest(5, range), whole],
    asked: ["", "bytes=5-", ""],
    said: again(`the server sent the range "${range}" for "bytes 5-14/15"`, 2),
  })),
  {
    name: "several ranges in one answer",
    answers: [broken(5), body(`${PARTIAL}content-type: multipart/byteranges; boundary=x\r\n`, "--x--"), whole],
    asked: ["", "bytes=5-", ""],
    said: again('the server sent the range "none" for "bytes 5-14/15"', 2),
  },
  {
    name: "the right range with wrong bytes: the file is asked for anew",
    answers: [broken(5), body(`${PARTIAL}content-range: bytes 5-14/15\r\n`, "wrong text"), whole],
    asked: ["", "bytes=5-", ""],
  },
  {
    name: "the right range with too many bytes: the file is asked for anew",
    answers: [broken(5), body(`${PARTIAL}content-range: bytes 5-14/15\r\n`, content, null), whole],
    asked: ["", "bytes=5-", ""],
    said: again("more than the 15 bytes that are expected", 2),
  },
  {
    name: "no ranges: the file is asked for anew, then and later",
    answers: [broken(5), head("416 Range Not Satisfiable"), broken(6), whole],
    asked: ["", "bytes=5-", "", ""],
    said: [
      ...again("the server answered 416 to a request for the rest", 2),
      ...again("the connection broke after 6 of 15 bytes (error reading a body from connection)", 4),
    ],
  },
  {
    name: "416 without a range",
    answers: [head("416 Range Not Satisfiable")],
    line: "the server answered 416; try again later, or use --mirror DIR",
    asked: [""],
  },

  // Servers that ask for patience.
  ...[
    "429 Too Many Requests",
    "500 Internal Server Error",
    "502 Bad Gateway",
    "503 Service Unavailable",
    "504 Gateway Timeout",
  ]
    .flatMap((status): Case[] => {
      const why = `the server answered ${status.slice(0, 3)}`;
      return [
        { name: `${status} once`, answers: [head(status), whole], asked: ["", ""], slept: [1000], said: [] },
        {
          name: `${status} for ever`,
          answers: [head(status)],
          line: why + last,
          asked: four,
          slept: pauses,
          said: again(why, 2, 4),
        },
      ];
    }),
  {
    name: "429 with a pause",
    answers: [head("429 Too Many Requests", `retry-after: ${LONGEST / 1000}`), whole],
    asked: ["", ""],
    slept: [LONGEST],
    said: again("the server answered 429", 60),
  },
  {
    name: "a pause shorter than ours",
    answers: [head("503 Service Unavailable", "retry-after: 0"), whole],
    asked: ["", ""],
    slept: [1000],
  },
  {
    name: "429 with a pause of an hour: told at once",
    answers: [head("429 Too Many Requests", "retry-after: 3600")],
    line: "the server answered 429 and asks to wait 3600 s; try again then, or use --mirror DIR",
    asked: [""],
  },
  {
    name: "503 until a day far away: told at once",
    answers: [head("503 Service Unavailable", "retry-after: Fri, 31 Dec 2199 23:59:59 GMT")],
    line: /^the server answered 503 and asks to wait \d{7,} s; try again then, or use --mirror DIR$/,
    asked: [""],
  },
  ...["Fri, 31 Dec 1999 23:59:59 GMT", "soon", "-5", "1e9"].map((value): Case => ({
    name: `a pause of "${value}" is none`,
    answers: [head("503 Service Unavailable", `retry-after: ${value}`), whole],
    asked: ["", ""],
    slept: [1000],
  })),
];

Deno.test("a server: drips for ever, a byte in 19 seconds", () =>
  inScratch((into) => {
    const clock = new TestClock(), long = encode("x".repeat(100));
    let sent = 0;
    const drip: Answer = async ({ send }) => {
      let arrived = clock.heard(1);
      await send(`${OK}transfer-encoding: chunked\r\n\r\n`);
      await arrived;
      for (; clock.time < TOTAL; sent++) {
        arrived = clock.heard(1);
        await send("1\r\nx\r\n");
        await arrived;
        clock.pass(19_000);
      }
    };
    return serving([drip], clock, async (base, requests) => {
      const drippy = { ...file, path: "owner/repo/commit/long.txt", bytes: long.length };
      const network: Network = { clock, say: () => assert.fail(), failing: new Set() };
      const line = await failure(fetchDataset("toy", { into, manifest: toyManifest(base, [drippy]), network }));
      const so = "32 of 100 bytes in 10 minutes, which is too slow; try again later, or use --mirror DIR";
      assert.equal(line, `${base}${drippy.path}: ${so}`);
      assert.deepEqual([sent, requests.length, clock.left], [32, 1, 0]);
      assert.deepEqual(await Array.fromAsync(below(into)), []);
    });
  }));

Deno.test("a host that failed in all tries gets one for the next file, until it answers", () =>
  inScratch((into) => {
    const clock = new TestClock(), bad = head("503 Service Unavailable");
    return serving([bad, bad, bad, bad, bad, whole, bad, whole], clock, async (base, requests) => {
      const manifest = toyManifest(base, [file]);
      const network: Network = { clock, say: () => {}, failing: new Set() };
      const again = () => fetchDataset("toy", { into, manifest, network });
      const line = `${base}${file.path}: the server answered 503`;
      assert.equal(await failure(again()), line + last);
      assert.equal(requests.length, TRIES);
      assert.equal(await failure(again()), `${line}; try again later, or use --mirror DIR`);
      assert.equal(requests.length, TRIES + 1);
      await again();
      await Deno.remove(`${into}/${file.path}`);
      await again();
      assert.equal(requests.length, TRIES + 4);
      assert.deepEqual(clock.slept, [...pauses, 1000]);
    });
  }));

for (const { name, answers, line, asked, slept, said } of cases) {
  Deno.test(`a server: ${name}`, () =>
    inScratch((into) => {
      const clock = new TestClock(), heard: string[] = [];
      return serving(answers, clock, async (base, requests) => {
        const address = `${base}${file.path}: `;
        const network: Network = { clock, say: (text) => heard.push(text), failing: new Set() };
        const outcome = await fetchDataset("toy", { into, manifest: toyManifest(base, [file]), network })
          .catch((error) => error);
        const left = await Array.fromAsync(below(into));
        if (line === undefined) {
          assert.equal(outcome, undefined);
          assert.deepEqual(left, [`${into}/${file.path}`]);
          assert.deepEqual(await Deno.readFile(left[0]), content);
        } else {
          assert.ok(outcome instanceof UserError, `${outcome?.stack}`);
          assert.ok(outcome.message.startsWith(address));
          const text = outcome.message.slice(address.length);
          if (typeof line === "string") assert.equal(text, line);
          else assert.match(text, line);
          assert.ok(!outcome.message.includes("\n"), "one line");
          assert.deepEqual(left, [], "nothing is left behind");
        }
        const ranges = requests.map((request) => /^range: (.*)\r$/m.exec(request)?.[1] ?? "");
        assert.deepEqual(ranges, asked);
        for (const request of requests) assert.match(request, /^accept-encoding: identity\r$/m);
        if (slept) assert.deepEqual(clock.slept, slept);
        if (said) assert.deepEqual(heard, said.map((text) => address + text));
        assert.equal(clock.left, 0, "no alarm is left");
      });
    }));
}

/** All files below a folder. */
async function* below(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* below(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}
