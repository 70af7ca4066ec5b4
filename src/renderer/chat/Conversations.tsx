import { Popover } from "@base-ui/react/popover";
import { History, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { formatMoment } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { newConversation, openConversation, useChat, type Exchange } from "../stores/chat.ts";
import { loadConversations, removeConversation, useConversations } from "../stores/conversations.ts";
import { t } from "../strings/language.ts";

/** The conversations that are kept on this computer. */
export function Conversations() {
  const { kept, problem } = useConversations();
  const current = useChat(({ id }) => id);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (open) void loadConversations();
  }, [open]);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="button plain compact"><History size={16} aria-hidden />{t.chat.conversations}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner className="popover-place" sideOffset={8} align="end">
          <Popover.Popup className="popover">
            <Popover.Title className="popover-title">{t.chat.conversations}</Popover.Title>
            {problem !== null && <ErrorNotice report={problem} />}
            {(kept === null || kept.length === 0) && problem === null && <p className="soft small">{t.chat.conversationsNone}</p>}
            <ul className="conversations">
              {kept?.map(({ id, title, updatedAt, exchanges }) => (
                <li key={id}>
                  <button
                    type="button"
                    className="conversation"
                    aria-current={id === current || undefined}
                    onClick={() => {
                      openConversation(id, exchanges as unknown as Exchange[]);
                      setOpen(false);
                    }}
                  >
                    <span>{title === "" ? t.chat.untitled : title}</span>
                    <span className="soft small">{formatMoment(updatedAt)}</span>
                  </button>
                  <Button
                    look="quiet"
                    size="compact"
                    aria-label={t.chat.remove(title)}
                    title={t.chat.remove(title)}
                    onClick={() => {
                      void removeConversation(id);
                      if (id === current) newConversation();
                    }}
                  >
                    <Trash2 size={16} aria-hidden />
                  </Button>
                </li>
              ))}
            </ul>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
