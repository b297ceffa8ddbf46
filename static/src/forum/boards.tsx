import {
  Archive,
  ArchiveRestore,
  ArrowDown,
  ArrowUp,
  CheckCheck,
  EllipsisVertical,
  Hourglass,
  MessagesSquare,
  Pencil,
  Plus,
} from "lucide-react";
import { useState } from "react";
import { useText } from "../i18n/text";
import type { Board } from "../protocol";
import { useRoom } from "../room/context";
import { MemberAvatar } from "../room/person";
import { Button, ButtonLink, IconButton } from "../ui/button";
import { FormDialog } from "../ui/dialog";
import { Checkbox, TextField } from "../ui/field";
import { Link } from "../ui/link";
import { Badge, EmptyState, UnreadMark } from "../ui/marks";
import { Menu, MenuItem } from "../ui/menu";
import { Pane } from "../ui/page";
import { DateTime } from "../ui/time";
import style from "./forum.module.css";
import { type BoardFacts, factsOf, inOrder } from "./lists";
import { useDo, useNameOf, useRights } from "./rights";
import { SearchBox } from "./search";
import { useForum } from "./store";

/** Show the boards: the forum's first page. */
export function BoardsView() {
  const t = useText();
  const { mayManage } = useRights();
  const { boards, threads, reads } = useForum();
  const all = inOrder(boards);
  const used = all.filter((board) => !board.archived);
  const kept = all.filter((board) => board.archived);
  const facts = factsOf(threads, reads);
  return (
    <Pane title={t("forum.title")} actions={<Actions />}>
      <div className={style.column}>
        <SearchBox />
        <HeldLine />
        {used.length === 0 && (
          <EmptyState
            icon={MessagesSquare}
            title={t("forum.boards.none")}
            action={mayManage && <NewBoard />}
          >
            {t(mayManage ? "forum.boards.none.teacher" : "forum.boards.none.pupil")}
          </EmptyState>
        )}
        <BoardList boards={used} all={all} facts={facts} />
        {kept.length > 0 && (
          <section className={style.part} aria-labelledby="kept-boards">
            <h2 id="kept-boards">{t("forum.boards.kept")}</h2>
            <BoardList boards={kept} all={all} facts={facts} />
          </section>
        )}
      </div>
    </Pane>
  );
}

function Actions() {
  const t = useText();
  const { mayManage, keepsMarks } = useRights();
  const hasUnread = useForum(({ reads }) => Object.values(reads).some(({ unread }) => unread > 0));
  const act = useDo();
  return (
    <>
      {keepsMarks && hasUnread && (
        <Button variant="quiet" icon={CheckCheck} onPress={() => act("forum.read_all", {})}>
          {t("forum.read_all")}
        </Button>
      )}
      {mayManage && <NewBoard />}
    </>
  );
}

/** Lead to what waits for a teacher, if anything does. */
function HeldLine() {
  const t = useText();
  const { href } = useRoom();
  const { isStaff } = useRights();
  const count = useForum(({ held }) => Object.keys(held).length);
  if (count === 0) return null;
  return (
    <ButtonLink href={href("forum/waiting")} icon={Hourglass} wide>
      {t(isStaff ? "forum.held.some" : "forum.held.mine", { count })}
    </ButtonLink>
  );
}

function BoardList({
  boards,
  all,
  facts,
}: {
  boards: readonly Board[];
  all: readonly Board[];
  facts: Record<string, BoardFacts>;
}) {
  return (
    <ul className={style.boards}>
      {boards.map((board) => (
        <li key={board.id}>
          <BoardCard board={board} all={all} facts={facts[board.id]} />
        </li>
      ))}
    </ul>
  );
}

