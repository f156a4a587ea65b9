/**
 * `deno task serve`: reports and runs in a browser, on this machine alone.
 *
 * @module
 */
import { exitWith } from "../lib/run/exit.ts";
import { openInBrowser } from "../lib/run/open.ts";
import { parseFlags } from "../lib/run/options.ts";
import { serveReports } from "../lib/run/serve.ts";
import { say, tell } from "../lib/run/tell.ts";
import { UserError } from "../lib/user_error.ts";
import { experiments } from "../experiments/all.ts";

const HELP =
  `Shows the runs in reports/ while they go, and every report, at an address of this machine alone. Ctrl+C ends it.

Usage: deno task serve [--port INT] [--open]

  --port INT   0 takes any that is free (default 8000)
  --open       opens the page in the browser of the desktop`;

await exitWith(async () => {
  const { values, switches } = parseFlags(Deno.args, ["port"], ["open", "help"]);
  if (switches.has("help")) return say(HELP);
  const port = Number(values.port ?? 8000);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UserError(`--port: expected an integer from 0 to 65535, got "${values.port}"`);
  }
  await Deno.stat("reports").catch(() => {
    throw new UserError("reports: no report yet; run deno task reproduce, any experiment, or a training first");
  });
  const server = listen(port, serveReports("reports", experiments));
  const address = `http://127.0.0.1:${server.addr.port}/`;
  say(`${address} (Ctrl+C ends it)`);
  Deno.addSignalListener("SIGINT", () => server.shutdown());
  const closed = switches.has("open") ? await openInBrowser(address) : undefined;
  if (closed !== undefined) tell(`${closed}\n`);
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
