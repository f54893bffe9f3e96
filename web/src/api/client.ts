import { ApiError, isAbort, NetworkError } from "./errors";

/** fetch that throws {@link NetworkError} without a connection and {@link ApiError} on an error status. */
export async function request(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin" });
  } catch (error) {
    throw isAbort(error) ? error : new NetworkError(error);
  }
  if (!response.ok) throw await readError(response);
  return response;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

/** Sends JSON. An answer without a body (204) is the caller's `undefined`. */
export async function sendJson<T>(
  method: "POST" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await request(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function readError(response: Response): Promise<ApiError> {
  return parseError(response.status, await response.text());
}

interface ErrorEnvelope {
  error?: { message?: string; code?: string | null } | undefined;
}

/** Reads OpenAI's error envelope; anything else (a proxy's page, say) keeps the bare status. */
export function parseError(status: number, body: string): ApiError {
  try {
    const { error } = JSON.parse(body) as ErrorEnvelope;
    if (error) return new ApiError(status, error.code ?? null, error.message ?? "");
  } catch {
    // Not JSON: the status has to speak for itself.
  }
  return new ApiError(status, null, `HTTP ${status}`);
}
