import { type ComponentProps, memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

import { CopyButton } from "@/components/copy-button";

import type { Annotation } from "../api/types";
import { citationMarks, remarkCitations } from "../lib/citations";
import { safeAddress } from "../lib/safe-address";
import { CitationButton } from "./citation-button";

interface AnswerTextProps {
  content: string;
  annotations: readonly Annotation[];
  onOpen: (annotation: Annotation) => void;
}

/**
 * An answer's Markdown, drawn without raw HTML and without loading anything: an image becomes a link to it, a link that
 * is not http(s) or mailto becomes its text.
 */
export const AnswerText = memo(function AnswerText({
  content,
  annotations,
  onOpen,
}: AnswerTextProps) {
  const marks = useMemo(() => citationMarks(content, annotations), [content, annotations]);
  const components = useMemo<Components>(() => {
    const byOffset = new Map(marks.map((mark) => [String(mark.offset), mark.annotations]));
    return {
      a: Link,
      img: ImageAsLink,
      pre: CodeBlock,
      table: ScrollingTable,
      sup: ({ node, children }) => {
        const cited = byOffset.get(String(node?.properties.dataCitation));
        if (!cited) return <sup>{children}</sup>;
        return cited.map((annotation) => (
          <CitationButton key={annotation.index} annotation={annotation} onOpen={onOpen} />
        ));
      },
    };
  }, [marks, onOpen]);

  return (
    <div className="prose-answer">
      <Markdown
        remarkPlugins={[remarkGfm, [remarkCitations, { marks }]]}
        components={components}
        urlTransform={safeAddress}
      >
        {content}
      </Markdown>
    </div>
  );
});

function Link({ href, children }: ComponentProps<"a">) {
  if (!href) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function ImageAsLink({ src, alt }: ComponentProps<"img">) {
  const { t } = useTranslation();
  const name = t("chat.image", { name: alt ?? t("chat.imageUnnamed") });
  return <Link href={typeof src === "string" ? src : undefined}>{name}</Link>;
}

function CodeBlock({ node, children }: ComponentProps<"pre"> & { node?: HastNode | undefined }) {
  const { t } = useTranslation();
  const text = node ? textOf(node).replace(/\n$/, "") : "";
  return (
    <div className="code-block group relative">
      {/* Focusable, so that a keyboard can scroll a long line. */}
      <pre
        tabIndex={0}
        className="overflow-x-auto rounded-xl border bg-muted p-4 pe-12 font-mono text-[0.8125rem] leading-relaxed"
      >
        {children}
      </pre>
      <div className="absolute end-1.5 top-1.5 rounded-lg bg-muted">
        <CopyButton text={text} label={t("chat.copyCode")} />
      </div>
    </div>
  );
}

function ScrollingTable({ children }: ComponentProps<"table">) {
  return (
    <div className="table-scroll" tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}

interface HastNode {
  type: string;
  value?: string;
  children?: HastNode[];
}

function textOf(node: HastNode): string {
  return node.value ?? (node.children ?? []).map(textOf).join("");
}
