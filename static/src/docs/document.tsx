import { CloudOff } from "lucide-react";
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { useConnection } from "../connection";
import { useErrorText } from "../i18n/errors";
import type { TextKey } from "../i18n/keys";
import { useText } from "../i18n/text";
import { NotFound } from "../pages/pages";
import { useRoom } from "../room/context";
import { HeadSaved, WhoIsHere } from "../room/head";
import { useOwnHead } from "../room/head_state";
import { useSaved } from "../room/saved";
import { useRoomState } from "../room/store";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { CopyButton } from "../ui/copy";
import { Dialog } from "../ui/dialog";
import { TextArea } from "../ui/field";
import { Badge, EmptyState, Skeleton } from "../ui/marks";
import { PHONE, useMedia } from "../ui/media";
import { Pane, useTitle } from "../ui/page";
import { toast } from "../ui/toast";
import { type Aside, useAside } from "./aside";
import { ContentsPanel } from "./contents";
import style from "./docs.module.css";
import type { Facts } from "./editor";
import { WhoIsIn } from "./list";
import { LiveDocument, type LiveState } from "./live";
import { DocumentMenu, useArchive } from "./menus";
import { mayChange } from "./rights";
import type { Document } from "./store";
import { paragraphsOf } from "./words";

const RichEditor = lazy(() => import("./rich"));
const PlainEditor = lazy(() => import("./plain"));

/** Keep a document open while its page is shown; `attempt` opens it anew. */
function useLive(documentId: string, epoch: number, attempt: number): LiveDocument | null {
  const { connection, you } = useRoom();
  const [live, setLive] = useState<LiveDocument | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another copy
  useEffect(() => {
    const opened = new LiveDocument(connection, you.member_id, documentId, epoch);
    setLive(opened);
    return () => {
      opened.close();
      setLive(null);
    };
  }, [connection, you.member_id, documentId, epoch, attempt]);
  return live;
}

/** Pick what the page shows of a document's state: not what changes with every key. */
function shown({ unsaved: _, since: __, ...rest }: LiveState) {
  return rest;
}

/** How long nothing new is written before the sign says that all is saved. */
const REST_MS = 300;

/**
 * Have the room's saved sign tell of this document.
 *
 * That something is not saved is told at once. That it is, when the writer rests: the server
 * confirms letter by letter, and a sign that turns with each would cost as much as the letter.
 */
function useSavedOf(live: LiveDocument, isReadOnly: boolean): void {
  useEffect(() => {
    let resting: ReturnType<typeof setTimeout> | undefined;
    const tell = ({ unsaved, since, isKept }: LiveState) => {
      clearTimeout(resting);
      const state = { unsaved: isReadOnly && since === null ? null : unsaved, since, isKept };
      const set = () => useSaved.setState(state);
      if (!unsaved && useSaved.getState().unsaved) resting = setTimeout(set, REST_MS);
      else set();
    };
    tell(live.state.getState());
    const end = live.state.subscribe(tell);
    return () => {
      clearTimeout(resting);
      end();
      useSaved.setState({ unsaved: null, since: null, isKept: false });
    };
  }, [live, isReadOnly]);
}

/** Show one document, to write in or to read. */
export function DocumentPage({ document }: { document: Document }) {
  const [moved, setMoved] = useState(0);
  const [attempt, setAttempt] = useState(0);
  const epoch = Math.max(document.epoch, moved);
  const live = useLive(document.id, epoch, attempt);
  useTitle(document.title);
  if (!live) return <Frame document={document} facts={null} isReadOnly={false} />;
  return (
    <Opened
      document={document}
      epoch={epoch}
      live={live}
      onMoved={setMoved}
      onAgain={() => setAttempt((before) => before + 1)}
    />
  );
}

function Opened({
  document,
  epoch,
  live,
  onMoved,
  onAgain,
}: {
  document: Document;
  epoch: number;
  live: LiveDocument;
  onMoved: (epoch: number) => void;
  onAgain: () => void;
}) {
  const t = useText();
  const { you } = useRoom();
  const [facts, setFacts] = useState<Facts | null>(null);
  const state = useStore(live.state, useShallow(shown));
  const status = useConnection((connection) => connection.status);
  const place = { memberId: you.member_id, documentId: document.id, epoch, kind: document.kind };
  const aside = useAside(place, state.isSynced);
  const { movedTo, isKept } = state;
  // What is kept here alone can still be written in: it goes out when the line is back.
  const mayWrite = state.isSynced ? state.mayWrite : state.isThere && isKept && status !== "open";
  const isReadOnly = state.isSynced && !state.mayWrite;

  useEffect(() => {
    if (movedTo !== null) onMoved(movedTo);
  }, [movedTo, onMoved]);
  useSavedOf(live, isReadOnly);

  const onFacts = useCallback((next: Facts) => setFacts(next), []);
  const Editor = document.kind === "text" ? PlainEditor : RichEditor;
  if (state.isDenied) return <NotFound />;
  return (
    <Frame document={document} facts={facts} isReadOnly={isReadOnly}>
      {state.refused && (
        <RefusedBanner document={document} live={live} code={state.refused} onAgain={onAgain} />
      )}
      {state.isStorageDown && (
        <Banner tone="wait" isEdge>
          {t("docs.storage_down")}
        </Banner>
      )}
      {document.archived && <ArchivedBanner document={document} />}
      {aside && <AsideBanner aside={aside} />}
      {state.isThere ? (
        <Suspense fallback={<PaperSkeleton />}>
          <Editor
            documentId={document.id}
            live={live}
            title={document.title}
            mayWrite={mayWrite}
            isSynced={state.isSynced}
            onFacts={onFacts}
          />
        </Suspense>
      ) : status === "waiting" ? (
        <EmptyState icon={CloudOff} title={t("docs.not_here.title")}>
          {t("docs.not_here.text")}
        </EmptyState>
      ) : (
        <PaperSkeleton />
      )}
    </Frame>
  );
}

