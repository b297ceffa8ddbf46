import * as chat from "./chat/store";
import * as docs from "./docs/store";
import * as forum from "./forum/store";
import type { Push, PushOf, Welcome } from "./frames";
import * as home from "./home/store";
import * as people from "./people/store";
import * as room from "./room/store";

/** Hand each store its part of a welcome; after a resume, only the pushes that follow count. */
export function load(welcome: Welcome): void {
  room.load(welcome);
  if (welcome.resumed) return;
  const { features } = welcome;
  people.load(features.people);
  chat.load(features.chat);
  forum.load(features.forum);
  docs.load(features.docs);
  home.load(features.home);
}

type FeatureName = Push["type"] extends `${infer Name}.${string}` ? Name : never;

/** Hand a push or signal to the store of its feature, which knows all of its types. */
export function dispatch(push: Push): void {
  const feature = push.type.slice(0, push.type.indexOf(".")) as FeatureName;
  switch (feature) {
    case "room":
      room.apply(push as PushOf<"room">);
      break;
    case "chat":
      chat.apply(push as PushOf<"chat">);
      break;
    case "forum":
      forum.apply(push as PushOf<"forum">);
      break;
    case "docs":
      docs.apply(push as PushOf<"docs">);
      break;
    case "home":
      home.apply(push as PushOf<"home">);
      break;
    case "people":
      people.apply(push as PushOf<"people">);
      break;
    default:
      feature satisfies never; // a feature without a line here does not compile
  }
}
