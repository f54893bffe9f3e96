import { vi } from "vitest";

export type Handler = (request: Request) => Response | Promise<Response>;

/** Answers fetch from a table of "METHOD /path" (query left out); any other request fails the test by a 599. */
export function fakeServer(handlers: Record<string, Handler>) {
  const requests: Request[] = [];
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    // Node's Request refuses jsdom's AbortSignal, and relative addresses.
    const { signal, ...rest } = init ?? {};
    const request = new Request(new URL(path, "http://localhost"), rest);
    requests.push(request.clone());
    const { pathname } = new URL(request.url);
    const handler = handlers[`${request.method} ${pathname}`];
    if (!handler) return new Response(`no handler for ${pathname}`, { status: 599 });
    const response = await handler(request);
    if (signal?.aborted) throw new DOMException("aborted", "AbortError");
    return response;
  });
  return {
    requests,
    bodyOf: async (method: string, path: string): Promise<unknown> => {
      const found = requests.find(
        (request) => request.method === method && new URL(request.url).pathname === path,
      );
      return found && JSON.parse(await found.text());
    },
  };
}

export function jsonResponse(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json" },
  });
}

export function errorResponse(status: number, code: string, message = "refused"): Response {
  return jsonResponse(
    { error: { message, type: "invalid_request_error", param: null, code } },
    status,
  );
}

/** A body that arrives in the given pieces. */
export function streamOf(pieces: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      }
      controller.close();
    },
  });
}

/** A stream of chat completion chunks with these deltas, ended as OpenAI ends it. */
export function completionStream(deltas: readonly object[], end = true): Response {
  const chunks = deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] }));
  const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  const last = JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  const ending = end ? [`data: ${last}\n\n`, "data: [DONE]\n\n"] : [];
  return new Response(streamOf([...events, ...ending]), {
    headers: { "Content-Type": "text/event-stream" },
  });
}
