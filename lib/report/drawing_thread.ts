/**
 * Figures drawn in a thread beside this one, which has other things to do meanwhile.
 *
 * @module
 */
import { type Drawer, once } from "./drawer.ts";
import { methodIds, type MethodStyle, methodStyle } from "./methods.ts";
import type { ReportFigure } from "./plot.ts";
import type { FigureSpec } from "./types.ts";

/** To the thread: what to draw, small where there is a prefix, as `renderThumbnail` takes it. */
export interface DrawingRequest {
  /** Counted up: the reply has it too. */
  readonly id: number;
  readonly spec: FigureSpec;
  readonly prefix?: string;
  /** Looks of all methods: the thread has a registry of its own, and methods are added to the one here as they come. */
  readonly styles: readonly (readonly [id: string, style: MethodStyle])[];
}

/** From the thread: what was drawn, or what was thrown. */
export type DrawingReply =
  & { readonly id: number }
  & ({ readonly drawn: ReportFigure | string } | { readonly error: unknown });

/**
 * Starts the thread, which loads what it draws with at once.
 *
 * @example
 * ```ts
 * import { forest } from "./testdata/sample_report.ts";
 * import { renderForReport } from "./plot.ts";
 * import assert from "node:assert/strict";
 * using thread = startDrawing();
 * assert.deepEqual(await thread.figure(forest), await renderForReport(forest));
 * ```
 */
export function startDrawing(): Drawer & Disposable {
  const worker = new Worker(new URL("./drawing_worker.ts", import.meta.url), { type: "module" });
  const waiting: PromiseWithResolvers<ReportFigure | string>[] = [];
  worker.onmessage = ({ data }: MessageEvent<DrawingReply>) => {
    if ("error" in data) waiting[data.id].reject(data.error);
    else waiting[data.id].resolve(data.drawn);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const { reject } of waiting) reject(new Error(event.message));
  };
  const ask = (request: Omit<DrawingRequest, "id" | "styles">) => {
    const asked = Promise.withResolvers<ReportFigure | string>(), id = waiting.push(asked) - 1;
    const styles = methodIds().map((method) => [method, methodStyle(method)] as const);
    worker.postMessage({ ...request, id, styles } satisfies DrawingRequest);
    return asked.promise;
  };
  return {
    figure: once((spec) => ask({ spec }) as Promise<ReportFigure>),
    thumbnail: (spec, prefix) => ask({ spec, prefix }) as Promise<string>,
    [Symbol.dispose]: () => worker.terminate(),
  };
}
