import { stretches } from "./links";
import style from "./plain_text.module.css";

/** Show what somebody wrote: its line breaks stay, its links can be followed, nothing else acts. */
export function PlainText({ text }: { text: string }) {
  return (
    <span className={style.text} dir="auto">
      {stretches(text).map(({ text: words, href }, index) =>
        href ? (
          <a
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
            key={index}
            href={href}
            target="_blank"
            rel="noopener noreferrer nofollow ugc"
          >
            {words}
          </a>
        ) : (
          words
        ),
      )}
    </span>
  );
}
