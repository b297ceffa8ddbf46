import { ArrowLeft, CircleUser, Ellipsis, Languages, LogOut, SunMoon } from "lucide-react";
import { Link, Button as Pressable, SubmenuTrigger } from "react-aria-components";
import { useSignOut } from "../accounts/me";
import { chooseLanguage, LANGUAGE_NAMES, LANGUAGES, type Language } from "../i18n/language";
import { useText } from "../i18n/text";
import { Tooltip } from "../ui/button";
import { UnreadMark } from "../ui/marks";
import { Menu, MenuItem, MenuLine, MenuPart } from "../ui/menu";
import { chooseTheme, type Theme } from "../ui/theme";
import { useRoom } from "./context";
import { MemberAvatar } from "./person";
import style from "./room.module.css";
import { pathOf, useRoomState } from "./store";
import type { Tool } from "./tool";
import { useUnreadOf } from "./tools";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

function ToolLink({ tool, isCurrent }: { tool: Tool; isCurrent: boolean }) {
  const t = useText();
  const { href } = useRoom();
  const unread = useUnreadOf(tool).reduce((sum, { count }) => sum + count, 0);
  const Icon = tool.icon;
  return (
    <Tooltip text={t(tool.title)}>
      <Link
        href={href(pathOf({ tool: tool.name }))}
        className={style.tool ?? ""}
        {...(isCurrent ? { "aria-current": "page" as const } : {})}
      >
        <Icon aria-hidden size={22} />
        <span className={style.toolName}>{t(tool.title)}</span>
        <span className={style.toolMark}>
          <UnreadMark count={unread} />
        </span>
      </Link>
    </Tooltip>
  );
}

/** Draw the tools down the left side, and the person at their foot. */
export function Rail({ tools, current }: { tools: readonly Tool[]; current: string }) {
  const t = useText();
  return (
    <nav aria-label={t("room.tools")} className={style.rail}>
      <Link href="/" aria-label={`TwinSpace: ${t("room.rooms")}`} className={style.brand ?? ""}>
        <img src="/favicon.svg" alt="" width="32" height="32" />
        <span>TwinSpace</span>
      </Link>
      <ul className={style.tools}>
        {tools.map((tool) => (
          <li key={tool.name}>
            <ToolLink tool={tool} isCurrent={tool.name === current} />
          </li>
        ))}
      </ul>
      <Me />
    </nav>
  );
}

function MyMenuItems() {
  const t = useText();
  const signOut = useSignOut();
  return (
    <>
      <MenuItem icon={ArrowLeft} href="/">
        {t("room.rooms")}
      </MenuItem>
      <MenuItem icon={CircleUser} href="/account">
        {t("room.account")}
      </MenuItem>
      <SubmenuTrigger>
        <MenuItem icon={Languages}>{t("ui.language")}</MenuItem>
        <MenuPart label={t("ui.language")}>
          {LANGUAGES.map((one: Language) => (
            <MenuItem key={one} onAction={() => void chooseLanguage(one)}>
              {LANGUAGE_NAMES[one]}
            </MenuItem>
          ))}
        </MenuPart>
      </SubmenuTrigger>
      <SubmenuTrigger>
        <MenuItem icon={SunMoon}>{t("ui.theme")}</MenuItem>
        <MenuPart label={t("ui.theme")}>
          {THEMES.map((one) => (
            <MenuItem key={one} onAction={() => chooseTheme(one)}>
              {t(`ui.theme.${one}`)}
            </MenuItem>
          ))}
        </MenuPart>
      </SubmenuTrigger>
      <MenuLine />
      <MenuItem icon={LogOut} onAction={() => signOut()}>
        {t("room.sign_out")}
      </MenuItem>
    </>
  );
}

function Me() {
  const t = useText();
  const { you } = useRoom();
  const name = useRoomState((state) => state.you?.name) ?? you.name;
  return (
    <Menu
      placement="top start"
      aria-label={t("room.me", { name })}
      button={
        <Pressable className={style.me ?? ""} aria-label={t("room.me", { name })}>
          <MemberAvatar id={you.member_id} size={36} plain />
          <span className={style.personWords}>
            <span className={style.personName}>{name}</span>
          </span>
        </Pressable>
      }
    >
      <MyMenuItems />
    </Menu>
  );
}

const BAR_PLACES = 4;

/** Draw the tools along a phone's lower edge; those without a place are behind "More". */
export function BottomBar({ tools, current }: { tools: readonly Tool[]; current: string }) {
  const t = useText();
  const { href } = useRoom();
  const shown = tools.slice(0, BAR_PLACES);
  const hidden = tools.slice(BAR_PLACES);
  const isHidden = hidden.some((tool) => tool.name === current);
  return (
    <nav aria-label={t("room.tools")} className={style.bottom}>
      {shown.map((tool) => (
        <ToolLink key={tool.name} tool={tool} isCurrent={tool.name === current} />
      ))}
      <Menu
        placement="top end"
        aria-label={t("room.more")}
        button={
          <Pressable
            className={style.tool ?? ""}
            {...(isHidden ? { "aria-current": "page" as const } : {})}
          >
            <Ellipsis aria-hidden size={22} />
            <span className={style.toolName}>{t("room.more")}</span>
          </Pressable>
        }
      >
        {hidden.map((tool) => (
          <MenuItem key={tool.name} icon={tool.icon} href={href(tool.name)}>
            {t(tool.title)}
          </MenuItem>
        ))}
        {hidden.length > 0 && <MenuLine />}
        <MyMenuItems />
      </Menu>
    </nav>
  );
}
