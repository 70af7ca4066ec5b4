/** Under which name a session's key is kept among the secrets. */
export const sessionKeyName = (sessionId: string): string => `session.${sessionId}`;
