import { useTranslation } from "react-i18next";

/** OpenAI's error envelope, or what stands in for it when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | null;

  constructor(status: number, code: string | null, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

/** The server could not be reached at all. */
export class NetworkError extends Error {
  constructor(cause: unknown) {
    super("The server cannot be reached.", { cause });
    this.name = "NetworkError";
  }
}

/** The answer's stream ended before its end was announced. */
export class InterruptedError extends Error {
  constructor(cause?: unknown) {
    super("The stream ended early.", { cause });
    this.name = "InterruptedError";
  }
}

const knownCodes = [
  "empty_file",
  "no_text",
  "too_large",
  "encrypted",
  "broken",
  "unsupported_type",
  "zip_bomb",
  "timeout",
  "out_of_memory",
  "context_length_exceeded",
  "model_not_found",
  "model_not_ready",
  "overloaded",
  "request_too_large",
  "server_error",
] as const;
type KnownCode = (typeof knownCodes)[number];

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** Codes of the HTTP interface that mean the same to a person as one of the known codes. */
const ALIASES: Record<string, KnownCode> = {
  file_too_large: "too_large",
  queue_full: "overloaded",
  internal_error: "server_error",
};

function knownCodeOf({ code, status }: ApiError): KnownCode | undefined {
  const known = knownCodes.find((candidate) => candidate === code) ?? ALIASES[code ?? ""];
  if (known) return known;
  if (status === 413) return "too_large";
  if (status === 429) return "overloaded";
  if (status === 503) return "model_not_ready";
  return undefined;
}

/** Turns any error into one sentence in the person's language. */
export function useErrorSentence(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (error instanceof NetworkError) return t("error.network");
    if (error instanceof InterruptedError) return t("error.interrupted");
    if (error instanceof ApiError) {
      const code = knownCodeOf(error);
      if (code) return t(`error.${code}`);
      if (error.message) return t("error.detail", { detail: error.message });
    }
    const detail = error instanceof Error ? error.message : String(error);
    return t("error.unexpected", { detail });
  };
}
