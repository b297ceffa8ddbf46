import { LogOut } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Redirect } from "wouter";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { NoAccess } from "../pages/pages";
import { Refused } from "../refused";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { SkeletonList } from "../ui/marks";
import style from "./accounts.module.css";
import { type Loaded, useSignOut } from "./me";

/** The server's codes for what is open to others: trying again would not help. */
const FOR_OTHERS = ["forbidden", "staff_only"];

/** Draw what was loaded; nobody signed in goes to sign in, a failure can be tried again. */
export function WhenLoaded<T>({
  loaded,
  children,
}: {
  loaded: Loaded<T>;
  children: (value: T) => ReactNode;
}) {
  const t = useText();
  const errorText = useErrorText();
  switch (loaded.state) {
    case "loading":
      return <SkeletonList />;
    case "signed_out":
      return <Redirect to={`/sign-in?next=${encodeURIComponent(location.pathname)}`} replace />;
    case "failed":
      if (loaded.reason instanceof Refused && FOR_OTHERS.includes(loaded.reason.code)) {
        return <NoAccess />;
      }
      return (
        <Banner
          tone="bad"
          action={<Button onPress={loaded.again}>{t("accounts.try_again")}</Button>}
        >
          {errorText(loaded.reason)}
        </Banner>
      );
    case "here":
      return children(loaded.value);
  }
}

/**
 * Draw a form with one main button. While `onSubmit` runs the button turns; when it throws, the
 * form says why and keeps what was typed.
 */
export function SendForm({
  action,
  onSubmit,
  isReady = true,
  wide,
  children,
}: {
  action: string;
  onSubmit: () => Promise<unknown>;
  isReady?: boolean;
  wide?: boolean;
  children: ReactNode;
}) {
  const errorText = useErrorText();
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setPending(true);
    setError(null);
    try {
      await onSubmit();
    } catch (reason) {
      setError(reason);
    } finally {
      setPending(false);
    }
  }

  return (
    <Form className={style.form ?? ""} onSubmit={submit}>
      {children}
      {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
      <div>
        <Button
          type="submit"
          variant="primary"
          isPending={isPending}
          isDisabled={!isReady}
          wide={wide ?? false}
        >
          {action}
        </Button>
      </div>
    </Form>
  );
}

/** Offer to sign out. */
export function SignOutButton() {
  const t = useText();
  const signOut = useSignOut();
  return (
    <Button variant="quiet" icon={LogOut} onPress={() => signOut()}>
      {t("accounts.sign_out")}
    </Button>
  );
}