function BoardCard({
  board,
  all,
  facts,
}: {
  board: Board;
  all: readonly Board[];
  facts: BoardFacts | undefined;
}) {
  const t = useText();
  const nameOf = useNameOf();
  const { href } = useRoom();
  const { mayManage } = useRights();
  const last = facts?.last;
  // Boards that are kept stand under a heading of their own.
  const Heading = board.archived ? "h3" : "h2";
  return (
    <div className={style.board}>
      <Link href={href(`forum/boards/${board.id}`)} className={style.boardLink ?? ""}>
        <div className={style.boardName}>
          <Heading dir="auto">{board.name}</Heading>
          <UnreadMark count={board.archived ? 0 : (facts?.unread ?? 0)} />
          {board.hold && <Badge tone="wait">{t("forum.board.holds")}</Badge>}
        </div>
        {board.description && <span className={style.soft}>{board.description}</span>}
        <span className={style.facts}>
          {last && <MemberAvatar id={last.last_author_id} size={24} plain />}
          <span>
            {t("forum.board.threads", { count: facts?.threads ?? 0 })}
            {last && ` · ${t("forum.last_by", { name: nameOf(last.last_author_id) })} · `}
            {last && <DateTime at={last.last_at} short />}
          </span>
        </span>
      </Link>
      {mayManage && <BoardMenu board={board} all={all} />}
    </div>
  );
}

function BoardMenu({ board, all }: { board: Board; all: readonly Board[] }) {
  const t = useText();
  const act = useDo();
  const [isEditing, setEditing] = useState(false);
  const ids = all.map(({ id }) => id);
  const group = all.filter(({ archived }) => archived === board.archived);
  const place = group.indexOf(board);

  function move(by: 1 | -1) {
    const other = group[place + by];
    if (!other) return;
    const swap = { [board.id]: other.id, [other.id]: board.id };
    void act("forum.board_order", { board_ids: ids.map((id) => swap[id] ?? id) });
  }

  return (
    <>
      <Menu
        button={
          <IconButton icon={EllipsisVertical} label={t("forum.board.more", { name: board.name })} />
        }
        aria-label={t("forum.board.more", { name: board.name })}
        disabledKeys={[
          ...(place === 0 ? ["up"] : []),
          ...(place === group.length - 1 ? ["down"] : []),
        ]}
      >
        <MenuItem icon={Pencil} onAction={() => setEditing(true)}>
          {t("forum.board.edit")}
        </MenuItem>
        <MenuItem id="up" icon={ArrowUp} onAction={() => move(-1)}>
          {t("forum.board.up")}
        </MenuItem>
        <MenuItem id="down" icon={ArrowDown} onAction={() => move(1)}>
          {t("forum.board.down")}
        </MenuItem>
        <MenuItem
          icon={board.archived ? ArchiveRestore : Archive}
          onAction={() =>
            act("forum.board_archive", { board_id: board.id, archived: !board.archived })
          }
        >
          {t(board.archived ? "forum.board.restore" : "forum.board.archive")}
        </MenuItem>
      </Menu>
      <BoardDialog board={board} isOpen={isEditing} onOpenChange={setEditing} />
    </>
  );
}

function NewBoard() {
  const t = useText();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button variant="primary" icon={Plus} onPress={() => setOpen(true)}>
        {t("forum.board.new")}
      </Button>
      <BoardDialog isOpen={isOpen} onOpenChange={setOpen} />
    </>
  );
}

/** Ask for a board's name, description and rule: of a new one, or of `board`. */
function BoardDialog({
  board,
  isOpen,
  onOpenChange,
}: {
  board?: Board;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}) {
  const t = useText();
  const { send } = useRoom();

  function submit(form: FormData) {
    const fields = {
      name: String(form.get("name")),
      description: String(form.get("description")),
      hold: form.has("hold"),
    };
    return board
      ? send("forum.board_edit", { board_id: board.id, ...fields })
      : send("forum.board_create", fields);
  }

  return (
    <FormDialog
      title={t(board ? "forum.board.edit" : "forum.board.new")}
      action={t(board ? "ui.save" : "forum.board.make")}
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      onSubmit={submit}
    >
      <TextField
        label={t("forum.board.name")}
        name="name"
        defaultValue={board?.name ?? ""}
        maxLength={80}
        isRequired
        autoFocus
      />
      <TextField
        label={t("forum.board.description")}
        name="description"
        defaultValue={board?.description ?? ""}
        maxLength={300}
      />
      <Checkbox name="hold" value="hold" defaultSelected={board?.hold ?? false}>
        {t("forum.board.hold")}
      </Checkbox>
    </FormDialog>
  );
}
