/**
 * Places in a figure.
 *
 * @module
 */

/** A rectangle in the figure. */
export interface Box {
  /** Distance from the figure's left edge, px. */
  readonly left: number;
  /** Distance from the figure's upper edge, px. */
  readonly top: number;
  /** Width, px. */
  readonly width: number;
  /** Height, px. */
  readonly height: number;
}
