import { Refused } from "./refused";

interface ErrorAnswer {
  error: { code: string; message: string; retryable?: boolean; retry_after_s?: number | null };
}

function isErrorAnswer(body: unknown): body is ErrorAnswer {
  return typeof body === "object" && body !== null && "error" in body;
}

async function request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused({
      code: navigator.onLine ? "away" : "offline",
      message: "The server could not be reached.",
      retryable: true,
    });
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer as Answer;
  if (isErrorAnswer(answer)) throw new Refused(answer.error);
  throw new Refused({
    code: response.status >= 502 ? "away" : "internal",
    message: `The server answered ${response.status}.`,
    retryable: response.status >= 500,
  });
}

/**
 * Ask the server over HTTP, on our own origin.
 *
 * Every method throws {@link Refused}: with the server's code, or with `offline` or `away` when no
 * answer came.
 */
export const api = {
  get: <Answer>(path: string) => request<Answer>("GET", path),
  post: <Answer>(path: string, body: unknown = {}) => request<Answer>("POST", path, body),
  put: <Answer>(path: string, body: unknown = {}) => request<Answer>("PUT", path, body),
  delete: <Answer>(path: string) => request<Answer>("DELETE", path),
};
