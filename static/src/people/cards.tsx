import { Printer } from "lucide-react";
import { QRCodeSVG } from "qrcode.react";
import { useState } from "react";
import { createPortal } from "react-dom";
import { cardAddress, printedCode } from "../accounts/card_code";
import { useErrorText } from "../i18n/errors";
import { useText } from "../i18n/text";
import { Refused } from "../refused";
import { useRoom } from "../room/context";
import { MemberAvatar } from "../room/person";
import { useRoomState } from "../room/store";
import { Banner } from "../ui/banner";
import { Button } from "../ui/button";
import { Dialog, DialogActions } from "../ui/dialog";
import { toast } from "../ui/toast";
import style from "./cards.module.css";
import { dropLost, forgetCards, type JoinCard, keepCard, pileOf, usePeople } from "./store";

const CARDS_ON_A_PAGE = 8;
const NONE: readonly JoinCard[] = [];
const NOBODY: readonly string[] = [];

/** Tell that new cards are there, until they are printed: the server cannot show them again. */
export function CardsWaiting() {
  const t = useText();
  const pile = pileOf(useRoom());
  const cards = usePeople((state) => state.cards[pile] ?? NONE);
  if (cards.length === 0) return null;
  return (
    <Banner
      tone="wait"
      action={
        <Dialog
          title={t("people.cards", { count: cards.length })}
          isLarge
          button={<Button variant="primary">{t("people.cards.show")}</Button>}
        >
          <Shown cards={cards} pile={pile} />
        </Dialog>
      }
    >
      {t("people.cards.waiting", { count: cards.length })}
    </Banner>
  );
}

/** Tell that new cards did not arrive, and make them once more: nobody knows their words. */
export function CardsLost() {
  const t = useText();
  const errorText = useErrorText();
  const room = useRoom();
  const { send } = room;
  const pile = pileOf(room);
  const lost = usePeople((state) => state.lost[pile] ?? NOBODY);
  const [isPending, setPending] = useState(false);
  if (lost.length === 0) return null;

  async function make(id: string) {
    try {
      keepCard(pile, await send("people.reset_card", { member_id: id }), id);
    } catch (reason) {
      if (!(reason instanceof Refused && reason.code === "not_found")) throw reason;
      dropLost(pile, id); // taken out of the room meanwhile
    }
  }

  async function makeAll() {
    setPending(true);
    try {
      for (const id of lost) await make(id);
    } catch (reason) {
      toast(errorText(reason));
    } finally {
      setPending(false);
    }
  }

  return (
    <Banner
      tone="bad"
      action={
        <Button variant="primary" isPending={isPending} onPress={() => void makeAll()}>
          {t("people.add.action")}
        </Button>
      }
    >
      {t("people.cards.lost", { count: lost.length })}
    </Banner>
  );
}

/** Show the cards; that they are done with is asked once more, each time the dialog opens. */
function Shown({ cards, pile }: { cards: readonly JoinCard[]; pile: string }) {
  const t = useText();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <div className={style.shown}>
        {cards.map((card) => (
          <Card key={card.member_id} card={card} />
        ))}
      </div>
      <Sheets cards={cards} />
      {isAsking && <p>{t("people.cards.done.sure")}</p>}
      <DialogActions>
        <Button
          variant={isAsking ? "danger" : "secondary"}
          onPress={() => (isAsking ? forgetCards(pile) : setAsking(true))}
        >
          {t("people.cards.done")}
        </Button>
        <Button variant="primary" icon={Printer} onPress={() => window.print()}>
          {t("people.cards.print")}
        </Button>
      </DialogActions>
    </>
  );
}

/** Lay the cards out for paper, A4, eight on a page; on a screen it is not seen. */
function Sheets({ cards }: { cards: readonly JoinCard[] }) {
  const pages = Array.from({ length: Math.ceil(cards.length / CARDS_ON_A_PAGE) }, (_, page) =>
    cards.slice(page * CARDS_ON_A_PAGE, (page + 1) * CARDS_ON_A_PAGE),
  );
  return createPortal(
    <div className={style.sheets} data-print>
      {pages.map((page) => (
        <div key={page[0]?.code} className={style.sheet}>
          {page.map((card) => (
            <Card key={card.member_id} card={card} />
          ))}
        </div>
      ))}
    </div>,
    document.body,
  );
}

function Card({ card }: { card: JoinCard }) {
  const t = useText();
  const title = useRoomState((state) => state.room?.title);
  const address = `${location.host}/join`;
  return (
    <article className={style.card}>
      <div className={style.words}>
        <p className={style.title}>{title}</p>
        <p className={style.name}>
          <MemberAvatar id={card.member_id} size={36} plain />
          <span className={style.pseudonym}>{card.name}</span>
        </p>
        <dl className={style.secrets}>
          <dt>{t("people.card.code")}</dt>
          <dd className={style.code}>{printedCode(card.code)}</dd>
          <dt>{t("people.card.words")}</dt>
          <dd className={style.three}>{card.words.replaceAll("-", " ")}</dd>
        </dl>
      </div>
      <QRCodeSVG
        value={cardAddress(location.origin, card)}
        size={104}
        level="M"
        marginSize={2}
        title={t("people.card.qr", { name: card.name })}
        className={style.qr}
      />
      <p className={style.hint}>
        {t("people.card.open", { address })}. {t("people.card.keep")}.
      </p>
    </article>
  );
}
