/**
 * Blocks of results that were ready before their turn, kept on disk until they are in their place.
 *
 * A line of JSON each, with a checksum. A line that a kill has torn, that was changed or that belongs to another
 * configuration is left out: its block runs again.
 *
 * @module
 */
import { writeAll } from "./files.ts";
import { sha256Hex } from "./sha256.ts";

/** Blocks set aside. */
export interface AsideFile {
  /** What was there on opening, by name of the block. */
  readonly blocks: ReadonlyMap<string, string>;
  /** Keeps one more. */
  add(block: string, text: string): Promise<void>;
  /** Told that a block is in its place. */
  placed(block: string): void;
  /** Lets go of the file, and removes it when every block is in its place. */
  close(): void;
}

/**
 * Opens or creates the file.
 *
 * @param identity checksum of the configuration that blocks belong to
 * @param fresh throw away what is there
 * @throws the system's error where the file cannot be opened or written
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const path = await Deno.makeTempFile();
 * const first = await openAside(path, "identity", false);
 * await first.add("block", "1\n");
 * first.close();
 * const again = await openAside(path, "identity", false);
 * assert.deepEqual([...again.blocks], [["block", "1\n"]]);
 * again.close();
 * await Deno.remove(path);
 * ```
 */
export async function openAside(path: string, identity: string, fresh: boolean): Promise<AsideFile> {
  const file = await Deno.open(path, { read: true, write: true, create: true });
  try {
    if (fresh) await file.truncate();
    const lines = await Deno.readTextFile(path);
    // A torn last line must not stay in front of the next one.
    const end = new TextEncoder().encode(lines.slice(0, lines.lastIndexOf("\n") + 1)).length;
    await file.truncate(end);
    await file.seek(end, Deno.SeekMode.Start);
    const blocks = await wholeBlocks(lines, identity), waiting = new Set(blocks.keys());
    return {
      blocks,
      add: async (block, text) => {
        waiting.add(block);
        await writeAll(file, new TextEncoder().encode(await lineOf({ identity, block, text }) + "\n"));
      },
      placed: (block) => {
        waiting.delete(block);
      },
      close: () => {
        file.close();
        if (waiting.size === 0) Deno.removeSync(path);
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

interface AsideBlock {
  readonly identity: string;
  readonly block: string;
  readonly text: string;
}

async function lineOf({ identity, block, text }: AsideBlock): Promise<string> {
  const content = JSON.stringify({ identity, block, text });
  return JSON.stringify({ sha256: await sha256Hex(new TextEncoder().encode(content)), content });
}

async function wholeBlocks(lines: string, identity: string): Promise<Map<string, string>> {
  const blocks = new Map<string, string>();
  for (const line of lines.split("\n")) {
    try {
      const kept: AsideBlock = JSON.parse(JSON.parse(line).content);
      if (await lineOf(kept) === line && kept.identity === identity) blocks.set(kept.block, kept.text);
    } catch {
      continue; // torn by a kill
    }
  }
  return blocks;
}
