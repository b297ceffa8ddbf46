import type { PushOf, Snapshots } from "../frames";
import type { Board, HeldPost, Post, Thread, ThreadPage, ThreadRead } from "../protocol";

/** Posts of one thread that were read: a run of places without a hole. */
export interface Run {
  posts: readonly Post[];
  /** For each post the event up to which it is known. */
  knownTo: Readonly<Record<string, number>>;
}

/** The forum as the server says this person sees it. */
export interface Forum {
  boards: Readonly<Record<string, Board>>;
  threads: Readonly<Record<string, Thread>>;
  /** Posts that wait for a teacher: a pupil's own; for staff, all. */
  held: Readonly<Record<string, HeldPost>>;
  reads: Readonly<Record<string, ThreadRead>>;
  /** What was opened, by thread. */
  runs: Readonly<Record<string, Run>>;
}

/** Who the state is for. */
export interface Reader {
  member_id: string;
  role: string;
}

export type ForumPush = PushOf<"forum">;

export const EMPTY: Forum = { boards: {}, threads: {}, held: {}, reads: {}, runs: {} };

/** Make the state that a joiner begins with. */
export function fromSnapshot(snapshot: Snapshots["forum"]): Forum {
  return {
    boards: by("id", snapshot.boards),
    threads: by("id", snapshot.threads),
    held: by("id", snapshot.held),
    reads: by("thread_id", snapshot.reads),
    runs: {},
  };
}

/** Make the state after `push` of the state before it. */
export function applied(forum: Forum, push: ForumPush, reader: Reader): Forum {
  const next = outline(forum, push, reader);
  const run = "thread_id" in push ? push.thread_id : "post" in push ? push.post.thread_id : "";
  const before = next.runs[run];
  if (!before) return next;
  return { ...next, runs: { ...next.runs, [run]: runAfter(before, push) } };
}

/** Make the run after `push` of the run before it; what a post already knows changes nothing. */
export function runAfter(run: Run, push: ForumPush): Run {
  const change = (id: string, how: (post: Post) => Post): Run => {
    if ((run.knownTo[id] ?? push.seq) >= push.seq) return run;
    return {
      posts: run.posts.map((post) => (post.id === id ? how(post) : post)),
      knownTo: { ...run.knownTo, [id]: push.seq },
    };
  };
  switch (push.type) {
    case "forum.started":
    case "forum.replied": {
      const { post } = push;
      if (post.place !== (run.posts.at(-1)?.place ?? 0) + 1) return run;
      return { posts: [...run.posts, post], knownTo: { ...run.knownTo, [post.id]: push.seq } };
    }
    case "forum.edited":
      return change(push.post_id, (post) => ({
        ...post,
        text: push.text,
        edited_at: push.edited_at,
      }));
    case "forum.liked":
      return change(push.post_id, (post) => ({
        ...post,
        likes: push.liked
          ? [...post.likes.filter((id) => id !== push.member_id), push.member_id].sort()
          : post.likes.filter((id) => id !== push.member_id),
      }));
    case "forum.deleted": {
      const removed = change(push.post_id, (post) => ({
        ...post,
        text: "",
        edited_at: null,
        quote: null,
        likes: [],
        removed_by: push.removed_by,
      }));
      return { ...removed, posts: removed.posts.map((post) => unquoted(post, push.post_id)) };
    }
    default:
      return run;
  }
}

/** Make a run of a page that was read. */
export function runOf(page: ThreadPage): Run {
  return {
    posts: page.posts,
    knownTo: Object.fromEntries(page.posts.map((post) => [post.id, page.seq])),
  };
}

/** Join two runs that touch or overlap, keeping of each post what is newer; else take `added`. */
export function joined(run: Run | undefined, added: Run): Run {
  const [first, last] = [added.posts[0], added.posts.at(-1)];
  const [start, end] = [run?.posts[0], run?.posts.at(-1)];
  if (!run || !start || !end) return added;
  if (!first || !last) return run;
  if (first.place > end.place + 1 || last.place < start.place - 1) return added;
  const posts = new Map<number, Post>(run.posts.map((post) => [post.place, post]));
  const knownTo = { ...run.knownTo };
  for (const post of added.posts) {
    const seq = added.knownTo[post.id] ?? 0;
    if ((knownTo[post.id] ?? -1) >= seq) continue;
    posts.set(post.place, post);
    knownTo[post.id] = seq;
  }
  return { posts: [...posts.values()].sort((a, b) => a.place - b.place), knownTo };
}

