/** What a refused command or request carries: a stable code, and a sentence in English. */
export class Refused extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterS: number | null;

  constructor(body: {
    code: string;
    message: string;
    retryable?: boolean | undefined;
    retry_after_s?: number | null | undefined;
  }) {
    super(body.message);
    this.name = "Refused";
    this.code = body.code;
    this.retryable = body.retryable ?? false;
    this.retryAfterS = body.retry_after_s ?? null;
  }
}
