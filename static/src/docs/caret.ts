import type { Awareness } from "y-protocols/awareness";
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
  caret.dataset.member = user.id ?? "";
  caret.style.borderColor = fill;
  const label = document.createElement("span");
  label.className = "caret-name";
  label.style.background = fill;
  label.style.color = ink;
  const [initial = "", ...rest] = user.name ?? "";
  const more = document.createElement("span");
  more.className = "caret-more";
  more.textContent = rest.join("");
  label.append(initial, more);
  caret.append(label);
  requestAnimationFrame(() => turnIn(label));
  return caret;
}

/** Have a name that would run out of the paper stand on the other side of its cursor. */
function turnIn(label: HTMLElement): void {
  const edge = label.closest(".prose")?.getBoundingClientRect().right;
  if (edge !== undefined && label.getBoundingClientRect().right > edge) {
    label.classList.add("caret-name-turned");
  }
}

/**
 * Unfold the name of everyone whose cursor moves; it folds to the initial when they rest.
 *
 * @returns the function that ends it
 */
export function unfoldNames(root: ParentNode, awareness: Awareness): () => void {
  const unfold = ({ updated }: { updated: readonly number[] }) => {
    for (const client of updated) {
      const member = (awareness.getStates().get(client)?.user as Stamped | undefined)?.id;
      const names = root.querySelectorAll(`.caret[data-member="${member}"] .caret-more`);
      for (const animation of [...names].flatMap((name) => name.getAnimations())) {
        animation.currentTime = 0;
        animation.play();
      }
    }
  };
  awareness.on("change", unfold);
  return () => awareness.off("change", unfold);
}

/** Return how another person's selection is marked. */
export function selectionLook(user: Stamped): { class: string; style: string } {
  const { fill } = coloursOfMember(user.id);
  return { class: "selected-by-other", style: `background-color: ${fill}4d` };
}
