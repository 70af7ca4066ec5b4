import { create } from "zustand";
import { en } from "./en.ts";
import type { Strings } from "./strings.ts";

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];
/** As the person chose it; `system` is what the browser or the system prefers. */
export type LanguageChoice = Language | "system";

/** Remembered in the page too, so that the first picture already speaks the right language. */
const KEY = "ai-mentor.language";

/** Every word of the window, in the language that is shown. A live binding: read it while rendering, never at module level. */
export let t: Strings = en;

/** What the window is shown in; whoever shows words is rendered anew when it changes. */
export const useLanguage = create<{ language: Language }>(() => ({ language: "en" }));

/** Loads and shows a language. English comes with the page, every other one when it is wanted. */
export async function showLanguage(choice: LanguageChoice): Promise<void> {
  localStorage.setItem(KEY, choice);
  const language = choice === "system" ? preferred() : choice;
  t = language === "de" ? (await import("./de.ts")).de : en;
  useLanguage.setState({ language });
}

export const rememberedLanguage = (): LanguageChoice => {
  const kept = localStorage.getItem(KEY);
  return LANGUAGES.find((language) => language === kept) ?? "system";
};

function preferred(): Language {
  for (const wanted of navigator.languages) {
    const found = LANGUAGES.find((language) => language === wanted.split("-")[0]?.toLowerCase());
    if (found !== undefined) return found;
  }
  return "en";
}
