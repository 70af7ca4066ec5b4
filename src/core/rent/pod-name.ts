const PREFIX = "ai-mentor-";
/** Sessions' ids are random UUIDs: nobody gives a machine such a name by hand. */
const OURS = /^ai-mentor-([0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})$/;

/** A machine's name tells which session it was rented for: so it is found again when the answer to its order was lost. */
export const podName = (sessionId: string): string => `${PREFIX}${sessionId}`;

/** The session for which a machine was rented; null for one that is not ours. */
export const sessionOfPod = (name: string): string | null => OURS.exec(name)?.[1] ?? null;
