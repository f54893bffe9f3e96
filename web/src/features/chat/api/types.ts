/** Where in a document something stands: start and end are UTF-16 code units of the document's text. */
export interface DocumentPlace {
  file_id: string;
  filename: string;
  page?: number | null;
  paragraph?: number | null;
  document_hash: string;
  document_start: number;
  document_end: number;
}

/** A span of the answer that a passage supports. Its indexes are Unicode code points of the content. */
export interface Annotation extends DocumentPlace {
  type: "file_citation";
  /** The [n] shown. */
  index: number;
  /** A verbatim piece of the document. */
  quote: string;
  start_index: number;
  end_index: number;
}

/** A passage that was retrieved for the answer, cited or not. */
export interface Source extends DocumentPlace {
  index: number;
  score: number;
  text: string;
  cited: boolean;
}

export type AnswerStatus = "completed" | "stopped" | "failed" | "streaming";

export interface MessageVersion {
  id: string;
  content: string;
  status: AnswerStatus;
  model: string | null;
  created_at: number | string;
  annotations: Annotation[] | null;
  sources: Source[] | null;
}

export interface Message {
  id: string;
  role: "user" | "assistant";
  created_at: number | string;
  versions: MessageVersion[];
}

export interface ConversationSummary {
  id: string;
  title: string | null;
  created_at: number | string;
  updated_at: number | string;
}

export interface Conversation extends Omit<ConversationSummary, "updated_at"> {
  messages: Message[];
}
