/**
 * The worker's side of `drawing_thread.ts`.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import type { DrawingReply, DrawingRequest } from "./drawing_thread.ts";
import { openCanvas } from "./marks.ts";
import { registerMethod } from "./methods.ts";
import { renderForReport, renderThumbnail } from "./plot.ts";
import { fontFaces } from "./typeface/typeface.ts";

self.onmessage = async ({ data: { id, spec, prefix, styles } }: MessageEvent<DrawingRequest>) => {
  let reply: DrawingReply;
  try {
    for (const [method, style] of styles) registerMethod(method, style);
    reply = { id, drawn: await (prefix === undefined ? renderForReport(spec) : renderThumbnail(spec, prefix)) };
  } catch (error) {
    reply = { id, error };
  }
  self.postMessage(reply);
};

// Loaded before the first figure comes: library, document, typeface and what cuts it.
await Promise.all([openCanvas({ tips: false }), fontFaces("", "truetype")]);
