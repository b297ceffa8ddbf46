import type { ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { IntlProvider } from "react-intl";
import { LOCALES, useLanguage } from "./language";

/** Give everything inside the person's language: our texts, and those of the components. */
export function Language({ children }: { children: ReactNode }) {
  const { language, texts } = useLanguage();
  const locale = LOCALES[language];
  return (
    <IntlProvider locale={locale} messages={texts} defaultLocale={locale}>
      <I18nProvider locale={locale}>{children}</I18nProvider>
    </IntlProvider>
  );
}
