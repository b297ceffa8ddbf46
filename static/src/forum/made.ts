/** What a new thread or reply became; see `Made` in the server's messages. */
export interface Made {
  thread_id: string;
  post_id: string;
  /** It waits for a teacher. */
  held: boolean;
}

// The server's limits, in characters.
export const TEXT_MAX = 8_000;
export const TITLE_MAX = 140;
export const QUOTE_MAX = 600;
