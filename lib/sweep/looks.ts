/**
 * Looks of what is no method: rows of heat maps, and the one line of a claim.
 *
 * @module
 */
import { registerMethod } from "../report/methods.ts";

/** Of what colour says nothing about. */
export const GREY = { light: "#6f6f6f", dark: "#a3a3a3", dash: "", symbol: "circle", filled: true } as const;

/** Registers the line of a claim's number under an id, and returns the id. */
export function lookOf(id: "estimate"): string {
  registerMethod(id, {
    label: "Estimate",
    light: "#0060b0",
    dark: "#3d9bf2",
    dash: "",
    symbol: "circle",
    filled: true,
  });
  return id;
}
