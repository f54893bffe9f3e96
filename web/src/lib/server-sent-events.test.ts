import { describe, expect, it } from "vitest";

import { streamOf } from "@/testing/fake-server";

import { readServerSentEvents } from "./server-sent-events";

async function read(pieces: readonly (string | Uint8Array)[]) {
  const events = [];
  for await (const event of readServerSentEvents(streamOf(pieces))) events.push(event);
  return events;
}

const data = async (pieces: readonly (string | Uint8Array)[]) =>
  (await read(pieces)).map((event) => event.data);

describe("readServerSentEvents", () => {
  it("reads events that are separated by a blank line", async () => {
    expect(await data(["data: 하나\n\ndata: 둘\n\n"])).toEqual(["하나", "둘"]);
  });

  it("gives the same events wherever the bytes are split", async () => {
    const bytes = new TextEncoder().encode(
      'data: {"t":"한글 😀"}\r\n\r\ndata: b\r\r: note\ndata: c\n\n',
    );
    for (let at = 1; at < bytes.length; at++) {
      const events = await data([bytes.slice(0, at), bytes.slice(at)]);
      expect(events, `split at ${at}`).toEqual(['{"t":"한글 😀"}', "b", "c"]);
    }
    expect(await data([...bytes].map((byte) => Uint8Array.of(byte)))).toHaveLength(3);
  });

  it("joins several data lines, and takes only one space off", async () => {
    expect(await data(["data:a\ndata:  b\ndata\n\n"])).toEqual(["a\n b\n"]);
  });

  it("skips comments and events without data, and keeps an event's name", async () => {
    expect(
      await read([": keep-alive\n\nevent: ping\n\nevent: error\ndata: x\n\ndata: y\n\n"]),
    ).toEqual([
      { event: "error", data: "x" },
      { event: "message", data: "y" },
    ]);
  });

  it("drops an event that the stream's end cut off", async () => {
    expect(await data(["data: whole\n\ndata: half"])).toEqual(["whole"]);
  });

  it("closes the connection when the reader stops early", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("data: 1\n\ndata: 2\n\n")),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const event of readServerSentEvents(body)) {
      expect(event.data).toBe("1");
      break;
    }
    expect(cancelled).toBe(true);
  });
});
