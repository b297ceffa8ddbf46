import { Eye } from "lucide-react";
import { useState } from "react";
import { useParams } from "wouter";
import { api } from "../api";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { NotFound } from "../pages/pages";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { Card, Page } from "../ui/page";
import style from "./accounts.module.css";
import { WhenLoaded } from "./frame";
import { safeNext, useMe } from "./me";

/** Ask a moderator who came by a link whether to enter: it is never done in passing. */
export default function VisitPage() {
  const t = useText();
  const { room: roomId = "" } = useParams<{ room: string }>();
  const me = useMe();
  return (
    <Page title={t("accounts.rooms.visit")} isNarrow>
      <WhenLoaded loaded={me}>
        {({ rooms }) => {
          const room = rooms.find((one) => one.id === roomId && one.role === "moderator");
          if (!room) return <NotFound />;
          const next = safeNext(location.search);
          return (
            <Card>
              <div className={style.form}>
                <h1>{room.title}</h1>
                <EnterAsModerator
                  roomId={roomId}
                  next={next.startsWith(`/rooms/${roomId}`) ? next : `/rooms/${roomId}/`}
                />
              </div>
            </Card>
          );
        }}
      </WhenLoaded>
    </Page>
  );
}

/** Offer to enter a room as its moderator, and say what that means. */
export function EnterAsModerator({ roomId, next }: { roomId: string; next: string }) {
  const t = useText();
  const errorText = useErrorText();
  const [error, setError] = useState<unknown>(null);

  async function enter() {
    try {
      await api.post(`/api/rooms/${roomId}/visit`);
      location.assign(next);
    } catch (reason) {
      setError(reason);
    }
  }

  return (
    <>
      {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
      <div className={style.row}>
        <Button icon={Eye} onPress={() => void enter()}>
          {t("accounts.rooms.visit")}
        </Button>
        <span className={style.soft}>{t("accounts.rooms.visit.hint")}</span>
      </div>
    </>
  );
}
