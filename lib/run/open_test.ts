import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { inFolder } from "./demo_test_helpers.ts";
import { openInBrowser } from "./open.ts";

// Deno itself stands in for an opener: it runs the script that an address names.
Deno.test("the opener is given the address; one that fails, and one that is not there, are told in a line", () =>
  inFolder(async (folder) => {
    const opened = async (code: number) => {
      const script = `${folder}/ends with ${code}.js`;
      await Deno.writeTextFile(script, `Deno.exit(${code});`);
      const address = pathToFileURL(script).href;
      return (await openInBrowser(address, Deno.execPath()))?.replace(address, "PAGE");
    };
    assert.equal(await opened(0), undefined);
    assert.equal(await opened(3), `--open: ${Deno.execPath()} found no browser; open PAGE yourself`);
  }));
