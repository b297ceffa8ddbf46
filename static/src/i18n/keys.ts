import type accounts from "../accounts/locales/en.json";
import type chat from "../chat/locales/en.json";
import type docs from "../docs/locales/en.json";
import type forum from "../forum/locales/en.json";
import type home from "../home/locales/en.json";
import type operations from "../operations/locales/en.json";
import type pages from "../pages/locales/en.json";
import type people from "../people/locales/en.json";
import type room from "../room/locales/en.json";
import type ui from "../ui/locales/en.json";

/** Every text there is: a key with a mistake in it does not compile. */
export type TextKey =
  | keyof typeof accounts
  | keyof typeof chat
  | keyof typeof docs
  | keyof typeof forum
  | keyof typeof home
  | keyof typeof operations
  | keyof typeof pages
  | keyof typeof people
  | keyof typeof room
  | keyof typeof ui;