function PaperSkeleton() {
  const t = useText();
  return (
    <div className={style.paper} role="status">
      <span className="unseen">{t("ui.loading")}</span>
      <div className={style.skeleton}>
        <Skeleton width="60%" height="2rem" />
        <Skeleton width="100%" />
        <Skeleton width="92%" />
        <Skeleton width="97%" />
        <Skeleton width="45%" />
      </div>
    </div>
  );
}

function Frame({
  document,
  facts,
  isReadOnly,
  children,
}: {
  document: Document;
  /** Null until the editor is there. */
  facts: Facts | null;
  isReadOnly: boolean;
  children?: ReactNode;
}) {
  const t = useText();
  const { href } = useRoom();
  const isPhone = useMedia(PHONE);
  useOwnHead(isPhone);
  const back = document.folder_id ? `docs/folder/${document.folder_id}` : "docs";
  return (
    <Pane
      isFlush
      title={document.title}
      back={{ href: href(back), label: t("docs.title") }}
      actions={
        <>
          {isReadOnly && !document.archived && <Badge tone="wait">{t("docs.read_only")}</Badge>}
          {isPhone ? (
            <>
              <HeadSaved />
              <WhoIsHere faces={0} />
            </>
          ) : (
            <>
              {facts && (
                <span className={style.words}>{t("docs.words", { count: facts.words })}</span>
              )}
              <WhoIsIn documentId={document.id} />
              {facts && facts.headings.length > 0 && (
                <ContentsPanel documentId={document.id} headings={facts.headings} />
              )}
            </>
          )}
          <DocumentMenu document={document} facts={facts} />
        </>
      }
    >
      <div className={style.document}>{children ?? <PaperSkeleton />}</div>
    </Pane>
  );
}

/** Show words that have no place in the document any more, to be copied. */
function WordsDialog({
  button,
  title,
  paragraphs,
}: {
  button: string;
  title: string;
  paragraphs: readonly string[];
}) {
  const text = paragraphs.join("\n\n");
  return (
    <Dialog isLarge title={title} button={<Button>{button}</Button>}>
      <TextArea isReadOnly labelUnseen label={title} value={text} rows={12} />
      <CopyButton text={text} />
    </Dialog>
  );
}

/** The codes that say that a change, or a document, is too large. */
const TOO_LARGE = new Set([
  "too-large",
  "too-many-clients",
  "too-many-structs",
  "too-many-ranges",
  "document-full",
]);

/** Say that the server does not take this copy, and what to do; `onAgain` opens the document anew. */
export function RefusedBanner({
  document,
  live,
  code,
  onAgain,
}: {
  document: Document;
  live: LiveDocument;
  code: string;
  onAgain: () => void;
}) {
  const t = useText();
  const errorText = useErrorText();
  const paragraphs = paragraphsOf(live.doc, document.kind);
  const isLater = code === "new-clients"; // the same copy is taken when some time has gone by
  let text: TextKey = "docs.refused";
  if (isLater) text = "docs.refused.later";
  else if (TOO_LARGE.has(code)) text = "docs.refused.too_large";
  return (
    <Banner
      tone="bad"
      isEdge
      action={
        <span className={style.actions} data-code={code}>
          <WordsDialog
            button={t("docs.refused.look")}
            title={t("docs.refused.words")}
            paragraphs={paragraphs}
          />
          {!isLater && (
            <Button
              onPress={async () => {
                try {
                  await live.discard();
                  onAgain();
                } catch (reason) {
                  toast(errorText(reason)); // no room to set the words aside: the copy stays
                }
              }}
            >
              {t("docs.refused.again")}
            </Button>
          )}
        </span>
      }
    >
      {t(text)}
    </Banner>
  );
}

/** Say why nobody can write; offer to bring the document back to whoever may. */
function ArchivedBanner({ document }: { document: Document }) {
  const t = useText();
  const { you } = useRoom();
  const roomState = useRoomState((state) => state.room?.state);
  const bringBack = useArchive(document);
  return (
    <Banner
      isEdge
      action={
        mayChange(you, document, roomState) && (
          <Button onPress={bringBack}>{t("docs.restore")}</Button>
        )
      }
    >
      {t("docs.is_archived")}
    </Banner>
  );
}

function AsideBanner({ aside }: { aside: Aside }) {
  const t = useText();
  return (
    <Banner
      tone="wait"
      isEdge
      action={
        <span className={style.actions}>
          <WordsDialog
            button={t("docs.aside.look")}
            title={t("docs.aside.title")}
            paragraphs={aside.paragraphs}
          />
          <Button onPress={aside.forget}>{t("ui.throw_away")}</Button>
        </span>
      }
    >
      {t("docs.aside")}
    </Banner>
  );
}
