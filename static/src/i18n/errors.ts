import { useCallback } from "react";
import { useIntl } from "react-intl";
import { Refused } from "../refused";

/**
 * Name the text of an error's code.
 *
 * `chat.closed` has `chat.error.closed`, a code without a dot `ui.error.<code>`, and all of
 * `storage.*` the same: what they differ in is for the operator.
 */
export function textOf(code: string): string {
  const [whose, what] = code.split(".", 2);
  if (what === undefined || whose === "storage") return `ui.error.${whose}`;
  return `${whose}.error.${what}`;
}

/**
 * Return the function that says what went wrong, in the reader's language.
 *
 * A code without a text in the catalogue falls back to the server's own sentence.
 */
export function useErrorText(): (reason: unknown) => string {
  const { formatMessage, messages } = useIntl();
  return useCallback(
    (reason) => {
      if (!(reason instanceof Refused)) return formatMessage({ id: "ui.error.internal" });
      const id = textOf(reason.code);
      if (!(id in messages)) return reason.message;
      return formatMessage({ id }, { seconds: reason.retryAfterS ?? 0 });
    },
    [formatMessage, messages],
  );
}
