import type { Settings } from "../../contract/settings.ts";

/** The few words that the shell itself says, outside of the page. */
const en = {
  ready: { title: "The mentor is ready", body: "You can ask your first question." },
  "needs-help": { title: "The session needs your help", body: "One step cannot go on alone. What was done is kept." },
  stopped: { title: "The session has ended", body: "Its receipt is in the window." },
};

const de: typeof en = {
  ready: { title: "Der Mentor ist bereit", body: "Sie können die erste Frage stellen." },
  "needs-help": { title: "Die Sitzung braucht Ihre Hilfe", body: "Ein Schritt kommt allein nicht weiter. Was getan ist, bleibt erhalten." },
  stopped: { title: "Die Sitzung ist beendet", body: "Ihr Beleg ist im Fenster." },
};

export type Occasion = keyof typeof en;

/** In the language of the settings, or of the system where they leave it open. */
export function shellWords(language: Settings["language"], systemLocale: string): typeof en {
  const wanted = language === "system" ? systemLocale.split("-")[0] : language;
  return wanted === "de" ? de : en;
}
