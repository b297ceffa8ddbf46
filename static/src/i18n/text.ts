import { useCallback } from "react";
import { useIntl } from "react-intl";
import type { TextKey } from "./keys";

export type Values = Record<string, string | number>;
export type Text = (key: TextKey, values?: Values) => string;

/** Return the function that finds a text in the reader's language and fills in `values` (ICU). */
export function useText(): Text {
  const { formatMessage } = useIntl();
  return useCallback((key, values) => formatMessage({ id: key }, values), [formatMessage]);
}
