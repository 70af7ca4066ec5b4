const PREFIX = "ai-mentor-";
const OURS = /^ai-mentor-([0-9A-Za-z][0-9A-Za-z-]{0,79})$/;

/** A machine's name tells which session it was rented for: so it is found again when the answer to its order was lost. */
export const podName = (sessionId: string): string => `${PREFIX}${sessionId}`;

/** The session for which a machine was rented; null for one that is not ours. */
export const sessionOfPod = (name: string): string | null => OURS.exec(name)?.[1] ?? null;
