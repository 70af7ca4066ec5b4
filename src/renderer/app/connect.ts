import { useConnection } from "../connection/state.ts";
import { receiveLogs, lastLogSeq } from "../stores/logs.ts";
import { receiveSessionEvent, useSession } from "../stores/session.ts";
import { receiveSettings } from "../stores/settings.ts";
import { receiveSticks } from "../stores/sticks.ts";
import { follow } from "../connection/follow.ts";
import { keepConnected } from "../connection/keep-connected.ts";
import type { Link } from "../connection/link.ts";
import { openMessagePortLink } from "../connection/message-port.ts";
import { takeToken } from "../connection/token.ts";
import { openWebSocketLink } from "../connection/websocket.ts";

/** After this many failures without a single success, the page says what to do instead of waiting. */
const GIVE_UP_HOPE_AFTER = 3;

/** Connects this window to the core, once, and keeps every store fed. */
export function connect(): void {
  const open = chooseWay();
  if (open === null) {
    useConnection.setState({ status: "no-token" });
    return;
  }
  let wasOpen = false;
  void keepConnected(open, {
    opened: (link) => {
      wasOpen = true;
      useConnection.setState({ status: "open", failures: 0, client: link.client });
      feed(link);
    },
    lost: (failures) => {
      const status = wasOpen ? "lost" : failures >= GIVE_UP_HOPE_AFTER ? "unreachable" : "connecting";
      useConnection.setState({ status, failures, client: null });
    },
  });
}

function chooseWay(): (() => Promise<Link>) | null {
  if (window.aiMentor !== undefined) return openMessagePortLink;
  const token = takeToken();
  // A new address pasted into the same tab changes only the fragment: the page starts afresh with it.
  window.addEventListener("hashchange", () => location.reload());
  return token === null ? null : () => openWebSocketLink(`ws://${location.host}/rpc`, token);
}

function feed(link: Link): void {
  void link.client.app.info().then((info) => useConnection.setState({ info }), () => undefined);
  void link.client.app.settings().then(receiveSettings, () => undefined);
  void follow(link, (client) => client.session.watch({ lastSeq: useSession.getState().lastSeq ?? undefined }), receiveSessionEvent);
  void follow(link, (client) => client.sticks.watch(), receiveSticks);
  void follow(link, (client) => client.logs.watch({ follow: true, lastSeq: lastLogSeq() }), receiveLogs);
}
