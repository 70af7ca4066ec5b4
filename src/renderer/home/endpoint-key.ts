import { core, reportOf } from "../connection/failure.ts";
import { choose, type Choices } from "../stores/choices.ts";
import { useSession } from "../stores/session.ts";

/** Hands a key that was typed to the core, which keeps it among the secrets, and forgets it here. False where it was refused. */
export async function keepEndpointKey(endpoint: NonNullable<Choices["endpoint"]>): Promise<boolean> {
  if (endpoint.key.trim() === "") return true;
  try {
    await core().secrets.set({ name: "llm", value: endpoint.key });
    choose({ endpoint: { ...endpoint, key: "" } });
    return true;
  } catch (thrown) {
    useSession.setState({ refusal: reportOf(thrown) });
    return false;
  }
}
