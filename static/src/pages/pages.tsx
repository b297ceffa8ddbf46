import {
  Compass,
  DoorClosed,
  LifeBuoy,
  LogIn,
  type LucideIcon,
  RefreshCw,
  Scaling,
  UserX,
} from "lucide-react";
import { Component, type ReactNode } from "react";
import type { StopReason } from "../connection";
import type { TextKey } from "../i18n/keys";
import { useText } from "../i18n/text";
import { Button, ButtonLink } from "../ui/button";
import { EmptyState } from "../ui/marks";
import { Page } from "../ui/page";

function Sentence({
  icon,
  name,
  action,
}: {
  icon: LucideIcon;
  name: "not_found" | "no_access" | "signed_out" | "removed" | "update" | "too_large" | "crashed";
  action?: ReactNode;
}) {
  const t = useText();
  return (
    <EmptyState
      isPage
      icon={icon}
      title={t(`pages.${name}.title`)}
      action={
        action ?? (
          <ButtonLink href="/" variant="primary">
            {t("pages.home")}
          </ButtonLink>
        )
      }
    >
      {t(`pages.${name}.text`)}
    </EmptyState>
  );
}

function Reload() {
  const t = useText();
  return (
    <Button variant="primary" icon={RefreshCw} onPress={() => location.reload()}>
      {t("pages.reload")}
    </Button>
  );
}

/** Say that an address leads nowhere; stands inside a page. */
export function NotFound() {
  return <Sentence icon={Compass} name="not_found" />;
}

/** Say that an address is not for this person. */
export function NoAccess() {
  return <Sentence icon={DoorClosed} name="no_access" />;
}

/** Say that an address leads nowhere; is the page. */
export function NotFoundPage() {
  const t = useText();
  return (
    <Page title={t("pages.not_found.title")} isNarrow>
      <NotFound />
    </Page>
  );
}

const TITLES: Record<StopReason, TextKey> = {
  signed_out: "pages.signed_out.title",
  forbidden: "pages.no_access.title",
  removed: "pages.removed.title",
  outdated: "pages.update.title",
  too_large: "pages.too_large.title",
};

/** Say why a room will not open, or has closed for this person. */
export function Stopped({ reason }: { reason: StopReason }) {
  const t = useText();
  return (
    <Page title={t(TITLES[reason])} isNarrow>
      {reason === "signed_out" && (
        <Sentence
          icon={LogIn}
          name="signed_out"
          action={
            <ButtonLink
              variant="primary"
              href={`/sign-in?next=${encodeURIComponent(location.pathname)}`}
            >
              {t("pages.sign_in")}
            </ButtonLink>
          }
        />
      )}
      {reason === "forbidden" && <NoAccess />}
      {reason === "removed" && <Sentence icon={UserX} name="removed" />}
      {reason === "outdated" && <Sentence icon={RefreshCw} name="update" action={<Reload />} />}
      {reason === "too_large" && <Sentence icon={Scaling} name="too_large" action={<Reload />} />}
    </Page>
  );
}

function Crashed() {
  return <Sentence icon={LifeBuoy} name="crashed" action={<Reload />} />;
}

/** Keep a failure of one view to that view: what is around it goes on working. */
export class Fence extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Crashed /> : this.props.children;
  }
}
