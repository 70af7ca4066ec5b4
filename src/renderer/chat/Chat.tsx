import { Download, MessageSquareText, SquarePen } from "lucide-react";
import { useEffect, useEffectEvent, useRef } from "react";
import { Button } from "../parts/Button.tsx";
import { Empty } from "../parts/Empty.tsx";
import { Screen } from "../parts/Screen.tsx";
import { ask, isOpen, newConversation, useChat } from "../stores/chat.ts";
import { useSession } from "../stores/session.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { saveText, stamp } from "../parts/save-text.ts";
import { Composer } from "./Composer.tsx";
import { Conversations } from "./Conversations.tsx";
import { transcript } from "./transcript.ts";
import { ExchangeView } from "./ExchangeView.tsx";
import "./chat.css";

/** Pixels from there within which new words keep the end of the answer in view. */
const NEAR_END = 80;

/** How far a list of exchanges is scrolled to show the last answer's end, and not past the beginning of its question: its sources may be longer. */
function placeOfLast(list: HTMLElement): number {
  const last = list.lastElementChild;
  if (last === null) return 0;
  const zero = list.getBoundingClientRect().top - list.scrollTop;
  const end = ([...last.querySelectorAll(".answer > :not(.hidden-text)")].at(-1) ?? last).getBoundingClientRect().bottom - zero;
  return Math.max(last.getBoundingClientRect().top - zero, end - list.clientHeight);
}

export default function Chat() {
  const exchanges = useChat((state) => state.exchanges);
  const phase = useSession(({ session }) => session?.phase ?? "idle");
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const scrolled = useRef(0);
  /** Where the list was put last, and for which exchange. */
  const put = useRef<{ id: string | undefined; top: number }>({ id: undefined, top: 0 });
  const lastId = exchanges.at(-1)?.id;
  const follow = useEffectEvent(() => {
    // Whoever has scrolled up to read is left alone.
    if (!atEnd.current || list.current === null) return;
    // So is whoever has scrolled down to the sources; another question is another place.
    if (put.current.id === lastId && list.current.scrollTop > put.current.top + 1) return;
    list.current.scrollTop = placeOfLast(list.current);
    put.current = { id: lastId, top: list.current.scrollTop };
  });
  useEffect(() => {
    // Fetched ahead, so that the first answer is not shown raw for a moment.
    void import("./Markdown.tsx");
  }, []);
  // oxlint-disable-next-line react/exhaustive-effect-dependencies -- new words are what moves the end
  useEffect(() => follow(), [exchanges]);
  useEffect(() => {
    const observer = new ResizeObserver(() => follow());
    // What was shown raw becomes another height once it is formatted.
    for (const answer of list.current?.querySelectorAll(".answer") ?? []) observer.observe(answer);
    return () => observer.disconnect();
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- another exchange is another thing to look at
  }, [lastId]);
  // Only a person scrolls up: words that came meanwhile may have moved the end away by themselves.
  const noteScroll = (element: HTMLElement) => {
    const up = element.scrollTop < scrolled.current;
    scrolled.current = element.scrollTop;
    const near = element.scrollTop > placeOfLast(element) - NEAR_END;
    atEnd.current = up ? near : atEnd.current || near;
  };
  const answering = exchanges.some(isOpen);
  const off = phase === "idle" || phase === "stopped";
  return (
    <Screen
      wide
      title={t.chat.title}
      lead={t.chat.lead}
      actions={
        <>
          <Conversations />
          {exchanges.length > 0 && (
            <>
              <Button size="compact" onClick={() => saveText(t.chat.exportName(stamp()), transcript(exchanges, new Date()))}><Download size={16} aria-hidden />{t.chat.export}</Button>
              <Button size="compact" onClick={newConversation}><SquarePen size={16} aria-hidden />{t.chat.newConversation}</Button>
            </>
          )}
        </>
      }
    >
      <div className="chat">
        {/* Scrolls on its own, so it must be reachable without a mouse. */}
        <div
          className="chat-list"
          ref={list}
          tabIndex={exchanges.length > 0 ? 0 : undefined}
          role={exchanges.length > 0 ? "log" : undefined}
          aria-live="off"
          aria-label={exchanges.length > 0 ? t.chat.title : undefined}
          onScroll={({ currentTarget }) => noteScroll(currentTarget)}
        >
          {exchanges.length === 0 && off && (
            <Empty icon={MessageSquareText} title={t.chat.notReadyTitle} text={t.chat.notReadyText}>
              <Button look="primary" onClick={() => showView("home")}>{t.chat.notReadyButton}</Button>
            </Empty>
          )}
          {exchanges.length === 0 && !off && (
            <Empty icon={MessageSquareText} title={t.chat.emptyTitle} text={phase === "ready" ? t.chat.emptyText : t.chat.startingEmptyText}>
              {phase === "ready" && (
                <div className="examples">
                  {t.chat.examples.map((example) => <Button key={example} onClick={() => ask(example)}>{example}</Button>)}
                </div>
              )}
            </Empty>
          )}
          {exchanges.map((exchange, index) => <ExchangeView key={exchange.id} exchange={exchange} last={index === exchanges.length - 1} answering={answering} />)}
        </div>
        {(!off || exchanges.length > 0) && <Composer ready={phase === "ready"} onAsk={() => (atEnd.current = true)} />}
      </div>
    </Screen>
  );
}
