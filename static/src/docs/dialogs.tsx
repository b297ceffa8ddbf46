import { useState } from "react";
import { useLocation } from "wouter";
import { useText } from "../i18n/text";
import { useRoom } from "../room/context";
import { FormDialog } from "../ui/dialog";
import { Select, TextField } from "../ui/field";
import { noteMade } from "./made";
import { type Document, type Folder, useDocs } from "./store";

const TITLE_MAX = 200;

/** Ask for a title, of something new or another one, and send it. */
function TitleDialog({
  heading,
  label,
  title = "",
  action,
  onTitle,
  onClose,
}: {
  heading: string;
  label: string;
  /** The present one. */
  title?: string;
  action: string;
  onTitle: (title: string) => Promise<unknown>;
  onClose: () => void;
}) {
  return (
    <FormDialog
      isOpen
      onOpenChange={onClose}
      title={heading}
      action={action}
      onSubmit={(form) => onTitle(String(form.get("title") ?? "").trim())}
    >
      <TextField
        autoFocus
        isRequired
        name="title"
        label={label}
        defaultValue={title}
        maxLength={TITLE_MAX}
        autoComplete="off"
      />
    </FormDialog>
  );
}

/** Ask for the title of a new document, make it and go there. */
export function CreateDialog({
  kind,
  folderId,
  onClose,
}: {
  kind: "rich" | "text";
  folderId: string | null;
  onClose: () => void;
}) {
  const t = useText();
  const { send, href } = useRoom();
  const [, navigate] = useLocation();
  return (
    <TitleDialog
      heading={t(kind === "rich" ? "docs.new.rich" : "docs.new.text")}
      label={t("docs.title_of")}
      action={t("docs.create")}
      onTitle={async (title) => {
        const { result } = await send("docs.create", { title, kind, folder_id: folderId });
        if (typeof result !== "string") return;
        noteMade(result);
        navigate(`~${href(`docs/${result}`)}`);
      }}
      onClose={onClose}
    />
  );
}

/** Ask for the name of a new folder and make it. */
export function CreateFolderDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const { send } = useRoom();
  return (
    <TitleDialog
      heading={t("docs.new.folder")}
      label={t("docs.folder.name")}
      action={t("docs.create")}
      onTitle={(title) => send("docs.create_folder", { title })}
      onClose={onClose}
    />
  );
}

/** Ask for another title. */
export function RenameDialog({ document, onClose }: { document: Document; onClose: () => void }) {
  const t = useText();
  const { send } = useRoom();
  return (
    <TitleDialog
      heading={t("docs.rename")}
      label={t("docs.title_of")}
      title={document.title}
      action={t("ui.save")}
      onTitle={(title) => send("docs.change", { document_id: document.id, title })}
      onClose={onClose}
    />
  );
}

/** Ask for another name of a folder. */
export function RenameFolderDialog({ folder, onClose }: { folder: Folder; onClose: () => void }) {
  const t = useText();
  const { send } = useRoom();
  return (
    <TitleDialog
      heading={t("docs.folder.rename")}
      label={t("docs.folder.name")}
      title={folder.title}
      action={t("ui.save")}
      onTitle={(title) => send("docs.change_folder", { folder_id: folder.id, title })}
      onClose={onClose}
    />
  );
}

const NO_FOLDER = "none";

/** Ask which folder a document belongs in. */
export function MoveDialog({ document, onClose }: { document: Document; onClose: () => void }) {
  const t = useText();
  const { send } = useRoom();
  const folders = useDocs((state) => state.folders);
  const [target, setTarget] = useState(document.folder_id ?? NO_FOLDER);
  const options = [
    { id: NO_FOLDER, text: t("docs.folder.none") },
    ...Object.values(folders)
      .filter((one) => !one.archived)
      .sort((a, b) => a.title.localeCompare(b.title))
      .map((one) => ({ id: one.id, text: one.title })),
  ];
  return (
    <FormDialog
      isOpen
      onOpenChange={onClose}
      title={t("docs.move")}
      action={t("docs.move.do")}
      onSubmit={() =>
        send("docs.change", {
          document_id: document.id,
          folder_id: target === NO_FOLDER ? null : target,
        })
      }
    >
      <Select label={t("docs.folder")} options={options} value={target} onChange={setTarget} />
    </FormDialog>
  );
}
