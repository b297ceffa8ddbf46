import { Search } from "lucide-react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { ButtonLink } from "../ui/button";
import { Link } from "../ui/link";
import { EmptyState, UnreadMark } from "../ui/marks";
import { PHONE, useMedia } from "../ui/media";
import { Pane } from "../ui/page";
import { ChannelBody } from "./channel";
import { channelIcon, EVERYONE, STAFF_ROOM, useChannelName } from "./channels";
import style from "./chat.module.css";
import { HoursControl } from "./controls";
import { SearchView } from "./search";
import { useChat } from "./store";

const NARROW = "(max-width: 63.99rem)";

/** Show the chat: its channels, and the one that the address names. */
export default function ChatView() {
  const isPhone = useMedia(PHONE);
  return (
    <Switch>
      <Route path="/search">
        <SearchView />
      </Route>
      <Route path="/:channel/:message?">
        {({ channel, message }) => (
          <Beside isPhone={isPhone} current={channel}>
            <ChannelPane channelId={channel} targetId={message ?? null} isPhone={isPhone} />
          </Beside>
        )}
      </Route>
      <Route>{isPhone ? <ChannelsPane /> : <Redirect to={`/${EVERYONE}`} replace />}</Route>
    </Switch>
  );
}

function Beside({
  isPhone,
  current,
  children,
}: {
  isPhone: boolean;
  current: string;
  children: React.ReactNode;
}) {
  // One tree at every width: a dialog that is open stays when the tablet is turned.
  return (
    <div className={style.split}>
      {!isPhone && (
        <div className={style.channels}>
          <Channels current={current} />
        </div>
      )}
      {children}
    </div>
  );
}

function ChannelsPane() {
  const t = useText();
  return (
    <Pane title={t("chat.title")} actions={<SearchLink />}>
      <Channels current="" />
    </Pane>
  );
}

function Channels({ current }: { current: string }) {
  const t = useText();
  const { href } = useRoom();
  const channels = useChat((state) => state.channels);
  const channelName = useChannelName();
  return (
    <nav aria-label={t("chat.channels")}>
      <ul className={style.channelList}>
        {channels.map(({ id, unread, mentions }) => {
          const Icon = channelIcon(id);
          return (
            <li key={id}>
              <Link
                href={href(`chat/${id}`)}
                className={style.channelLink ?? ""}
                {...(id === current ? { "aria-current": "page" as const } : {})}
              >
                <Icon aria-hidden size={20} />
                <span
                  className={unread > 0 ? `${style.channelName} ${style.bold}` : style.channelName}
                >
                  {channelName(id)}
                </span>
                {mentions.length > 0 && (
                  <span className={style.at}>
                    <span aria-hidden>@</span>
                    <span className="unseen">
                      {t("chat.mentions_you", { count: mentions.length })}
                    </span>
                  </span>
                )}
                <UnreadMark count={unread} />
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function SearchLink({ isSmall = false }: { isSmall?: boolean }) {
  const t = useText();
  const { href } = useRoom();
  return (
    <ButtonLink variant="quiet" icon={Search} href={href("chat/search")}>
      <span className={isSmall ? "unseen" : ""}>{t("chat.search")}</span>
    </ButtonLink>
  );
}

function ChannelPane({
  channelId,
  targetId,
  isPhone,
}: {
  channelId: string;
  targetId: string | null;
  isPhone: boolean;
}) {
  const t = useText();
  const { href } = useRoom();
  const [, navigate] = useLocation();
  const channelName = useChannelName();
  const isKnown = useChat((state) => state.channels.some(({ id }) => id === channelId));
  const isNarrow = useMedia(NARROW);
  const Icon = channelIcon(channelId);
  if (!isKnown) {
    return (
      <Pane title={t("chat.title")}>
        <EmptyState icon={Icon} title={t("ui.error.not_found")} />
      </Pane>
    );
  }
  return (
    <Pane
      isFlush
      title={channelName(channelId)}
      {...(isPhone ? { back: { href: href("chat"), label: t("chat.title") } } : {})}
      actions={
        <>
          {channelId !== STAFF_ROOM && <HoursControl isSmall={isNarrow} />}
          {!isPhone && <SearchLink isSmall={isNarrow} />}
        </>
      }
    >
      <ChannelBody
        channelId={channelId}
        targetId={targetId}
        onJump={(messageId) => navigate(`/${channelId}/${messageId}`)}
      />
    </Pane>
  );
}
