import { Languages, Monitor, Moon, Sun } from "lucide-react";
import { IconButton } from "../ui/button";
import { Menu, MenuItem } from "../ui/menu";
import { chooseTheme, type Theme, useTheme } from "../ui/theme";
import { chooseLanguage, LANGUAGE_NAMES, LANGUAGES, type Language, useLanguage } from "./language";
import { useText } from "./text";

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon };
const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** Offer the languages. */
export function LanguageMenu() {
  const t = useText();
  const language = useLanguage((state) => state.language);
  return (
    <Menu
      button={<IconButton icon={Languages} label={t("ui.language")} />}
      aria-label={t("ui.language")}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[language]}
      onAction={(key) => void chooseLanguage(key as Language)}
    >
      {LANGUAGES.map((one) => (
        <MenuItem key={one} id={one} textValue={LANGUAGE_NAMES[one]}>
          <span lang={one}>{LANGUAGE_NAMES[one]}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}

/** Offer light, dark, or what the system says. */
export function ThemeMenu() {
  const t = useText();
  const theme = useTheme();
  return (
    <Menu
      button={<IconButton icon={THEME_ICONS[theme]} label={t("ui.theme")} />}
      aria-label={t("ui.theme")}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[theme]}
      onAction={(key) => chooseTheme(key as Theme)}
    >
      {THEMES.map((one) => (
        <MenuItem key={one} id={one} icon={THEME_ICONS[one]}>
          {t(`ui.theme.${one}`)}
        </MenuItem>
      ))}
    </Menu>
  );
}

/** Offer both, side by side. */
export function Chooser() {
  return (
    <>
      <LanguageMenu />
      <ThemeMenu />
    </>
  );
}
