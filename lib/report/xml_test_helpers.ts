/** A strict little check of well-formedness, for the figures that the tests draw. */

const NAME = "[A-Za-z_:][\\w:.-]*";
const ENTITY = /&(?!(amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)/;

/** An element's name and attributes, in document order. */
interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** All elements of a well-formed document. @throws Error that says what is wrong and where */
export function parseXml(xml: string): XmlElement[] {
  const elements: XmlElement[] = [];
  const open: string[] = [];
  const token = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>|([^<]+)`, "y");
  let at = /^<\?xml [^?]*\?>\s*/.exec(xml)?.[0].length ?? 0;
  while (at < xml.trimEnd().length) {
    token.lastIndex = at;
    const match = token.exec(xml);
    if (!match) throw new Error(`no markup or text at ${at}: ${xml.slice(at, at + 60)}`);
    const [whole, close, name, attributes, empty, text] = match;
    if (ENTITY.test(whole)) throw new Error(`bare ampersand at ${at}: ${whole.slice(0, 60)}`);
    at += whole.length;
    if (text !== undefined) {
      if (open.length === 0 && text.trim()) throw new Error(`text outside the root: ${text.slice(0, 60)}`);
    } else if (close) {
      const expected = open.pop();
      if (expected !== name) throw new Error(`</${name}> closes <${expected}>`);
    } else {
      if (open.length === 0 && elements.length) throw new Error(`second root <${name}>`);
      const map = new Map<string, string>();
      for (const [, key, value] of attributes.matchAll(new RegExp(`(${NAME})="([^"]*)"`, "g"))) {
        if (map.has(key)) throw new Error(`<${name}> has "${key}" twice`);
        map.set(key, value);
      }
      elements.push({ name, attributes: map });
      if (!empty) open.push(name);
    }
  }
  if (open.length) throw new Error(`<${open.at(-1)}> is never closed`);
  return elements;
}
