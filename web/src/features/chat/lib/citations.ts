import type { PhrasingContent, Root, RootContent, Text } from "mdast";

import type { Annotation } from "../api/types";

/** The annotations whose span ends at one place of the Markdown source. */
export interface CitationMark {
  /** UTF-16 offset in the Markdown source, as the parser's positions are. */
  offset: number;
  annotations: Annotation[];
}

type Node = Root | RootContent;
type Parent = Extract<Node, { children: unknown[] }>;

/** Inside these a mark would be shown as text, or be a button within a link: it goes behind them instead. */
const CLOSED = new Set(["link", "linkReference", "footnoteDefinition"]);
const PHRASING_PARENTS = new Set([
  "paragraph",
  "heading",
  "tableCell",
  "emphasis",
  "strong",
  "delete",
]);

/** Groups annotations by the end of their span, in the order of the text; code points become UTF-16 offsets. */
export function citationMarks(content: string, annotations: readonly Annotation[]): CitationMark[] {
  const offsets = utf16Offsets(content);
  const marks = new Map<number, Annotation[]>();
  for (const annotation of annotations) {
    const end = Math.max(0, Math.min(annotation.end_index, offsets.length - 1));
    const offset = offsets[end] ?? content.length;
    const others = marks.get(offset) ?? [];
    if (!others.some((other) => other.index === annotation.index)) {
      marks.set(
        offset,
        [...others, annotation].sort((a, b) => a.index - b.index),
      );
    }
  }
  return [...marks]
    .map(([offset, group]) => ({ offset, annotations: group }))
    .sort((a, b) => a.offset - b.offset);
}

/** The UTF-16 offset at which each code point starts, and one more for the end. */
function utf16Offsets(content: string): number[] {
  const offsets = [0];
  let at = 0;
  for (const character of content) offsets.push((at += character.length));
  return offsets;
}

/**
 * A remark plugin that puts a citation node behind each mark's place. It works on the parsed tree, not on the source,
 * so that no Markdown construct can be broken by it: a mark whose place is inside code or a link, or between blocks,
 * goes behind the nearest text before it.
 */
export function remarkCitations({ marks }: { marks: readonly CitationMark[] }) {
  return (tree: Root, file: { value: unknown }): void => {
    const source = String(file.value);
    // From the last to the first: an insertion moves nothing that is still to be looked at.
    for (const mark of [...marks].reverse()) {
      if (!insert(tree, mark, source)) appendToFirst(tree, mark);
    }
  };
}

/** The node that the page draws as buttons: a `sup` that names its mark. */
function citationNode(mark: CitationMark): PhrasingContent {
  const numbers = mark.annotations.map(({ index }) => `[${index}]`).join("");
  return {
    type: "text",
    value: numbers,
    data: { hName: "sup", hProperties: { dataCitation: String(mark.offset) } },
  };
}

/** False when nothing in the node begins before the mark. */
function insert(node: Parent, mark: CitationMark, source: string): boolean {
  for (let at = node.children.length - 1; at >= 0; at--) {
    const child: RootContent | undefined = node.children[at];
    const start = child?.position?.start.offset;
    if (!child || start === undefined || start >= mark.offset) continue;
    if (isOpenParent(child)) {
      if (insert(child, mark, source)) return true;
      if (isPhrasingParent(child)) {
        child.children.push(citationNode(mark));
        return true;
      }
    }
    if (isPhrasingParent(node)) {
      const pieces =
        child.type === "text" ? split(child, mark, source) : [child, citationNode(mark)];
      node.children.splice(at, 1, ...(pieces as PhrasingContent[]));
    } else {
      node.children.splice(at + 1, 0, paragraphOf(mark) as never);
    }
    return true;
  }
  return false;
}

function split(text: Text, mark: CitationMark, source: string): PhrasingContent[] {
  const start = text.position?.start.offset ?? 0;
  const end = text.position?.end.offset ?? 0;
  const cut = cutOf(text.value, source.slice(start, end), mark.offset - start);
  const before = withoutNumber(text.value.slice(0, cut), mark, /\s?\[(\d+)\]$/);
  const after = withoutNumber(text.value.slice(cut), mark, /^\s?\[(\d+)\]/);
  // Only the first piece keeps a position: marks still to come stand before this one.
  return [
    { ...text, value: before },
    citationNode(mark),
    ...(after ? [{ type: "text" as const, value: after }] : []),
  ];
}

/**
 * How much of a text's value its source's first characters make. The two differ where the source has an escape
 * (`\\*`), an entity (`&amp;`), indentation or a quotation mark at a line's start.
 */
function cutOf(value: string, source: string, target: number): number {
  let at = 0;
  for (let from = 0; from < target && at < value.length; from++) {
    const entity = /^&#?\w{1,32};/.exec(source.slice(from, from + 34))?.[0];
    if (entity && !value.startsWith(entity, at)) {
      from += entity.length - 1;
      at++;
    } else if (source[from] === value[at]) {
      at++;
    } else if (!/[\s\\>]/.test(source[from] ?? "")) {
      return value.length;
    }
  }
  return at;
}

/** A model may write its own [n] where the mark goes; the mark replaces it. */
function withoutNumber(text: string, mark: CitationMark, pattern: RegExp): string {
  const number = Number(pattern.exec(text)?.[1]);
  return mark.annotations.some(({ index }) => index === number) ? text.replace(pattern, "") : text;
}

function appendToFirst(tree: Root, mark: CitationMark): void {
  const first = tree.children[0];
  if (first && isPhrasingParent(first)) first.children.push(citationNode(mark));
  else tree.children.push(paragraphOf(mark));
}

function paragraphOf(mark: CitationMark): RootContent {
  return { type: "paragraph", children: [citationNode(mark)] };
}

function isOpenParent(node: Node): node is Parent {
  return "children" in node && !CLOSED.has(node.type);
}

type PhrasingParent = Extract<
  Parent,
  { type: "paragraph" | "heading" | "tableCell" | "emphasis" | "strong" | "delete" }
>;

function isPhrasingParent(node: Node): node is PhrasingParent {
  return PHRASING_PARENTS.has(node.type);
}
