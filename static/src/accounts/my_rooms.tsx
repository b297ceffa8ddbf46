import { Archive, CircleUser, DoorOpen, Plus, Settings } from "lucide-react";
import { Link } from "react-aria-components";
import { Redirect } from "wouter";
import { useText } from "../i18n/text";
import { roleText, stateText } from "../people/words";
import { SchoolBadge } from "../ui/avatar";
import { ButtonLink } from "../ui/button";
import { Badge, EmptyState } from "../ui/marks";
import { Page } from "../ui/page";
import style from "./accounts.module.css";
import { SignOutButton, WhenLoaded } from "./frame";
import { type Me, type RoomCard, useMe } from "./me";
import { EnterAsModerator } from "./visit";

export default function MyRoomsPage() {
  const t = useText();
  const me = useMe();
  if (me.state === "signed_out") return <Redirect to="/sign-in" replace />;
  return (
    <Page title={t("accounts.rooms")} actions={me.state === "here" && <SignOutButton />}>
      <WhenLoaded loaded={me}>{(value) => <Rooms me={value} />}</WhenLoaded>
    </Page>
  );
}

function Rooms({ me }: { me: Me }) {
  const t = useText();
  const [room, another] = me.rooms;
  // A pupil belongs to one room: nothing is to be chosen.
  if (me.kind === "pupil" && room && !another)
    return <Redirect to={`/rooms/${room.id}/`} replace />;
  return (
    <div className={style.stack}>
      <header className={style.head}>
        <h1>{t("accounts.rooms.hello", { name: me.name })}</h1>
        <div className={style.row}>
          {me.kind === "teacher" && (
            <ButtonLink href="/new" variant="primary" icon={Plus}>
              {t("accounts.rooms.new")}
            </ButtonLink>
          )}
          {me.kind === "administrator" && (
            <ButtonLink href="/administration" variant="primary" icon={Settings}>
              {t("accounts.administration")}
            </ButtonLink>
          )}
          <ButtonLink href="/account" icon={CircleUser}>
            {t("accounts.account")}
          </ButtonLink>
        </div>
      </header>
      {me.rooms.length === 0 ? (
        <EmptyState icon={DoorOpen} title={t("accounts.rooms.none")}>
          {t("accounts.rooms.none.text", { kind: me.kind })}
        </EmptyState>
      ) : (
        <ul className={style.rooms}>
          {me.rooms.map((one) => (
            <li key={one.id} className={style.room}>
              {one.role === "moderator" ? <Watched room={one} /> : <Mine room={one} />}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Facts({ room }: { room: RoomCard }) {
  const t = useText();
  return (
    <>
      <span className={style.roomSchools}>
        {room.schools.map((school) => (
          <SchoolBadge key={school.id} school={school} />
        ))}
      </span>
      <span className={style.row}>
        <Badge>{roleText(t, room.role)}</Badge>
        {room.state !== "open" && (
          <Badge tone="wait">
            <Archive aria-hidden size={14} /> {stateText(t, room.state)}
          </Badge>
        )}
      </span>
    </>
  );
}

function Mine({ room }: { room: RoomCard }) {
  return (
    <Link href={`/rooms/${room.id}/`} className={style.roomLink ?? ""}>
      <h2>{room.title}</h2>
      <Facts room={room} />
    </Link>
  );
}

function Watched({ room }: { room: RoomCard }) {
  return (
    <div className={style.roomLink}>
      <h2>{room.title}</h2>
      <Facts room={room} />
      <EnterAsModerator roomId={room.id} next={`/rooms/${room.id}/`} />
    </div>
  );
}
