import type { ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { IntlProvider } from "react-intl";
import { useLanguage } from "./language";

/** Give everything inside the person's language: our texts, and those of the components. */
export function Language({ children }: { children: ReactNode }) {
  const { language, texts } = useLanguage();
  return (
    <IntlProvider locale={language} messages={texts} defaultLocale={language}>
      <I18nProvider locale={language}>{children}</I18nProvider>
    </IntlProvider>
  );
}
