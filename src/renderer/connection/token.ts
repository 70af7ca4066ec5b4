const KEY = "ai-mentor.token";

/**
 * The key to the core. It arrives in the address's fragment, which no server ever sees, and leaves
 * the address bar at once, so that it ends up in no history, bookmark or screenshot.
 */
export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null || given === "") return sessionStorage.getItem(KEY);
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname + location.search);
  return given;
}
