import type { MessageFormatElement } from "react-intl";
import { create } from "zustand";
import { onFarewell } from "../farewell";

export const LANGUAGES = ["en", "sv", "da"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What each language calls itself. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: "English",
  sv: "Svenska",
  da: "Dansk",
};

/** How each writes times and dates: English as it is written in Europe, with 24 hours. */
export const LOCALES: Record<Language, string> = { en: "en-GB", sv: "sv", da: "da" };

/** A catalogue as the build reads it (`tools/catalogues.mjs`): key → parsed ICU message. */
export type Texts = Record<string, MessageFormatElement[]>;

// One module each, so that a person's browser loads theirs alone; in parts, one for each feature.
const catalogues: Record<Language, () => Promise<{ default: Record<string, Texts> }>> = {
  en: () => import("./en"),
  sv: () => import("./sv"),
  da: () => import("./da"),
};

function known(tag: string | null | undefined): Language | null {
  const language = tag?.toLowerCase().split("-")[0];
  return LANGUAGES.find((one) => one === language) ?? null;
}

/** A place of the browser's for one language; asking for the storage itself may be refused. */
function place(storage: () => Storage, key: string) {
  return {
    read(): Language | null {
      try {
        return known(storage().getItem(key));
      } catch {
        return null; // storage is switched off
      }
    },
    write(language: Language): void {
      try {
        storage().setItem(key, language);
      } catch {
        // Storage is switched off: the choice holds until the page is left.
      }
    },
    clear(): void {
      try {
        storage().removeItem(key);
      } catch {
        // Storage is switched off: nothing was kept.
      }
    },
  };
}

const kept = place(() => localStorage, "twinspace.language");

/*
 * What was chosen in this tab and the server has not confirmed: chosen before somebody signed in,
 * or while the line was cut. In this tab alone, for the next child at this computer may read
 * another language.
 */
const untold = place(() => sessionStorage, "twinspace.language.untold");

/** What the server has kept since: an answer that it gave before may still be on its way. */
let told: Language | null = null;

/** Forget what was chosen in this tab, told or not. */
function forgetChoice(): void {
  told = null;
  untold.clear();
}

// Or it would be written into the account of whoever signs in next.
onFarewell(forgetChoice);

interface LanguageState {
  language: Language;
  texts: Texts;
  /** Tells the server of a choice, while somebody is signed in; resolves when it is kept there. */
  tellServer: ((language: Language) => Promise<unknown>) | null;
}

export const useLanguage = create<LanguageState>()(() => ({
  language: "en",
  texts: {},
  tellServer: null,
}));

/** Have the server told of choices in this way; returns what takes the way back, if it holds. */
export function onChoice(tellServer: (language: Language) => Promise<unknown>): () => void {
  useLanguage.setState({ tellServer });
  // One page may begin before the one that it follows has ended.
  return () =>
    useLanguage.setState((now) => (now.tellServer === tellServer ? { tellServer: null } : now));
}

async function show(language: Language): Promise<void> {
  const { default: parts } = await catalogues[language]();
  document.documentElement.lang = language;
  useLanguage.setState({ language, texts: Object.assign({}, ...Object.values(parts)) });
}

/** Load the texts of this browser's language: the one chosen here, else the system's. */
export async function startLanguage(): Promise<void> {
  const wanted = kept.read() ?? navigator.languages.map(known).find(Boolean) ?? "en";
  await show(wanted);
}

/** Change the language because the person said so; it follows them to their other devices. */
export async function chooseLanguage(language: Language): Promise<void> {
  kept.write(language);
  untold.write(language);
  await show(language);
  await tell(language);
}

async function tell(language: Language): Promise<void> {
  const { tellServer } = useLanguage.getState();
  if (!tellServer) return;
  try {
    await tellServer(language);
  } catch {
    return; // it stays untold, until the server next says what it has for this person
  }
  // Unless another was chosen meanwhile, or whoever chose it has left.
  if (untold.read() !== language) return;
  untold.clear();
  told = language;
}

/**
 * Follow the language that the server has for the person who has just signed in.
 *
 * What they chose in this tab and the server does not know yet wins: the server is told. What it
 * was told wins once, and is not told again: what it says next comes from another device.
 */
export function followPerson(tag: string): void {
  const language = known(tag);
  const chosen = untold.read();
  if (chosen && chosen !== language) {
    void tell(chosen);
    return;
  }
  const isOld = told !== null && told !== language;
  forgetChoice();
  if (!isOld && language && language !== useLanguage.getState().language) {
    kept.write(language);
    void show(language);
  }
}
