/** What is asked and read in the cases: the same for every engine, another in every round. */
const SUBJECTS = ["the tide", "a glacier", "the violin", "an old bridge", "the honey bee", "a steam engine", "the desert fox", "a printing press", "the northern light", "a salt mine", "the oak forest", "a lighthouse"];
const VERBS = ["depends on", "is measured by", "was first described with", "changes", "cannot be told apart from", "is explained by", "follows", "carries"];
const OBJECTS = ["the shape of the coast", "a hidden reservoir", "the work of many hands", "heat and pressure", "a simple rule", "the season", "what came before it", "an accident of history"];

/** A sentence for each number; about fifteen tokens. */
export function sentence(number: number): string {
  const pick = (words: readonly string[], step: number) => words[Math.floor(number / step) % words.length]!;
  return `Note ${number + 1}: ${pick(SUBJECTS, 1)} ${pick(VERBS, 5)} ${pick(OBJECTS, 3)}, as chapter ${(number % 9) + 1} shows.`;
}

/** Course material of some 700 tokens that begins with the round's own words, so that nothing of it is known yet. */
export function material(mark: string): string {
  return `Course material, edition ${mark}.\n${Array.from({ length: 31 }, (_, index) => sentence(index * 7)).join("\n")}`;
}

const TOPICS = ["a fox who learned to read", "the first winter on a far planet", "a clock that ran backwards", "two rivers that met", "the last letter of a sailor", "a town without a name", "the girl who counted stars", "a king afraid of bread"];

/** Asks for more than anybody will wait for, so that no answer ends by itself. */
export function story(mark: string, number: number): string {
  return `Edition ${mark}, number ${number}. Write a very long story about ${TOPICS[number % TOPICS.length]}.`;
}

/** Short prompts of different lengths, as people write them. */
export function shortPrompt(mark: string, number: number): string {
  const endings = ["", " Begin in the middle.", " Tell it to a child of nine who asks many questions.", " Give every place and every person a name of their own."];
  return story(mark, number) + endings[number % endings.length];
}

export const question = (number: number): string => `Explain note ${number * 7 + 1} in great detail, with a long example for every word of it.`;

/** A passage as our ingest makes them: up to 512 characters, about 120 tokens. */
export function passage(mark: string, number: number): string {
  return `${mark} ${Array.from({ length: 8 }, (_, index) => sentence(number * 3 + index)).join(" ")}`.slice(0, 512 - (number % 4) * 60);
}
