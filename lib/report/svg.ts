/**
 * Writing SVG as well-formed XML with fixed number formats, so that the same figure is the same bytes.
 *
 * @module
 */
import { escapeText } from "./escape.ts";

/** The part of a DOM node that is read; linkedom's nodes have it. */
export interface DomNode {
  /** 1 for an element, 3 for text. */
  readonly nodeType: number;
  /** The tag; linkedom gives nodeName in capitals for tags that HTML has too. */
  readonly localName?: string;
  /** The text of a text node; null for an element. */
  readonly nodeValue: string | null;
  /** Children in document order. */
  readonly childNodes: ArrayLike<DomNode>;
  /** Attributes of an element, unescaped; absent on text. */
  readonly attributes?: ArrayLike<{ readonly name: string; readonly value: string }>;
}

const ELEMENT = 1;
const TEXT = 3;
/** Attributes made of coordinates; others, such as font-size or a dash pattern, are written as they are. */
const GEOMETRY = /^(d|transform|points|[xy][12]?|[cr][xy]?|width|height)$/;

/**
 * Coordinates with a limited number of decimals.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(coordinates("M1.23456,-0.001L2e-7,10"), "M1.23,0L0,10");
 * ```
 */
export function coordinates(value: string, decimals = 2): string {
  return value.replace(/-?\d+\.\d+(e-?\d+)?|-?\d+e-?\d+/g, (number) => {
    const rounded = Number(number).toFixed(decimals).replace(/\.?0+$/, "");
    return rounded === "-0" ? "0" : rounded;
  });
}

/**
 * An element as text. Numbers are rounded to two decimals, attributes escaped; children are markup already.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(element("text", { x: 1.23456, "data-m": "a<b" }, "hi"), '<text x="1.23" data-m="a&lt;b">hi</text>');
 * ```
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  ...children: string[]
): string {
  let markup = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    markup += ` ${key}="${escapeText(typeof value === "number" ? coordinates(String(value)) : value)}"`;
  }
  return children.length ? `${markup}>${children.join("")}</${name}>` : `${markup}/>`;
}

/**
 * Text at a place, escaped.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(label("a < b", 1, 2), '<text x="1" y="2">a &lt; b</text>');
 * ```
 */
export function label(
  text: string,
  x: number,
  y: number,
  attributes: Readonly<Record<string, string | number>> = {},
): string {
  return element("text", { x, y, ...attributes }, escapeText(text));
}

/** How the nodes of a drawing become markup. */
export interface Writing {
  /** Names of elements, attributes and marks to leave out. */
  readonly skip: ReadonlySet<string>;
  /** Decimals of coordinates. */
  readonly decimals: number;
  /** Lines that share all but their ends become one path: half the bytes, and the same strokes. */
  readonly joinLines?: boolean;
  /** What is written for the value of an attribute. */
  value(value: string): string;
  /** What is written for a text. */
  text(text: string): string;
}

/**
 * The markup of a DOM node. linkedom's own serialiser leaves `<` and `&` bare in attribute values, which is not XML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = { nodeType: 3, nodeValue: "a & b", childNodes: [] };
 * const node = { nodeType: 1, nodeValue: null, localName: "desc", childNodes: [text] };
 * const as = (text: string) => text;
 * assert.equal(serialise(node, { skip: new Set(), decimals: 2, value: as, text: as }), "<desc>a &amp; b</desc>");
 * ```
 */
export function serialise(node: DomNode, writing: Writing): string {
  if (node.nodeType === TEXT) return escapeText(writing.text(node.nodeValue ?? ""));
  const name = node.localName;
  if (node.nodeType !== ELEMENT || name === undefined || writing.skip.has(name)) return "";
  const attributes = attributesOf(node, writing);
  const d = writing.joinLines && name === "g" && attributes["stroke-opacity"] === undefined
    ? joinedLines(node, writing)
    : undefined;
  return d ? element("path", { ...attributes, d }) : element(name, attributes, ...serialiseChildren(node, writing));
}

/** The attributes of an element in the order of their names. */
function attributesOf(node: DomNode, { skip, decimals, value: written }: Writing): Record<string, string> {
  const attributes: Record<string, string> = {};
  const list = Array.from(node.attributes ?? []).sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, value } of list) {
    if (skip.has(name) || (name === "aria-label" && skip.has(value))) continue;
    // The name of a mark is not one for readers: on an element without a role it is no name at all.
    attributes[name === "aria-label" ? "data-mark" : name] = GEOMETRY.test(name)
      ? coordinates(value, decimals)
      : written(value);
  }
  return attributes;
}

/** The lines in a group as a path; undefined where it has others, or lines with more than their ends. */
function joinedLines(group: DomNode, writing: Writing): string | undefined {
  let d = "";
  for (const node of Array.from(group.childNodes)) {
    if (node.localName !== "line" || node.childNodes.length > 0) return undefined;
    const { x1, y1, x2, y2, ...others } = attributesOf(node, writing);
    if (Object.keys(others).length > 0) return undefined;
    d += `M${x1},${y1}${y1 === y2 ? `H${x2}` : x1 === x2 ? `V${y2}` : `L${x2},${y2}`}`;
  }
  return d;
}

/**
 * The markup of all children of a DOM node.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const style = { nodeType: 1, nodeValue: null, localName: "style", childNodes: [] };
 * const as = (text: string) => text, writing = { skip: new Set(["style"]), decimals: 2, value: as, text: as };
 * assert.deepEqual(serialiseChildren({ nodeType: 1, nodeValue: null, childNodes: [style] }, writing), [""]);
 * ```
 */
export function serialiseChildren(node: DomNode, writing: Writing): string[] {
  return Array.from(node.childNodes, (child) => serialise(child, writing));
}
