"""Takes the forum's commands: counts them, and hands them to one action or query each."""

from twinspace_rt.forum import actions, board_actions, held_actions, queries, thread_actions
from twinspace_rt.forum.messages import (
    ApprovePost,
    ArchiveBoard,
    ChooseBest,
    CreateBoard,
    DeletePost,
    DeleteThread,
    EditBoard,
    EditPost,
    FoundPage,
    LikePost,
    LockThread,
    MarkForumRead,
    MarkThreadRead,
    MoveThread,
    OrderBoards,
    PinThread,
    ReadThread,
    RenameThread,
    ReplyToThread,
    ReturnPost,
    SearchForum,
    StartThread,
    ThreadPage,
)
from twinspace_rt.rooms.feature import Call, Changed

# A post is a few sentences: ten at once are words that waited for a connection.
POSTS_PER_S, POSTS_BURST = 1 / 6, 10.0
LIKES_PER_S, LIKES_BURST = 2.0, 20.0
SEARCHES_PER_S, SEARCHES_BURST = 1.0, 10.0


async def handle_create_board(call: Call, command: CreateBoard) -> Changed:
    return await call.act(command, lambda act: board_actions.do_create_board(act, command))


async def handle_edit_board(call: Call, command: EditBoard) -> Changed:
    return await call.act(command, lambda act: board_actions.do_edit_board(act, command))


async def handle_archive_board(call: Call, command: ArchiveBoard) -> Changed:
    return await call.act(command, lambda act: board_actions.do_archive_board(act, command))


async def handle_order_boards(call: Call, command: OrderBoards) -> Changed:
    return await call.act(command, lambda act: board_actions.do_order_boards(act, command))


async def handle_start_thread(call: Call, command: StartThread) -> Changed:
    call.pace("forum.post", POSTS_PER_S, POSTS_BURST)
    return await call.act(command, lambda act: actions.do_start_thread(act, command))


async def handle_reply(call: Call, command: ReplyToThread) -> Changed:
    call.pace("forum.post", POSTS_PER_S, POSTS_BURST)
    return await call.act(command, lambda act: actions.do_reply(act, command))


async def handle_edit(call: Call, command: EditPost) -> Changed:
    call.pace("forum.post", POSTS_PER_S, POSTS_BURST)
    return await call.act(command, lambda act: actions.do_edit(act, command))


async def handle_delete(call: Call, command: DeletePost) -> Changed:
    return await call.act(command, lambda act: actions.do_delete(act, command))


async def handle_like(call: Call, command: LikePost) -> Changed:
    call.pace("forum.like", LIKES_PER_S, LIKES_BURST)
    return await call.act(command, lambda act: actions.do_like(act, command))


async def handle_choose_best(call: Call, command: ChooseBest) -> Changed:
    return await call.act(command, lambda act: thread_actions.do_choose_best(act, command))


async def handle_rename(call: Call, command: RenameThread) -> Changed:
    call.pace("forum.post", POSTS_PER_S, POSTS_BURST)
    return await call.act(command, lambda act: thread_actions.do_rename(act, command))


async def handle_pin(call: Call, command: PinThread) -> Changed:
    return await call.act(command, lambda act: thread_actions.do_pin(act, command))


async def handle_lock(call: Call, command: LockThread) -> Changed:
    return await call.act(command, lambda act: thread_actions.do_lock(act, command))


async def handle_move(call: Call, command: MoveThread) -> Changed:
    return await call.act(command, lambda act: thread_actions.do_move(act, command))


async def handle_delete_thread(call: Call, command: DeleteThread) -> Changed:
    return await call.act(command, lambda act: thread_actions.do_delete_thread(act, command))


async def handle_approve(call: Call, command: ApprovePost) -> Changed:
    return await call.act(command, lambda act: held_actions.do_approve(act, command))


async def handle_return(call: Call, command: ReturnPost) -> Changed:
    return await call.act(command, lambda act: held_actions.do_return(act, command))


async def handle_mark_thread_read(call: Call, command: MarkThreadRead) -> Changed:
    return await call.act(command, lambda act: thread_actions.do_mark_thread_read(act, command))


async def handle_mark_forum_read(call: Call, command: MarkForumRead) -> Changed:
    return await call.act(command, lambda act: thread_actions.do_mark_forum_read(act, command))


async def handle_thread(call: Call, command: ReadThread) -> ThreadPage:
    return await call.read(lambda db: queries.thread_page(db, call.principal, command))


async def handle_search(call: Call, command: SearchForum) -> FoundPage:
    call.pace("forum.search", SEARCHES_PER_S, SEARCHES_BURST)
    return await call.read(lambda db: queries.search_page(db, call.principal, command))
