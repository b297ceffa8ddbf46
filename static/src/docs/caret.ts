import { useDirectory } from "../room/directory";
import { type Colours, coloursOf } from "../ui/colours";

/** What the server stamps on every cursor: who it is, whatever the sender claims. */
interface Stamped {
  id?: string;
  name?: string;
}

/** Find the colours of a member: their school's hue in their own tint. */
export function coloursOfMember(id: string | undefined): Colours {
  const { members, schools } = useDirectory.getState();
  const member = id ? members[id] : undefined;
  const school = member?.school_id ? schools[member.school_id] : undefined;
  return coloursOf(school?.hue ?? 0, member?.tint ?? 0);
}

/** Draw another person's cursor, with their name on it. */
export function drawCaret(user: Stamped): HTMLElement {
  const { fill, ink } = coloursOfMember(user.id);
  const caret = document.createElement("span");
  caret.className = "caret";
  caret.style.borderColor = fill;
  const label = document.createElement("span");
  label.className = "caret-name";
  label.style.background = fill;
  label.style.color = ink;
  label.textContent = user.name ?? "";
  caret.append(label);
  return caret;
}

/** Return how another person's selection is marked. */
export function selectionLook(user: Stamped): { class: string; style: string } {
  const { fill } = coloursOfMember(user.id);
  return { class: "selected-by-other", style: `background-color: ${fill}4d` };
}
