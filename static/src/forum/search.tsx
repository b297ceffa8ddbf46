import { SearchX } from "lucide-react";
import { useEffect, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import type { FoundPage, FoundPost } from "../protocol";
import { useRoom } from "../room/context";
import { MemberAvatar } from "../room/person";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { SearchField } from "../ui/field";
import { Link } from "../ui/link";
import { EmptyState, SkeletonList } from "../ui/marks";
import { Pane } from "../ui/page";
import { DateTime } from "../ui/time";
import style from "./forum.module.css";
import { useNameOf } from "./rights";

const QUERY_MAX = 100;

/** Ask what to look for in the forum; Enter leads to what was found. */
export function SearchBox() {
  const t = useText();
  const [, navigate] = useLocation();
  const [params] = useSearchParams();
  return (
    <search className={style.searchBox}>
      <SearchField
        label={t("forum.search")}
        defaultValue={params.get("q") ?? ""}
        maxLength={QUERY_MAX}
        onSubmit={(query) => {
          if (query.trim()) navigate(`/search?q=${encodeURIComponent(query.trim())}`);
        }}
      />
    </search>
  );
}

/** Show what a search found; its words are in the address. */
export function SearchView() {
  const t = useText();
  const { href } = useRoom();
  const [params] = useSearchParams();
  const query = (params.get("q") ?? "").slice(0, QUERY_MAX);
  return (
    <Pane title={t("forum.search.title")} back={{ href: href("forum"), label: t("forum.title") }}>
      <div className={style.column}>
        <SearchBox key={`for ${query}`} />
        {query.trim() && <Results key={query} query={query} />}
      </div>
    </Pane>
  );
}

function Results({ query }: { query: string }) {
  const t = useText();
  const errorText = useErrorText();
  const { ask } = useRoom();
  const [found, setFound] = useState<readonly FoundPost[]>([]);
  // The page that is wanted, and the one after it as far as it is known.
  const [cursor, setCursor] = useState<string | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [isLoading, setLoading] = useState(true);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    let isWanted = true;
    setLoading(true);
    setError(null);
    const take = (page: FoundPage) => {
      setFound((before) => (cursor === null ? page.found : [...before, ...page.found]));
      setNext(page.next);
    };
    ask("forum.search", { query, cursor })
      .then(
        (page) => isWanted && take(page),
        (reason: unknown) => isWanted && setError(reason),
      )
      .finally(() => isWanted && setLoading(false));
    return () => {
      isWanted = false;
    };
  }, [ask, query, cursor]);

  return (
    <>
      <p role="status" className="unseen">
        {isLoading || error !== null ? "" : t("forum.search.found", { count: found.length })}
      </p>
      {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
      {!isLoading && error === null && found.length === 0 && (
        <EmptyState icon={SearchX} title={t("forum.search.nothing", { query })}>
          {t("forum.search.nothing.hint")}
        </EmptyState>
      )}
      <ul className={style.threads}>
        {found.map((one) => (
          <li key={one.post_id}>
            <FoundLine found={one} />
          </li>
        ))}
      </ul>
      {isLoading && <SkeletonList rows={4} />}
      {next !== null && !isLoading && (
        <Button onPress={() => setCursor(next)}>{t("forum.search.more")}</Button>
      )}
    </>
  );
}

function FoundLine({ found }: { found: FoundPost }) {
  const nameOf = useNameOf();
  const { href } = useRoom();
  return (
    <Link
      href={href(`forum/threads/${found.thread_id}/${found.post_id}`)}
      className={style.thread ?? ""}
    >
      <MemberAvatar id={found.author_id} size={40} plain />
      <div className={style.threadWords}>
        <h2 dir="auto">{found.title}</h2>
        <span dir="auto" className={style.excerpt}>
          {found.excerpt}
        </span>
        <span className={style.facts}>{nameOf(found.author_id)}</span>
      </div>
      <span className={style.when}>
        <DateTime at={found.at} short />
      </span>
    </Link>
  );
}
