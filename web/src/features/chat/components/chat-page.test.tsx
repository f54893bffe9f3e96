import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import {
  completionStream,
  errorResponse,
  fakeServer,
  type Handler,
  jsonResponse,
} from "@/testing/fake-server";
import { renderPage } from "@/testing/render";

import type { Annotation, Conversation, Message, MessageVersion, Source } from "../api/types";
import { turns } from "../lib/turns";
import { ChatPage } from "./chat-page";

const place = { file_id: "file-1", filename: "규정.md", document_hash: "h", page: 2 };
const annotation: Annotation = {
  ...place,
  type: "file_citation",
  index: 1,
  quote: "연차는 15일이다.",
  start_index: 0,
  end_index: 7,
  document_start: 10,
  document_end: 20,
};
const source: Source = {
  ...place,
  index: 1,
  score: 0.9,
  text: "연차는 15일이다.",
  document_start: 10,
  document_end: 20,
  cited: true,
};

function version(content: string, more: Partial<MessageVersion> = {}): MessageVersion {
  return {
    id: `v-${content}`,
    content,
    status: "completed",
    model: "m",
    created_at: 1,
    annotations: [],
    sources: [],
    ...more,
  };
}

function message(role: Message["role"], ...versions: MessageVersion[]): Message {
  return { id: `msg-${role}-${versions[0]?.content}`, role, created_at: 1, versions };
}

function conversation(...messages: Message[]): Conversation {
  return { id: "c1", title: "연차 문의", created_at: 1, messages };
}

const system = (status = "ready", more: object = {}) => ({
  version: "1",
  model: {
    id: status === "none" ? null : "gemma",
    status,
    message: null,
    context_tokens: 1,
    ...more,
  },
  embedding_model: { id: "e5", status: "ready" },
  max_upload_bytes: 1000,
  default_vector_store_id: "vs_1",
});

function setUp(address: "/" | "/c/c1", handlers: Record<string, Handler> = {}) {
  const server = fakeServer({
    "GET /api/system": () => jsonResponse(system()),
    "GET /v1/vector_stores/vs_1/files": () => jsonResponse({ data: [], has_more: false }),
    "GET /api/conversations/c1": () => jsonResponse(conversation()),
    ...handlers,
  });
  const page = address === "/" ? <ChatPage /> : <ChatPage conversationId="c1" />;
  return { server, user: userEvent.setup(), ...renderPage(page, address) };
}

const field = () => screen.findByRole("textbox", { name: "질문 입력" });
const ready = () => screen.findByText("사용 가능");

beforeEach(() => {
  turns.stop("c1");
  turns.clear("c1");
});

describe("the model's state", () => {
  it.each([
    ["loading", "모델을 메모리에 올리는 중입니다."],
    ["none", "답변할 모델이 없습니다."],
    ["failed", "모델을 불러오지 못했습니다."],
  ])("%s is told with what to do, and nothing can be sent", async (status, sentence) => {
    const { user } = setUp("/", { "GET /api/system": () => jsonResponse(system(status)) });
    expect(await screen.findByText(sentence, { exact: false })).toBeTruthy();
    await user.type(await field(), "질문");
    expect(screen.getByRole("button", { name: "보내기" })).toHaveProperty("disabled", true);
  });

  it("tells when the server is gone", async () => {
    setUp("/", {
      "GET /api/system": () => {
        throw new TypeError("Failed to fetch");
      },
    });
    expect(await screen.findByRole("alert")).toHaveProperty(
      "textContent",
      "서버에 연결할 수 없습니다. Caravan이 실행 중인지 확인해 주세요.",
    );
  });
});

describe("the empty conversation", () => {
  it("leads to the documents when there are none", async () => {
    setUp("/");
    const link = await screen.findByRole("link", { name: "문서 올리기" });
    expect(link.getAttribute("href")).toBe("/documents");
  });

  it("offers questions about documents that are ready", async () => {
    const document = { id: "file-1", filename: "규정.md", status: "completed" };
    const { user } = setUp("/", {
      "GET /v1/vector_stores/vs_1/files": () => jsonResponse({ data: [document], has_more: false }),
    });
    await user.click(await screen.findByRole("button", { name: /규정.md의 핵심 내용/ }));
    expect(await field()).toHaveProperty("value", "규정.md의 핵심 내용을 정리해 주세요.");
  });

  it("keeps the question when no conversation could be made", async () => {
    const { user } = setUp("/", {
      "POST /api/conversations": () => errorResponse(500, "internal_error"),
    });
    await ready();
    await user.type(await field(), "잃으면 안 되는 질문{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe(
      "서버에서 문제가 생겼습니다. 다시 시도해 주세요.",
    );
    expect(await field()).toHaveProperty("value", "잃으면 안 되는 질문");
  });
});

