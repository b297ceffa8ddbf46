import {
  FilePlus2,
  FileText,
  Folder as FolderIcon,
  FolderPlus,
  Plus,
  StickyNote,
} from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "react-aria-components";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { MemberAvatar, MemberName } from "../room/person";
import { useRoomState } from "../room/store";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { SearchField, Switch } from "../ui/field";
import { Badge, EmptyState, SkeletonList } from "../ui/marks";
import { Menu, MenuItem } from "../ui/menu";
import { Pane } from "../ui/page";
import { DateTime } from "../ui/time";
import { CreateDialog, CreateFolderDialog } from "./dialogs";
import style from "./docs.module.css";
import { DocumentMenu, FolderMenu } from "./menus";
import { mayChangeFolders, mayCreate } from "./rights";
import { type Document, type Folder, useDocs } from "./store";

const SEARCH_PAUSE_MS = 300;
// In characters, as the server counts.
const SEARCH_MIN = 2;
const SEARCH_MAX = 100;

type Excerpts = ReadonlyMap<string, string>;
const NONE: Excerpts = new Map();

/**
 * Search for words inside documents, on the server; titles are searched here and at once.
 *
 * What was found last stays until the answer is there, so that the list does not flicker under
 * whoever types on.
 */
function useSearch(text: string): { found: Excerpts; error: unknown; isSearching: boolean } {
  const { ask } = useRoom();
  const [last, setLast] = useState({ text: "", found: NONE, error: null as unknown });
  const isAsked = [...text].length >= SEARCH_MIN;
  useEffect(() => {
    if (!isAsked) {
      setLast({ text, found: NONE, error: null });
      return;
    }
    let isGone = false;
    const answer = (found: Excerpts, error: unknown = null) => {
      if (!isGone) setLast({ text, found, error });
    };
    const timer = setTimeout(() => {
      ask("docs.search", { text }).then(
        (reply) => answer(new Map(reply.found.map((one) => [one.document_id, one.excerpt]))),
        (reason: unknown) => answer(NONE, reason), // titles are still searched
      );
    }, SEARCH_PAUSE_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [ask, text, isAsked]);
  return { found: last.found, error: last.error, isSearching: isAsked && last.text !== text };
}

function latest(document: Document): number {
  return Math.max(document.written_at, document.updated_at, document.created_at);
}

/** List the documents of a folder, or of the room, with those who are in each now. */
export function DocumentList({ folder }: { folder?: Folder }) {
  const t = useText();
  const errorText = useErrorText();
  const { you, href } = useRoom();
  const roomState = useRoomState((state) => state.room?.state);
  const { documents, folders } = useDocs();
  const [text, setText] = useState("");
  const [isArchive, setArchive] = useState(false);
  const [making, setMaking] = useState<"rich" | "text" | "folder" | null>(null);
  const wanted = text.trim().toLocaleLowerCase();
  const { found, error, isSearching } = useSearch(text.trim());
  const canCreate = mayCreate(you, roomState);
  const hasArchive = [...Object.values(documents), ...Object.values(folders)].some(
    (one) => one.archived,
  );
  // With the last one brought back the switch goes, and nothing else would lead out of the archive.
  if (isArchive && !hasArchive) setArchive(false);

  const here = Object.values(documents)
    .filter((one) => one.archived === isArchive)
    .filter((one) =>
      wanted
        ? one.title.toLocaleLowerCase().includes(wanted) || found.has(one.id)
        : isArchive || one.folder_id === (folder?.id ?? null),
    )
    .sort((a, b) => latest(b) - latest(a));
  const subfolders = Object.values(folders)
    .filter((one) => !folder && !wanted && one.archived === isArchive)
    .sort((a, b) => a.title.localeCompare(b.title));

  return (
    <Pane
      title={folder?.title ?? t("docs.title")}
      {...(folder ? { back: { href: href("docs"), label: t("docs.title") } } : {})}
      actions={
        <>
          {canCreate && (
            <Menu
              aria-label={t("docs.new")}
              placement="bottom end"
              button={
                <Button variant="primary" icon={Plus}>
                  {t("docs.new")}
                </Button>
              }
            >
              <MenuItem icon={FilePlus2} onAction={() => setMaking("rich")}>
                {t("docs.new.rich")}
              </MenuItem>
              <MenuItem icon={StickyNote} onAction={() => setMaking("text")}>
                {t("docs.new.text")}
              </MenuItem>
              {!folder && (
                <MenuItem icon={FolderPlus} onAction={() => setMaking("folder")}>
                  {t("docs.new.folder")}
                </MenuItem>
              )}
            </Menu>
          )}
          {folder && mayChangeFolders(you, roomState) && <FolderMenu folder={folder} />}
        </>
      }
    >
      <div className={style.list}>
        <div className={style.filters}>
          <SearchField
            label={t("docs.search")}
            maxLength={SEARCH_MAX}
            value={text}
            onChange={setText}
          />
          {hasArchive && !folder && (
            <Switch isSelected={isArchive} onChange={setArchive}>
              {t("docs.archive.show")}
            </Switch>
          )}
        </div>
        {error !== null && <Banner tone="bad">{errorText(error)}</Banner>}
        {subfolders.length > 0 && (
          <ul className={style.folders}>
            {subfolders.map((one) => (
              <FolderCard key={one.id} folder={one} documents={documents} />
            ))}
          </ul>
        )}
        {here.length > 0 ? (
          <ul className={style.rows}>
            {here.map((one) => (
              <DocumentRow key={one.id} document={one} excerpt={found.get(one.id)} />
            ))}
          </ul>
        ) : (
          subfolders.length === 0 &&
          error === null && (
            <Nothing
              isSearch={wanted !== ""}
              isSearching={isSearching}
              canCreate={canCreate}
              onNew={() => setMaking("rich")}
            />
          )
        )}
      </div>
      {(making === "rich" || making === "text") && (
        <CreateDialog kind={making} folderId={folder?.id ?? null} onClose={() => setMaking(null)} />
      )}
      {making === "folder" && <CreateFolderDialog onClose={() => setMaking(null)} />}
    </Pane>
  );
}

function Nothing({
  isSearch,
  isSearching,
  canCreate,
  onNew,
}: {
  isSearch: boolean;
  isSearching: boolean;
  canCreate: boolean;
  onNew: () => void;
}) {
  const t = useText();
  if (isSearching) return <SkeletonList rows={2} />;
  if (isSearch) return <p className={style.nothing}>{t("docs.search.nothing")}</p>;
  return (
    <EmptyState
      icon={FileText}
      title={t("docs.empty.title")}
      action={
        canCreate && (
          <Button variant="primary" icon={Plus} onPress={onNew}>
            {t("docs.new.rich")}
          </Button>
        )
      }
    >
      {t(canCreate ? "docs.empty.text" : "docs.empty.wait")}
    </EmptyState>
  );
}

function FolderCard({
  folder,
  documents,
}: {
  folder: Folder;
  documents: Readonly<Record<string, Document>>;
}) {
  const t = useText();
  const { href } = useRoom();
  const count = Object.values(documents).filter(
    (one) => one.folder_id === folder.id && !one.archived,
  ).length;
  return (
    <li>
      <Link href={href(`docs/folder/${folder.id}`)} className={style.folder ?? ""}>
        <FolderIcon aria-hidden size={22} />
        <span className={style.folderTitle}>{folder.title}</span>
        <span className={style.soft}>{t("docs.folder.count", { count })}</span>
      </Link>
    </li>
  );
}

const FACES = 4;

/** Show who has a document open now. */
export function WhoIsIn({ documentId, size = 28 }: { documentId: string; size?: number }) {
  const t = useText();
  const { you } = useRoom();
  const present = useRoomState((state) => state.present);
  const inside = Object.values(present).filter(
    (one) => one.target === documentId && one.member_id !== you.member_id,
  );
  if (inside.length === 0) return null;
  return (
    <span className={style.inside}>
      <span className="unseen">{t("docs.inside", { count: inside.length })}</span>
      {inside.slice(0, FACES).map((one) => (
        <span key={one.member_id} className={style.face}>
          <MemberAvatar id={one.member_id} size={size} plain />
          <span className="unseen">
            <MemberName id={one.member_id} />
          </span>
        </span>
      ))}
      {inside.length > FACES && <span aria-hidden>+{inside.length - FACES}</span>}
    </span>
  );
}

function DocumentRow({ document, excerpt }: { document: Document; excerpt?: string | undefined }) {
  const t = useText();
  const { href } = useRoom();
  const Icon = document.kind === "text" ? StickyNote : FileText;
  return (
    <li className={style.row}>
      <Link href={href(`docs/${document.id}`)} className={style.rowLink ?? ""}>
        <span className={style.icon} data-kind={document.kind}>
          <Icon aria-hidden size={22} />
        </span>
        <span className={style.rowWords}>
          <span className={style.rowTitle}>{document.title}</span>
          <span className={style.soft}>{excerpt ? excerpt : <Latest document={document} />}</span>
        </span>
        {document.state !== "open" && <Badge tone="wait">{t("docs.read_only")}</Badge>}
        <WhoIsIn documentId={document.id} />
      </Link>
      <DocumentMenu document={document} />
    </li>
  );
}

/** Say when somebody last wrote in a document, and who; in a new one, who made it and when. */
function Latest({ document }: { document: Document }) {
  const t = useText();
  const isWritten = document.written_at > 0;
  const who = isWritten ? document.written_by : document.created_by;
  return (
    <>
      {t(isWritten ? "docs.written" : "docs.made")}{" "}
      <DateTime at={isWritten ? document.written_at : document.created_at} />
      {who && (
        <>
          {" · "}
          <MemberName id={who} />
        </>
      )}
    </>
  );
}
