import type { ReactNode } from "react";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { useDirectory } from "../room/directory";
import { PresentRow } from "../room/head";
import { MemberAvatar } from "../room/person";
import { useRoomState } from "../room/store";
import type { News, Tool } from "../room/tool";
import { toolsFor, useUnreadOf } from "../room/tools";
import { SchoolBadge } from "../ui/avatar";
import { Link } from "../ui/link";
import { UnreadMark } from "../ui/marks";
import { Pane } from "../ui/page";
import { DateTime } from "../ui/time";
import style from "./home.module.css";
import { useHome } from "./store";

const NEWS_SHOWN = 20;

/** Show a room's first page: what is new, what is unread, who is here, what today holds. */
export default function HomeView() {
  const t = useText();
  const { you } = useRoom();
  const since = useHome((state) => state.since);
  const tools = toolsFor(you.role);
  const isVisitor = you.role === "visitor";
  const room = useRoomState((state) => state.room);
  const name = useRoomState((state) => state.you?.name) ?? you.name;
  return (
    <Pane>
      <div className={style.home}>
        <div className={style.greeting}>
          <MemberAvatar id={you.member_id} size={64} plain />
          <h1>{t("home.welcome", { name })}</h1>
          {room?.description && <p>{room.description}</p>}
        </div>
        <div className={style.column}>
          {isVisitor ? (
            <Part title={t("home.visitor")}>
              <p>{t("home.visitor.text")}</p>
            </Part>
          ) : (
            <>
              <Part
                title={t(since ? "home.new" : "home.first")}
                aside={since > 0 && <DateTime at={since} />}
              >
                <WhatIsNew tools={tools} since={since} />
              </Part>
              <Part title={t("home.unread")}>
                <MyUnread tools={tools} />
              </Part>
            </>
          )}
        </div>
        <div className={style.column}>
          {!isVisitor && (
            <Part title={t("home.here")}>
              <HereNow />
            </Part>
          )}
          {tools.map(({ name: tool, Today }) => Today && <Today key={tool} />)}
          <Part title={t("home.schools")}>
            <Schools />
          </Part>
        </div>
      </div>
    </Pane>
  );
}

interface PartProps {
  title: string;
  /** What stands at the end of the title's line. */
  aside?: ReactNode;
  children: ReactNode;
}

/** Draw a part of the room's home under its title. */
export function Part({ title, aside, children }: PartProps) {
  return (
    <section className={style.part}>
      <div className={style.title}>
        <h2>{title}</h2>
        {aside && <span className={style.when}>{aside}</span>}
      </div>
      {children}
    </section>
  );
}

const NO_NEWS: readonly News[] = [];

function useAllNews(tools: readonly Tool[], since: number): readonly News[] {
  return (
    tools
      // biome-ignore lint/correctness/useHookAtTopLevel: a person's tools are the same at every draw
      .flatMap((tool) => tool.useNews?.(since) ?? NO_NEWS)
      .sort((a, b) => b.at - a.at)
      .slice(0, NEWS_SHOWN)
  );
}

function WhatIsNew({ tools, since }: { tools: readonly Tool[]; since: number }) {
  const t = useText();
  const news = useAllNews(tools, since);
  if (news.length === 0)
    return <p className={style.nothing}>{t(since ? "home.new.nothing" : "home.first.nothing")}</p>;
  return (
    <ul className={style.list}>
      {news.map(({ id, at, memberId, text, href }) => (
        <li key={id}>
          <Link href={href} className={style.line ?? ""}>
            <MemberAvatar id={memberId} size={36} />
            <span className={style.lineText}>{text}</span>
            <span className={style.when}>
              <DateTime at={at} short />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function MyUnread({ tools }: { tools: readonly Tool[] }) {
  const t = useText();
  const unread = tools
    // biome-ignore lint/correctness/useHookAtTopLevel: a person's tools are the same at every draw
    .flatMap((tool) => useUnreadOf(tool).map((one) => ({ ...one, Icon: tool.icon })))
    .filter(({ count }) => count > 0);
  if (unread.length === 0) return <p className={style.nothing}>{t("home.unread.nothing")}</p>;
  return (
    <ul className={style.list}>
      {unread.map(({ id, title, count, mentions = 0, href, Icon }) => (
        <li key={id}>
          <Link href={href} className={style.line ?? ""}>
            <span className={style.lineIcon}>
              <Icon aria-hidden size={18} />
            </span>
            <span className={style.lineText}>
              {title}
              {mentions > 0 && (
                <span className={style.mentions}>
                  {t("home.unread.mentions", { count: mentions })}
                </span>
              )}
            </span>
            <UnreadMark count={count} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function HereNow() {
  const t = useText();
  const { you } = useRoom();
  const present = useRoomState((state) => state.present);
  const others = Object.values(present).filter((one) => one.member_id !== you.member_id);
  if (others.length === 0) return <p className={style.nothing}>{t("home.here.alone")}</p>;
  return (
    <ul className={style.list}>
      {others.map((one) => (
        <PresentRow key={one.member_id} present={one} />
      ))}
    </ul>
  );
}

function Schools() {
  const schools = useDirectory((state) => state.schools);
  return (
    <ul className={style.schools}>
      {Object.values(schools).map((school) => (
        <li key={school.id}>
          <SchoolBadge school={school} />
        </li>
      ))}
    </ul>
  );
}
