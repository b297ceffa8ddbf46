import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "react-aria-components";
import { Chooser } from "../i18n/chooser";
import { useText } from "../i18n/text";
import { ButtonLink } from "./button";
import { useFocusKept } from "./focus";
import style from "./page.module.css";

const titles: { title: string; isInner: boolean }[] = [];

function showTitle(): void {
  const shown = titles.findLast(({ isInner }) => isInner) ?? titles.at(-1);
  if (shown) document.title = `${shown.title} · TwinSpace`;
}

/**
 * Name the page in the browser's tab while this is shown.
 *
 * What stands inside something else with a name, a document inside its tool, goes before it.
 */
export function useTitle(title: string, place: "inner" | "outer" = "inner"): void {
  useEffect(() => {
    const entry = { title, isInner: place === "inner" };
    titles.push(entry);
    showTitle();
    return () => {
      titles.splice(titles.indexOf(entry), 1);
      showTitle();
    };
  }, [title, place]);
}

/** Lay out a page outside a room: the bar with the way home, and one column. */
export function Page({
  title,
  isNarrow,
  actions,
  children,
}: {
  title: string;
  /** Whether it holds one small thing, in the middle: a form, a sentence. */
  isNarrow?: boolean;
  /** What stands in the bar, before the choosers of language and theme. */
  actions?: ReactNode;
  children: ReactNode;
}) {
  const main = useRef<HTMLElement>(null);
  useTitle(title);
  useFocusKept(main);
  return (
    <div className={style.page}>
      <header className={style.bar}>
        <Link href="/" className={style.brand ?? ""}>
          <img src="/favicon.svg" alt="" width="32" height="32" />
          TwinSpace
        </Link>
        <div className={style.paneActions}>
          {actions}
          <Chooser />
        </div>
      </header>
      <main
        ref={main}
        id="main"
        tabIndex={-1}
        className={isNarrow ? `${style.main} ${style.narrow}` : style.main}
      >
        {children}
      </main>
    </div>
  );
}

/** Set something apart on its own ground. */
export function Card({ children }: { children: ReactNode }) {
  return <section className={style.card}>{children}</section>;
}

/**
 * Lay out a tool's view inside a room: its title and actions above, what scrolls below.
 *
 * With `isFlush` the body neither scrolls nor has margins: the view does both itself, as a chat
 * with its composer has to.
 */
export function Pane({
  title,
  back,
  actions,
  isFlush,
  children,
}: {
  /** Left out where the view has a heading of its own. */
  title?: ReactNode;
  /** Where the arrow before the title leads. */
  back?: { href: string; label: string };
  actions?: ReactNode;
  isFlush?: boolean;
  children: ReactNode;
}) {
  const t = useText();
  return (
    <div className={style.pane}>
      {title && (
        <header className={isFlush ? `${style.paneHead} ${style.oneLine}` : style.paneHead}>
          {back && (
            <span className={style.back}>
              <ButtonLink variant="quiet" href={back.href} icon={ArrowLeft}>
                <span className="unseen">{t("ui.back_to", { place: back.label })}</span>
              </ButtonLink>
            </span>
          )}
          <h1>{title}</h1>
          {actions && <div className={style.paneActions}>{actions}</div>}
        </header>
      )}
      <div className={isFlush ? `${style.paneBody} ${style.flush}` : style.paneBody}>
        {children}
      </div>
    </div>
  );
}
