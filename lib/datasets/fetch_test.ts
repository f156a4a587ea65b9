/** Files on their way into the cache; what a server can do wrong is in download_test.ts. */
import assert from "node:assert/strict";
import { fetchDataset, type Progress } from "./fetch.ts";
import { encode, failure, inScratch, pin, place, toyManifest } from "./data_test_helpers.ts";

const content = encode("the right bytes");
const file = await pin("owner/repo/commit/toy.txt", content);

/** Serves one answer on this machine, counting requests, while `run` has its base address. */
async function serving(
  answer: (request: Request) => Response,
  run: (base: string, requests: () => number) => Promise<void>,
): Promise<void> {
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    requests++;
    return answer(request);
  });
  try {
    await run(`http://127.0.0.1:${server.addr.port}/`, () => requests);
  } finally {
    await server.shutdown();
  }
}

/** All files below a folder. */
async function* files(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) yield* files(`${folder}/${entry.name}`);
    else yield `${folder}/${entry.name}`;
  }
}

Deno.test("a right answer is stored under its path; a second run asks nobody", () =>
  inScratch((into) =>
    serving(
      (request) => new Response(new URL(request.url).pathname === `/${file.path}` ? content : "no"),
      async (base, requests) => {
        const steps: Progress["outcome"][] = [];
        const options = {
          into,
          manifest: toyManifest(base, [file]),
          progress: (s: Progress) => void steps.push(s.outcome),
        };
        await fetchDataset("toy", options);
        await fetchDataset("toy", options);
        assert.deepEqual(steps, ["fetched", "present"]);
        assert.equal(requests(), 1);
        assert.deepEqual(await Deno.readFile(`${into}/${file.path}`), content);
        assert.deepEqual(await Array.fromAsync(files(into)), [`${into}/${file.path}`]);
      },
    )
  ));

Deno.test("a damaged file in the cache is replaced", () =>
  inScratch((into) =>
    serving(() => new Response(content), async (base) => {
      await place(into, file.path, encode("half"));
      await fetchDataset("toy", { into, manifest: toyManifest(base, [file]) });
      assert.deepEqual(await Deno.readFile(`${into}/${file.path}`), content);
    })
  ));

Deno.test("an endless answer is cut off soon after the expected length", () =>
  inScratch((into) => {
    let sent = 0;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            sent += 65536;
            controller.enqueue(new Uint8Array(65536));
          },
        }),
      );
    return serving(endless, async (base) => {
      const line = await failure(fetchDataset("toy", { into, manifest: toyManifest(base, [file]) }));
      assert.match(line, /: more than the 15 bytes that are expected; nothing was kept/);
      // What was sent is bounded by what sockets buffer, a few MB; without the limit the answer never ends.
      assert.ok(sent < 64e6, `${sent} bytes were sent`);
    });
  }));

Deno.test("a server that is not there", () =>
  inScratch(async (into) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const base = `http://127.0.0.1:${listener.addr.port}/`;
    listener.close();
    const line = await failure(fetchDataset("toy", { into, manifest: toyManifest(base, [file]) }));
    assert.match(line, /download failed \(.*[Cc]onnect.*\); check the network, or use --mirror DIR$/);
  }));

Deno.test({
  name: "without permission for the network the line names it",
  permissions: { read: ["data/cache"], write: ["data/cache"] },
  fn: () =>
    inScratch(async (into) => {
      const manifest = toyManifest("https://example.invalid/", [file]);
      assert.equal(
        await failure(fetchDataset("toy", { into, manifest })),
        `https://example.invalid/${file.path}: no permission for the network; run with --allow-net=example.invalid`,
      );
    }),
});

Deno.test("a mirror stands in for the network, and only with the right bytes", () =>
  inScratch(async (folder) => {
    const manifest = toyManifest("https://example.invalid/", [file]);
    const options = { into: `${folder}/cache`, mirror: `${folder}/mirror`, manifest };
    assert.match(await failure(fetchDataset("toy", options)), /^mirror .*no such folder/);
    await place(options.mirror, file.path, encode("the wrong bytes"));
    assert.match(await failure(fetchDataset("toy", options)), /SHA-256 .* is expected; put the right file there/);
    await Deno.remove(`${options.mirror}/${file.path}`);
    assert.match(await failure(fetchDataset("toy", options)), /not in the mirror; put it there/);
    await place(options.mirror, file.path, content);
    await fetchDataset("toy", options);
    assert.deepEqual(await Deno.readFile(`${options.into}/${file.path}`), content);
  }));

Deno.test("a folder that cannot be written is one line", () =>
  inScratch(async (folder) => {
    await place(`${folder}/mirror`, file.path, content);
    await Deno.writeTextFile(`${folder}/cache`, "a file where the folder should be");
    const manifest = toyManifest("https://example.invalid/", [file]);
    const options = { into: `${folder}/cache`, mirror: `${folder}/mirror`, manifest };
    assert.match(await failure(fetchDataset("toy", options)), /^\S+\/cache\/\S+: cannot be (written|read) \(/);
  }));
