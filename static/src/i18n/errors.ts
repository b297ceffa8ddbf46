import { useCallback } from "react";
import { useIntl } from "react-intl";
import { Refused } from "../refused";

/**
 * Return the function that says what went wrong, in the reader's language.
 *
 * A code `chat.closed` is looked up as `chat.error.closed`, one without a dot as
 * `ui.error.<code>`; a code without a text in the catalogue falls back to the server's own
 * sentence.
 */
export function useErrorText(): (reason: unknown) => string {
  const { formatMessage, messages } = useIntl();
  return useCallback(
    (reason) => {
      if (!(reason instanceof Refused)) return formatMessage({ id: "ui.error.internal" });
      const dot = reason.code.indexOf(".");
      const id =
        dot < 0
          ? `ui.error.${reason.code}`
          : `${reason.code.slice(0, dot)}.error.${reason.code.slice(dot + 1)}`;
      if (!(id in messages)) return reason.message;
      return formatMessage({ id }, { seconds: reason.retryAfterS ?? 0 });
    },
    [formatMessage, messages],
  );
}
