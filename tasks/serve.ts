/**
 * `deno task serve`: reports and runs in a browser, on this machine alone.
 *
 * @module
 */
import { exitWith } from "../lib/run/main.ts";
import { parseFlags } from "../lib/run/options.ts";
import { serveReports } from "../lib/run/serve.ts";
import { say } from "../lib/run/tell.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments } from "../experiments/all.ts";

const HELP =
  `Shows the runs in reports/ while they go, and every report, at an address of this machine alone. Ctrl+C ends it.

Usage: deno task serve [--port INT] [--open]

  --port INT   0 takes any that is free (default 8000)
  --open       opens the page in the browser of the desktop`;

/** What opens an address, by system. */
const OPENERS: Partial<Record<typeof Deno.build.os, string>> = { linux: "xdg-open", darwin: "open" };

await exitWith(async () => {
  const { values, switches } = parseFlags(Deno.args, ["port"], ["open", "help"]);
  if (switches.has("help")) return say(HELP);
  const port = Number(values.port ?? 8000);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UserError(`--port: expected an integer from 0 to 65535, got "${values.port}"`);
  }
  await Deno.stat("reports").catch(() => {
    throw new UserError("reports: no report yet; run deno task reproduce, or any experiment, first");
  });
  const server = listen(port, serveReports("reports", experiments));
  const address = `http://127.0.0.1:${server.addr.port}/`;
  say(`${address} (Ctrl+C ends it)`);
  if (switches.has("open")) open(address);
  Deno.addSignalListener("SIGINT", () => server.shutdown());
  await server.finished;
});

function listen(port: number, handler: (request: Request) => Promise<Response>) {
  try {
    return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handler);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new UserError(`--port ${port}: something else listens there; choose another, or 0 for any that is free`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new UserError(`--port ${port}: not yours; choose one above 1023`);
    }
    throw error;
  }
}

function open(address: string): void {
  const opener = OPENERS[Deno.build.os];
  if (opener === undefined) {
    throw new UserError(`--open: open ${address} yourself: how is not known on ${Deno.build.os}`);
  }
  try {
    new Deno.Command(opener, { args: [address], stdout: "null", stderr: "null" }).spawn().unref();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(`--open: there is no ${opener} here; open ${address} yourself`);
  }
}
