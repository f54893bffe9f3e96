/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  event: string;
  data: string;
}

/** A line longer than this is no event of ours: give up before the page's memory does. */
const MAX_BUFFER_CHARACTERS = 16 * 1024 * 1024;

/**
 * Reads a `text/event-stream` body (WHATWG HTML, "Server-sent events", parsing). Characters and lines may be split
 * anywhere between two chunks. An event without its closing blank line is dropped, as the standard says.
 */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Also reached when the caller stops early: the connection is then closed.
    await reader.cancel().catch(() => undefined);
  }
}

class EventParser {
  private buffer = "";
  private event = "";
  private data: string[] = [];

  *push(text: string): Generator<ServerSentEvent> {
    this.buffer += text;
    if (this.buffer.length > MAX_BUFFER_CHARACTERS)
      throw new Error("The event stream has no lines.");
    let start = 0;
    for (;;) {
      const end = this.lineEnd(start);
      if (end === undefined) break;
      const finished = this.line(this.buffer.slice(start, end.at));
      start = end.next;
      if (finished) yield finished;
    }
    this.buffer = this.buffer.slice(start);
  }

  /** A line ends with LF, CR LF or CR; a CR at the buffer's end waits to see whether LF follows. */
  private lineEnd(start: number): { at: number; next: number } | undefined {
    for (let at = start; at < this.buffer.length; at++) {
      const character = this.buffer[at];
      if (character === "\n") return { at, next: at + 1 };
      if (character === "\r") {
        if (at + 1 === this.buffer.length) return undefined;
        return { at, next: this.buffer[at + 1] === "\n" ? at + 2 : at + 1 };
      }
    }
    return undefined;
  }

  private line(line: string): ServerSentEvent | undefined {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "event") this.event = value;
    if (field === "data") this.data.push(value);
    return undefined;
  }

  private dispatch(): ServerSentEvent | undefined {
    const finished =
      this.data.length > 0
        ? { event: this.event || "message", data: this.data.join("\n") }
        : undefined;
    this.event = "";
    this.data = [];
    return finished;
  }
}
