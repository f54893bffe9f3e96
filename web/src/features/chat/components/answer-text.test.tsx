import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";

import type { Annotation } from "../api/types";
import { AnswerText } from "./answer-text";

function citation(index: number, end: number, more: Partial<Annotation> = {}): Annotation {
  return {
    type: "file_citation",
    index,
    file_id: "file-1",
    filename: "규정.md",
    page: 3,
    quote: "인용문",
    start_index: 0,
    end_index: end,
    document_hash: "h",
    document_start: 0,
    document_end: 3,
    ...more,
  };
}

/** Where a mark belongs: behind the first occurrence of the words, counted in code points. */
const behind = (content: string, words: string) =>
  Array.from(content.slice(0, content.indexOf(words) + words.length)).length;

/** The drawn text, with ⟨n⟩ where the mark n stands. */
function drawn(content: string, annotations: Annotation[]) {
  const { container } = render(
    <AnswerText content={content} annotations={annotations} onOpen={() => undefined} />,
  );
  for (const mark of container.querySelectorAll("[data-slot=citation]")) {
    mark.textContent = `⟨${mark.textContent}⟩`;
  }
  return container.querySelector(".prose-answer")?.textContent.replace(/\n+/g, " ").trim();
}

describe("citation marks", () => {
  it("stand behind the cited span in plain Korean text", () => {
    const content = "연차는 15일입니다. 신청은 3일 전까지입니다.";
    expect(
      drawn(content, [
        citation(1, behind(content, "15일입니다.")),
        citation(2, Array.from(content).length),
      ]),
    ).toBe("연차는 15일입니다.⟨1⟩ 신청은 3일 전까지입니다.⟨2⟩");
  });

  it("count code points: an emoji is one, a conjoining Hangul syllable three", () => {
    const content = "👩‍🚀😀 확인. \u1112\u1161\u11ab 끝";
    expect(drawn(content, [citation(1, behind(content, "확인."))])).toBe(
      "👩‍🚀😀 확인.⟨1⟩ \u1112\u1161\u11ab 끝",
    );
    expect(drawn(content, [citation(1, 5)])).toBe("👩‍🚀😀 ⟨1⟩확인. \u1112\u1161\u11ab 끝");
  });

  it("do not disturb bold, lists, tables and headings", () => {
    const content =
      "## 제목\n\n- **굵은 글**과 글\n- 둘째\n\n| 가 | 나 |\n|---|---|\n| 다 | 라 |\n";
    const marks = [
      citation(1, behind(content, "제목")),
      citation(2, behind(content, "굵은")),
      citation(3, behind(content, "둘째\n")),
      citation(4, behind(content, "다")),
    ];
    expect(drawn(content, marks)).toBe("제목⟨1⟩ 굵은⟨2⟩ 글과 글 둘째⟨3⟩ 가나다⟨4⟩라");
    expect(document.querySelectorAll("td")).toHaveLength(2);
    expect(document.querySelector("strong")?.textContent).toBe("굵은⟨2⟩ 글");
  });

  it("never stand inside code or a link, but behind it", () => {
    const content = "앞 `코드 조각` 중간 [링크 글](https://example.org) 뒤";
    expect(
      drawn(content, [citation(1, behind(content, "코드")), citation(2, behind(content, "링크"))]),
    ).toBe("앞 코드 조각⟨1⟩ 중간 링크 글⟨2⟩ 뒤");
    expect(document.querySelector("code")?.textContent).toBe("코드 조각");
    expect(document.querySelector("a")?.textContent).toBe("링크 글");
  });

  it("go behind a code block whose inside they point to", () => {
    const content = "글\n\n```\nlet x = 1;\n```\n\n끝";
    const text = drawn(content, [citation(1, behind(content, "let x"))]);
    expect(text).toMatch(/let x = 1;.*⟨1⟩\s*끝$/);
    expect(document.querySelector("code")?.textContent).toBe("let x = 1;\n");
  });

  it("are placed exactly where the source has escapes, entities and indentation", () => {
    const content = "A \\* B &amp; C 하나. 둘.\n\n> 인용\n> 둘째 줄. 셋째";
    expect(
      drawn(content, [
        citation(1, behind(content, "하나.")),
        citation(2, behind(content, "둘째 줄.")),
      ]),
    ).toBe("A * B & C 하나.⟨1⟩ 둘. 인용 둘째 줄.⟨2⟩ 셋째");
  });

  it("at one place are drawn once each, in order", () => {
    expect(drawn("답.", [citation(2, 2), citation(1, 2), citation(2, 2)])).toBe("답.⟨1⟩⟨2⟩");
  });

  it("replace the number that the model wrote itself, and leave other brackets", () => {
    expect(drawn("답입니다 [1]. 배열[2]", [citation(1, 4)])).toBe("답입니다⟨1⟩. 배열[2]");
    expect(drawn("답입니다[1]. 끝", [citation(1, 7)])).toBe("답입니다⟨1⟩. 끝");
  });

  it("survive offsets outside of the answer", () => {
    expect(drawn("짧다", [citation(1, 99), citation(2, 0), citation(3, -5)])).toContain("⟨1⟩");
    expect(drawn("", [citation(1, 0)])).toBe("⟨1⟩");
  });

  it("open their source", () => {
    const onOpen = vi.fn();
    render(<AnswerText content="답." annotations={[citation(1, 2)]} onOpen={onOpen} />);
    fireEvent.click(screen.getByRole("button", { name: "출처 1 열기: 규정.md" }));
    expect(onOpen).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ index: 1 }));
  });
});

describe("an answer's Markdown", () => {
  it("loads no image: it becomes a link", () => {
    drawn("![그림](https://tracker.example/x.png) ![](data:image/png;base64,AA)", []);
    expect(document.querySelector("img")).toBeNull();
    expect(screen.getByRole("link", { name: "이미지: 그림" }).getAttribute("href")).toBe(
      "https://tracker.example/x.png",
    );
    expect(screen.getAllByRole("link")).toHaveLength(1);
  });

  it("links only to http(s) and mailto, and gives nothing away", () => {
    drawn(
      "[a](https://example.org) [b](javascript:alert(1)) [c](/v1/files) [d](mailto:a@b.kr) [e](file:///etc) [f](vbscript:x)",
      [],
    );
    const links = screen.getAllByRole("link");
    expect(links.map((link) => link.getAttribute("href"))).toEqual([
      "https://example.org",
      "mailto:a@b.kr",
    ]);
    for (const link of links) {
      expect(link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
    }
  });

  it("shows raw HTML as text", () => {
    const text = drawn('<img src=x onerror="alert(1)"> <script>alert(1)</script> <b>굵게</b>', []);
    expect(text).toContain("<script>");
    expect(document.querySelector("script, img, b")).toBeNull();
  });
});
