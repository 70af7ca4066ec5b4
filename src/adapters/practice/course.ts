import { fileURLToPath } from "node:url";

/** The documents of the sample course, as they come with the app. */
export const PRACTICE_COURSE_FOLDER = fileURLToPath(new URL("../../../assets/practice-course", import.meta.url));

export interface PracticeQuestion {
  question: string;
  /** File of the sample course that answers it. */
  file: string;
  /** Heading the answer stands under; null where the format has none. */
  section: string | null;
  /** Page, counted from 1; null where the format has none. */
  page: number | null;
  /** Words of which a right answer has at least one. */
  expected: string[];
}

/** Questions with one clear answer each; the first is the one that the practice run asks. */
export const PRACTICE_QUESTIONS: readonly [PracticeQuestion, ...PracticeQuestion[]] = [
  {
    question: "What is the worst case running time of insertion sort?",
    file: "02-searching-and-sorting.md",
    section: "Insertion sort",
    page: null,
    expected: ["n²", "n^2"],
  },
  {
    question: "How many comparisons does binary search need at most for a sorted list of 1,000 items?",
    file: "02-searching-and-sorting.md",
    section: "Binary search",
    page: null,
    expected: ["10", "ten"],
  },
  {
    question: "How do you negate a number in two's complement?",
    file: "01-how-computers-store-numbers.md",
    section: "Negative numbers and two's complement",
    page: null,
    expected: ["invert", "add one", "add 1", "adding one", "adding 1"],
  },
  {
    question: "What does the Domain Name System (DNS) do?",
    file: "03-how-a-message-travels.pdf",
    section: null,
    page: 2,
    expected: ["name", "address"],
  },
  {
    question: "How much does the exam count for the grade?",
    file: "05-course-information.txt",
    section: null,
    page: null,
    expected: ["60"],
  },
];