describe("an answer", () => {
  it("arrives, is cited, and opens its source with the quote highlighted", async () => {
    let stored = conversation();
    const { user } = setUp("/c/c1", {
      "GET /api/conversations/c1": () => jsonResponse(stored),
      "POST /v1/chat/completions": () => {
        stored = conversation(
          message("user", version("연차는?")),
          message(
            "assistant",
            version("15일입니다.", { annotations: [annotation], sources: [source] }),
          ),
        );
        return completionStream([
          { content: "15일" },
          { content: "입니다." },
          { annotations: [annotation], sources: [source] },
        ]);
      },
      "GET /api/documents/h/text": () =>
        jsonResponse({
          document_hash: "h",
          filename: "규정.md",
          text: "앞글. 연차는 15일이다. 뒷글.",
          offset: 6,
          length: 40,
          anchors: [],
        }),
    });
    await ready();
    await user.type(await field(), "연차는?{Enter}");
    const mark = await screen.findByRole("button", { name: "출처 1 열기: 규정.md" });
    expect(
      screen.getByText("AI가 작성한 답변입니다. 중요한 내용은 원문을 확인해 주세요."),
    ).toBeTruthy();
    expect(screen.getByText("답변이 끝났습니다.")).toBeTruthy();
    fireEvent.click(mark);
    const panel = await screen.findByRole("complementary", { name: "규정.md" });
    expect((await within(panel).findByText("연차는 15일이다.")).tagName).toBe("MARK");
    await user.click(within(panel).getByRole("button", { name: "원문 닫기" }));
    expect(screen.queryByRole("complementary")).toBeNull();
  });

  it("that is refused says why, and can be asked again or taken back", async () => {
    let attempts = 0;
    const { user } = setUp("/c/c1", {
      "POST /v1/chat/completions": () => {
        attempts++;
        return errorResponse(429, "queue_full");
      },
    });
    await ready();
    await user.type(await field(), "바쁜가요?{Enter}");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("지금 처리 중인 요청이 많습니다.");
    await user.click(screen.getByRole("button", { name: "다시 시도" }));
    await waitFor(() => expect(attempts).toBe(2));
    await user.click(await screen.findByRole("button", { name: "질문 고치기" }));
    expect(await field()).toHaveProperty("value", "바쁜가요?");
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("shows its versions, the newest first, and marks a stopped one", async () => {
    const { user } = setUp("/c/c1", {
      "GET /api/conversations/c1": () =>
        jsonResponse(
          conversation(
            message("user", version("질문")),
            message("assistant", version("하나"), version("둘", { status: "stopped" })),
          ),
        ),
    });
    expect(await screen.findByText("둘")).toBeTruthy();
    expect(screen.getByText("중지됨")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "이전 답변" }));
    expect(screen.getByText("하나")).toBeTruthy();
    expect(screen.getByText("2개 중 1번째 답변")).toBeTruthy();
    expect(screen.queryByText("중지됨")).toBeNull();
  });

  it("whose document was deleted shows the kept quote and says so", async () => {
    setUp("/c/c1", {
      "GET /api/conversations/c1": () =>
        jsonResponse(
          conversation(
            message("user", version("질문")),
            message("assistant", version("답입니다.", { sources: [source] })),
          ),
        ),
      "GET /api/documents/h/text": () => errorResponse(404, "document_gone"),
    });
    fireEvent.click(await screen.findByRole("button", { name: /규정.md/ }));
    const panel = await screen.findByRole("complementary");
    expect(await within(panel).findByText(/이 문서는 삭제되어/)).toBeTruthy();
    expect(within(panel).getByText("연차는 15일이다.")).toBeTruthy();
  });
});

it("says that a conversation is gone", async () => {
  setUp("/c/c1", { "GET /api/conversations/c1": () => errorResponse(404, "not_found") });
  expect((await screen.findByRole("alert")).textContent).toContain(
    "이 대화는 삭제되었거나 주소가 잘못되었습니다.",
  );
});