/** Everything but the runs. */
function outline(forum: Forum, push: ForumPush, reader: Reader): Forum {
  switch (push.type) {
    case "forum.board_changed":
      return { ...forum, boards: { ...forum.boards, [push.board.id]: push.board } };
    case "forum.boards_ordered": {
      const boards = push.board_ids.flatMap((id, position) => {
        const board = forum.boards[id];
        return board ? [{ ...board, position }] : [];
      });
      return { ...forum, boards: by("id", boards) };
    }
    case "forum.started":
      return {
        ...forum,
        threads: { ...forum.threads, [push.thread.id]: push.thread },
        held: without(forum.held, push.post.id),
        reads: counted(forum.reads, push.post, reader),
      };
    case "forum.replied":
      return {
        ...forum,
        threads: changed(forum.threads, push.post.thread_id, (thread) => ({
          ...thread,
          posts: thread.posts + 1,
          last_place: push.post.place,
          last_at: push.post.at,
          last_author_id: push.post.author_id,
        })),
        held: without(forum.held, push.post.id),
        reads: counted(forum.reads, push.post, reader),
      };
    case "forum.held": {
      const { post, thread } = push;
      return {
        ...forum,
        held: { ...forum.held, [post.id]: post },
        threads: thread ? { ...forum.threads, [thread.id]: thread } : forum.threads,
      };
    }
    case "forum.held_deleted":
      return {
        ...forum,
        held: without(forum.held, push.post_id),
        threads: forum.threads[push.thread_id]?.held
          ? without(forum.threads, push.thread_id)
          : forum.threads,
      };
    case "forum.deleted":
      return {
        ...forum,
        threads: changed(forum.threads, push.thread_id, (thread) => ({
          ...thread,
          posts: thread.posts - 1,
          best_post_id: thread.best_post_id === push.post_id ? null : thread.best_post_id,
        })),
        held: Object.fromEntries(
          Object.entries(forum.held).map(([id, post]) => [id, unquoted(post, push.post_id)]),
        ),
        reads: changed(forum.reads, push.thread_id, (read) =>
          push.place > read.place && push.author_id !== reader.member_id
            ? { ...read, unread: read.unread - 1 }
            : read,
        ),
      };
    case "forum.thread_changed":
      return { ...forum, threads: { ...forum.threads, [push.thread.id]: push.thread } };
    case "forum.thread_deleted":
      return {
        boards: forum.boards,
        threads: without(forum.threads, push.thread_id),
        held: Object.fromEntries(
          Object.entries(forum.held).filter(([, post]) => post.thread_id !== push.thread_id),
        ),
        reads: without(forum.reads, push.thread_id),
        runs: without(forum.runs, push.thread_id),
      };
    case "forum.read_marked":
      return { ...forum, reads: { ...forum.reads, [push.read.thread_id]: push.read } };
    case "forum.all_read":
      return {
        ...forum,
        reads: Object.fromEntries(
          Object.entries(forum.reads).map(([id, read]) => {
            const thread = forum.threads[id];
            const isMeant = thread && (push.board_id ?? thread.board_id) === thread.board_id;
            return [id, isMeant ? { ...read, place: thread.last_place, unread: 0 } : read];
          }),
        ),
      };
    case "forum.edited":
    case "forum.liked":
      return forum;
    default:
      push satisfies never;
      return forum;
  }
}

function counted(
  reads: Forum["reads"],
  post: Post,
  reader: Reader,
): Readonly<Record<string, ThreadRead>> {
  if (reader.role === "moderator") return reads; // they keep no marks
  const read = reads[post.thread_id] ?? { thread_id: post.thread_id, place: 0, unread: 0 };
  const isNew = post.author_id !== reader.member_id;
  return { ...reads, [post.thread_id]: { ...read, unread: read.unread + (isNew ? 1 : 0) } };
}

function unquoted<Quoting extends Post | HeldPost>(post: Quoting, postId: string): Quoting {
  return post.quote?.post_id === postId ? { ...post, quote: { ...post.quote, text: "" } } : post;
}

function by<Key extends string, Item extends Record<Key, string>>(
  key: Key,
  items: readonly Item[],
): Record<string, Item> {
  return Object.fromEntries(items.map((item) => [item[key], item]));
}

function changed<Item>(
  items: Readonly<Record<string, Item>>,
  id: string,
  how: (item: Item) => Item,
): Readonly<Record<string, Item>> {
  const item = items[id];
  return item === undefined ? items : { ...items, [id]: how(item) };
}

function without<Item>(items: Readonly<Record<string, Item>>, id: string): Record<string, Item> {
  const { [id]: _, ...others } = items;
  return others;
}
