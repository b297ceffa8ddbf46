import { Route, Switch } from "wouter";
import { NotFound } from "../pages/pages";
import { BoardView } from "./board";
import { BoardsView } from "./boards";
import { HeldView } from "./held";
import { SearchView } from "./search";
import { StartView } from "./start";
import { ThreadView } from "./thread";

/** Show the forum: what all its addresses lead to. */
export default function ForumView() {
  return (
    <Switch>
      <Route path="/">
        <BoardsView />
      </Route>
      <Route path="/search">
        <SearchView />
      </Route>
      <Route path="/waiting">
        <HeldView />
      </Route>
      <Route path="/boards/:board">{({ board }) => <BoardView key={board} id={board} />}</Route>
      <Route path="/boards/:board/new">{({ board }) => <StartView key={board} id={board} />}</Route>
      <Route path="/threads/:thread/:post?">
        {({ thread, post }) => <ThreadView key={thread} id={thread} postId={post ?? null} />}
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
