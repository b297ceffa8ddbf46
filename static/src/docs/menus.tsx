import {
  Archive,
  ArchiveRestore,
  EllipsisVertical,
  FileCode,
  FileDown,
  FolderInput,
  ListTree,
  Pencil,
} from "lucide-react";
import { useState } from "react";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { useRoomState } from "../room/store";
import { IconButton } from "../ui/button";
import { PHONE, useMedia } from "../ui/media";
import { Menu, MenuItem, MenuLine } from "../ui/menu";
import { toast } from "../ui/toast";
import { ContentsDialog } from "./contents";
import { MoveDialog, RenameDialog, RenameFolderDialog } from "./dialogs";
import type { Facts } from "./editor";
import { mayChange } from "./rights";
import type { Document, Folder } from "./store";

/** Fetch a document as a file. */
function download(roomId: string, document: Document, format: "markdown" | "html"): void {
  const link = window.document.createElement("a");
  link.href = `/api/rooms/${roomId}/documents/${document.id}/export?format=${format}`;
  link.download = "";
  link.click();
}

/** Return the function that archives a document, or brings it back, and says what came of it. */
export function useArchive(document: Document): () => void {
  const t = useText();
  const errorText = useErrorText();
  const { send } = useRoom();
  const archived = !document.archived;
  return () => {
    send("docs.change", { document_id: document.id, archived }).then(
      () => toast(t(archived ? "docs.archived" : "docs.restored", { title: document.title })),
      (reason: unknown) => toast(errorText(reason)),
    );
  };
}

/** Offer what can be done with a document. */
export function DocumentMenu({
  document,
  facts,
}: {
  document: Document;
  /** Its headings and its length; on a phone they have no place but the menu. */
  facts?: Facts | null;
}) {
  const t = useText();
  const { you, connection } = useRoom();
  const roomState = useRoomState((state) => state.room?.state);
  const [asking, setAsking] = useState<"contents" | "rename" | "move" | null>(null);
  const canChange = mayChange(you, document, roomState);
  const archive = useArchive(document);
  const isPhone = useMedia(PHONE);
  const close = () => setAsking(null);

  return (
    <>
      <Menu
        aria-label={t("docs.menu", { title: document.title })}
        placement="bottom end"
        button={
          <IconButton icon={EllipsisVertical} label={t("docs.menu", { title: document.title })} />
        }
      >
        {isPhone && facts && facts.headings.length > 0 && (
          <>
            <MenuItem icon={ListTree} onAction={() => setAsking("contents")}>
              {t("docs.contents")}
            </MenuItem>
            <MenuLine />
          </>
        )}
        {canChange && (
          <>
            <MenuItem icon={Pencil} onAction={() => setAsking("rename")}>
              {t("docs.rename")}
            </MenuItem>
            <MenuItem icon={FolderInput} onAction={() => setAsking("move")}>
              {t("docs.move")}
            </MenuItem>
            <MenuItem icon={document.archived ? ArchiveRestore : Archive} onAction={archive}>
              {t(document.archived ? "docs.restore" : "docs.archive")}
            </MenuItem>
            <MenuLine />
          </>
        )}
        <MenuItem
          icon={FileDown}
          onAction={() => download(connection.roomId, document, "markdown")}
        >
          {t("docs.export.markdown")}
        </MenuItem>
        <MenuItem icon={FileCode} onAction={() => download(connection.roomId, document, "html")}>
          {t("docs.export.html")}
        </MenuItem>
        {isPhone && facts && (
          <>
            <MenuLine />
            <MenuItem isDisabled>{t("docs.words", { count: facts.words })}</MenuItem>
          </>
        )}
      </Menu>
      {asking === "contents" && facts && (
        <ContentsDialog documentId={document.id} headings={facts.headings} onClose={close} />
      )}
      {asking === "rename" && <RenameDialog document={document} onClose={close} />}
      {asking === "move" && <MoveDialog document={document} onClose={close} />}
    </>
  );
}

/** Offer what can be done with a folder. */
export function FolderMenu({ folder }: { folder: Folder }) {
  const t = useText();
  const errorText = useErrorText();
  const { send } = useRoom();
  const [isRenaming, setRenaming] = useState(false);

  async function archive() {
    try {
      await send("docs.change_folder", { folder_id: folder.id, archived: !folder.archived });
    } catch (reason) {
      toast(errorText(reason));
    }
  }

  return (
    <>
      <Menu
        aria-label={t("docs.menu", { title: folder.title })}
        placement="bottom end"
        button={
          <IconButton icon={EllipsisVertical} label={t("docs.menu", { title: folder.title })} />
        }
      >
        <MenuItem icon={Pencil} onAction={() => setRenaming(true)}>
          {t("docs.folder.rename")}
        </MenuItem>
        <MenuItem icon={folder.archived ? ArchiveRestore : Archive} onAction={() => void archive()}>
          {t(folder.archived ? "docs.restore" : "docs.archive")}
        </MenuItem>
      </Menu>
      {isRenaming && <RenameFolderDialog folder={folder} onClose={() => setRenaming(false)} />}
    </>
  );
}
