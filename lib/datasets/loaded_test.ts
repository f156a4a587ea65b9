/** The loaded data sets, to the byte: however they are read, rows, order and numbers stay the same. */
import assert from "node:assert/strict";
import { needingData } from "../optional/skipping.ts";
import { realData } from "./data_test_helpers.ts";
import {
  loadEmoBank,
  loadHarmless,
  loadHongKong,
  loadImdbRevisions,
  loadOpenBandit,
  loadParaDetox,
  loadPolarity,
  loadPoliteness,
  loadSami,
  loadUpworthy,
  type Store,
} from "./mod.ts";

/** First digits of the SHA-256 of what a loader gives, as JSON in which typed arrays are lists behind their type. */
async function digest(loaded: unknown): Promise<string> {
  const text = JSON.stringify(
    loaded,
    (_, value) => ArrayBuffer.isView(value) ? [value.constructor.name, ...value as unknown as Iterable<number>] : value,
  );
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex().slice(0, 16);
}

// Made by the loaders as they were before they became schemas over the reader of users' own files.
const LOADERS: Readonly<Record<string, readonly [load: (store: Store) => Promise<unknown>, digest: string]>> = {
  "hong-kong": [loadHongKong, "f66caced802b4c59"],
  emobank: [loadEmoBank, "c9c7072cd63d3ecc"],
  upworthy: [loadUpworthy, "af32e8598a871cb8"],
  "open-bandit": [loadOpenBandit, "d287c39d5948912c"],
  polarity: [loadPolarity, "e0a3dc35715ce62f"],
  politeness: [loadPoliteness, "6576ff1c359a304a"],
  paradetox: [loadParaDetox, "4f8091de2d26ec58"],
  "imdb-revisions": [loadImdbRevisions, "80b562be7f49e3db"],
  sami: [loadSami, "2d26d9e9d687b9d2"],
  harmless: [loadHarmless, "31de0b50903da819"],
};

for (const [id, [load, expected]] of Object.entries(LOADERS)) {
  const store = await realData(id);
  Deno.test({
    ...needingData({ [id]: store }, `${id}: the same rows, to the byte`),
    fn: async () => assert.equal(await digest(await load(store!)), expected),
  });
}
