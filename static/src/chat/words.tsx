import { useNameOf } from "./channels";
import style from "./chat.module.css";
import { useChat } from "./store";
import { pieces } from "./text";

/**
 * Draw a message's text: its lines, its mentions by name, its links.
 *
 * The links are in the order of the Tab key only with `isActive`, as all of a message is.
 */
export function Words({ text, isActive }: { text: string; isActive: boolean }) {
  const nameOf = useNameOf();
  const me = useChat((state) => state.me);
  let place = 0;
  return pieces(text).map((piece) => {
    place += 1;
    if (piece.kind === "words") return piece.text;
    if (piece.kind === "link") {
      return (
        <a
          key={place}
          href={piece.href}
          target="_blank"
          rel="noopener noreferrer nofollow ugc"
          tabIndex={isActive ? 0 : -1}
        >
          {piece.text}
        </a>
      );
    }
    return (
      <span
        key={place}
        className={piece.memberId === me ? `${style.mention} ${style.me}` : style.mention}
      >
        @{nameOf(piece.memberId)}
      </span>
    );
  });
}
