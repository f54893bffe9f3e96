import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { StoredDocument } from "@/api/documents";
import { errorResponse, fakeServer, type Handler, jsonResponse } from "@/testing/fake-server";
import { renderPage } from "@/testing/render";

import { uploads } from "../lib/uploads";
import { DocumentsPage } from "./documents-page";

const LIST = "GET /v1/vector_stores/vs_1/files";

function stored(filename: string, more: Partial<StoredDocument> = {}): StoredDocument {
  return {
    id: `file-${filename}`,
    filename,
    bytes: 2048,
    created_at: 1_790_000_000,
    status: "completed",
    stage: null,
    progress: null,
    last_error: null,
    ...more,
  };
}

function setUp(documents: StoredDocument[], handlers: Record<string, Handler> = {}) {
  const server = fakeServer({
    "GET /api/system": () =>
      jsonResponse({
        version: "1",
        model: { id: "m", status: "ready", message: null, context_tokens: 1 },
        embedding_model: { id: "e5", status: "ready" },
        max_upload_bytes: 1000,
        default_vector_store_id: "vs_1",
      }),
    [LIST]: () => jsonResponse({ data: documents, has_more: false }),
    ...handlers,
  });
  return { server, user: userEvent.setup(), ...renderPage(<DocumentsPage />, "/documents") };
}

const row = async (name: string) =>
  within((await screen.findByText(name)).closest("tr") as HTMLElement);

beforeEach(() => uploads.all().forEach(({ key }) => uploads.remove(key)));

describe("the documents page", () => {
  it("tells each document's stage, progress and reason of failure", async () => {
    setUp([
      stored("a.pdf", { status: "in_progress", stage: "embedding", progress: 0.429 }),
      stored("b.hwp"),
      stored("c.pdf", { status: "failed", last_error: { code: "encrypted", message: "x" } }),
      stored("d.pdf", {
        status: "failed",
        last_error: { code: "novel", message: "A new reason." },
      }),
      stored("e.pdf", { status: "in_progress" }),
    ]);
    expect((await row("a.pdf")).getByText("임베딩 중").textContent).toBe("임베딩 중42%");
    expect((await row("b.hwp")).getByText("완료")).toBeTruthy();
    expect((await row("c.pdf")).getByText(/암호가 걸린 문서입니다/)).toBeTruthy();
    expect((await row("d.pdf")).getByText("서버의 설명: A new reason.")).toBeTruthy();
    expect((await row("e.pdf")).getByText("대기 중")).toBeTruthy();
  });

  it("shows the documents of one state", async () => {
    const { user } = setUp([stored("a.pdf"), stored("b.pdf", { status: "failed" })]);
    await user.click(await screen.findByRole("button", { name: /^실패/ }));
    expect(screen.queryByText("a.pdf")).toBeNull();
    expect(screen.getByText("b.pdf")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: /^처리 중/ }));
    expect(screen.getByText("이 상태의 문서가 없습니다.")).toBeTruthy();
  });

  it("retries all failed documents, and goes on when one is refused", async () => {
    const failed = ["a.pdf", "b.pdf"].map((name) => stored(name, { status: "failed" }));
    const second = vi.fn(() => jsonResponse({}));
    const { user } = setUp(failed, {
      "POST /api/vector_stores/vs_1/files/file-a.pdf/retry": () => errorResponse(409, "conflict"),
      "POST /api/vector_stores/vs_1/files/file-b.pdf/retry": second,
    });
    await user.click(await screen.findByRole("button", { name: "실패한 문서 모두 다시 시도" }));
    await waitFor(() => expect(second).toHaveBeenCalledOnce());
  });

  it("asks before it deletes, naming what goes, and stays open when that fails", async () => {
    const { user, server } = setUp([stored("a.pdf")], {
      "DELETE /v1/vector_stores/vs_1/files/file-a.pdf": () => errorResponse(404, "not_found"),
      "DELETE /v1/files/file-a.pdf": () => errorResponse(500, "internal_error"),
    });
    await user.click(await screen.findByRole("button", { name: "삭제: a.pdf" }));
    const dialog = within(await screen.findByRole("dialog", { name: "문서를 삭제할까요?" }));
    expect(dialog.getByText("올린 파일 a.pdf (2 KB)")).toBeTruthy();
    expect(server.requests.some(({ method }) => method === "DELETE")).toBe(false);
    await user.click(dialog.getByRole("button", { name: "삭제" }));
    expect((await dialog.findByRole("alert")).textContent).toContain("문서를 삭제하지 못했습니다.");
  });

  it("refuses a file that the server would not take, before sending it", async () => {
    const { container } = setUp([]);
    await screen.findByText(/파일당 1,000 B까지/);
    const file = new File([new Uint8Array(1001)], "큰 파일.pdf");
    for (const picker of container.querySelectorAll("input[type=file]")) {
      fireEvent.change(picker, { target: { files: [file] } });
    }
    expect(
      (await row("큰 파일.pdf")).getByText("파일이 너무 큽니다. 나누어서 올려 주세요."),
    ).toBeTruthy();
  });

  it("says that the list could not be loaded, and loads it again", async () => {
    let works = false;
    const { user } = setUp([], {
      [LIST]: () =>
        works
          ? jsonResponse({ data: [stored("a.pdf")], has_more: false })
          : errorResponse(500, "internal_error"),
    });
    await screen.findByText("문서 목록을 불러오지 못했습니다.");
    works = true;
    await user.click(screen.getByRole("button", { name: "다시 시도" }));
    expect(await screen.findByText("a.pdf")).toBeTruthy();
  });
});
