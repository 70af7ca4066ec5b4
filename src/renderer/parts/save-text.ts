/** Hands a text to the browser as a file to keep. */
export function saveText(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  Object.assign(document.createElement("a"), { href: url, download: fileName }).click();
  URL.revokeObjectURL(url);
}

/** "2026-11-24T14-05-09", as file names like it. */
export const stamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(":", "-");
