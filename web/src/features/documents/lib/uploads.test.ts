import { beforeEach, describe, expect, it, vi } from "vitest";

import { errorResponse, fakeServer, jsonResponse } from "@/testing/fake-server";

import { Uploads } from "./uploads";

/** Stands in for XMLHttpRequest: a test decides when and how each request ends. */
class FakeRequest {
  static all: FakeRequest[] = [];
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  status = 0;
  responseText = "";
  sent: FormData | undefined;

  constructor() {
    FakeRequest.all.push(this);
  }
  open() {
    return undefined;
  }
  send(form: FormData) {
    this.sent = form;
  }
  abort() {
    this.onabort?.();
  }
  answer(status: number, body: object) {
    this.status = status;
    this.responseText = JSON.stringify(body);
    this.onload?.();
  }
}

const file = (name: string) => new File(["글"], name);
const ended = () => new Promise((resolve) => setTimeout(resolve));

describe("Uploads", () => {
  beforeEach(() => {
    FakeRequest.all = [];
    vi.stubGlobal("XMLHttpRequest", FakeRequest);
  });

  it("sends two at a time, tells their progress, and lets go of what was attached", async () => {
    const server = fakeServer({ "POST /v1/vector_stores/vs/files": () => jsonResponse({}) });
    const uploads = new Uploads();
    uploads.add([file("a"), file("b"), file("c")], "vs", 100);
    expect(FakeRequest.all).toHaveLength(2);
    FakeRequest.all[0]?.upload.onprogress?.({ loaded: 1, total: 4 });
    expect(uploads.all().filter(({ progress }) => progress === 0.25)).toHaveLength(1);
    FakeRequest.all[0]?.answer(200, { id: "file-1" });
    await ended();
    await ended();
    expect(await server.bodyOf("POST", "/v1/vector_stores/vs/files")).toEqual({
      file_id: "file-1",
    });
    expect(uploads.all()).toHaveLength(2);
    expect(FakeRequest.all).toHaveLength(3);
  });

  it("cancels without a trace", async () => {
    const server = fakeServer({});
    const uploads = new Uploads();
    uploads.add([file("a")], "vs", 100);
    uploads.remove(uploads.all()[0]?.key ?? 0);
    await ended();
    expect(uploads.all()).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  it("keeps a refused upload with its reason, and sends it again on demand", async () => {
    fakeServer({ "POST /v1/vector_stores/vs/files": () => errorResponse(500, "internal_error") });
    const uploads = new Uploads();
    uploads.add([file("a")], "vs", 100);
    FakeRequest.all[0]?.answer(413, { error: { code: "file_too_large", message: "too large" } });
    await ended();
    expect(uploads.all()[0]).toMatchObject({ state: "failed", error: { code: "file_too_large" } });
    uploads.retry(uploads.all()[0]?.key ?? 0);
    expect(uploads.all()[0]?.state).toBe("uploading");
    FakeRequest.all[1]?.answer(200, { id: "file-1" });
    await ended();
    await ended();
    expect(uploads.all()[0]).toMatchObject({ state: "failed", error: { code: "internal_error" } });
  });
});
