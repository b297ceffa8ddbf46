import { useCallback, useEffect, useState } from "react";
import { api } from "../api";
import { forgetLocal } from "../docs/local";
import { sayFarewell } from "../farewell";
import { useErrorText } from "../i18n/errors";
import { followPerson, onChoice } from "../i18n/language";
import { Refused } from "../refused";
import { toast } from "../ui/toast";

export interface School {
  id: string;
  name: string;
  country: string;
  city: string;
  time_zone: string;
  hue: number;
}

export interface RoomCard {
  id: string;
  title: string;
  state: "open" | "closed" | "archived";
  role: string;
  schools: School[];
}

/** Who is signed in, outside any room. */
export interface Me {
  kind: "pupil" | "teacher" | "administrator" | "moderator" | "visitor";
  name: string;
  language: string;
  email: string | null;
  school_id: string | null;
  rooms: RoomCard[];
}

type Answer<T> =
  | { state: "loading" }
  | { state: "signed_out" }
  | { state: "failed"; reason: unknown }
  | { state: "here"; value: T };

/** What became of asking for something, and how to ask again. */
export type Loaded<T> = Answer<T> & { again: () => void };

/** Ask the server for something once, and again when told to. */
export function useLoaded<T>(path: string): Loaded<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ state: "loading" });
  const again = useCallback(() => {
    api.get<T>(path).then(
      (value) => setAnswer({ state: "here", value }),
      (reason: unknown) => {
        const isOut = reason instanceof Refused && reason.code === "signed_out";
        setAnswer(isOut ? { state: "signed_out" } : { state: "failed", reason });
      },
    );
  }, [path]);
  useEffect(again, [again]);
  return { ...answer, again };
}

/** Find out who is signed in; the language follows them, and choices of it go back to them. */
export function useMe(): Loaded<Me> {
  const me = useLoaded<Me>("/api/me");
  const language = me.state === "here" ? me.value.language : null;
  useEffect(() => {
    if (language === null) return;
    const end = onChoice((chosen) => api.post("/api/me", { language: chosen }));
    followPerson(language);
    return end;
  }, [language]);
  return me;
}

/** Take only a path of this site, so that no link can lead a person elsewhere after signing in. */
export function safeNext(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

async function signOut(everywhere: boolean): Promise<void> {
  await api.post(everywhere ? "/api/sign-out-everywhere" : "/api/sign-out");
  sayFarewell();
  // The session is over, even where the browser does not say which copies it has.
  await forgetLocal().catch(() => {});
  location.assign("/");
}

/**
 * Return the function that ends this sign-in, or says why it could not be ended.
 *
 * The page is loaded anew, so that nothing of the person stays in memory. Copies of documents go
 * from this device too, but for words the server has not confirmed.
 */
export function useSignOut(): (everywhere?: boolean) => void {
  const errorText = useErrorText();
  return (everywhere = false) => {
    signOut(everywhere).catch((reason: unknown) => toast(errorText(reason)));
  };
}
