import { Route, Switch, useParams } from "wouter";
import { NotFound } from "../pages/pages";
import { DocumentPage } from "./document";
import { DocumentList } from "./list";
import { useDocs } from "./store";

/** Show the documents: the list, or one of them. */
export default function DocsView() {
  return (
    <Switch>
      <Route path="/">
        <DocumentList />
      </Route>
      <Route path="/folder/:folder">
        <Folder />
      </Route>
      <Route path="/:document">
        <Opened />
      </Route>
    </Switch>
  );
}

function Folder() {
  const { folder: id = "" } = useParams<{ folder: string }>();
  const folder = useDocs((state) => state.folders[id]);
  return folder ? <DocumentList folder={folder} /> : <NotFound />;
}

function Opened() {
  const { document: id = "" } = useParams<{ document: string }>();
  const document = useDocs((state) => state.documents[id]);
  return document ? <DocumentPage key={id} document={document} /> : <NotFound />;
}
