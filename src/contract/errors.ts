/**
 * Every failure the product can report: a closed union of codes and one table that says, for each,
 * what to call it, what is safe, and what to press. No schema library is imported here: the window
 * shows this table and must stay small.
 */

/** Who can put it right: the person at the computer, whoever runs the host, or this project. */
export type FixedBy = "you" | "host" | "project";

/** What the window offers beside the message. */
export type ErrorAction =
  | "retry"
  | "choose-stick"
  | "choose-model"
  | "choose-key"
  | "enter-passphrase"
  | "choose-course"
  | "edit-host"
  | "edit-endpoint"
  | "enter-key"
  | "change-rent"
  | "accept-risk"
  | "trust-host"
  | "free-space"
  | "stop-session"
  /** Retry, or stop all the same: `withoutBackup`. */
  | "stop-without-backup"
  /** Restore with vectors made anew from the text: `embedAnew`. */
  | "embed-anew"
  | "choose-backup"
  | "open-logs"
  | "none";

export interface ErrorEntry {
  /** What happened, as a headline of a few plain words. */
  title: string;
  /** What was kept; shown unless the error carries something more precise. */
  kept: string;
  /** What to do now, in plain words. */
  advice: string;
  fixedBy: FixedBy;
  retryable: boolean;
  /** Whether a rented machine keeps costing money while nobody acts. */
  costsWhileWaiting: boolean;
  action: ErrorAction;
}

const NOTHING_STARTED = "Nothing was started and nothing was changed.";
const ENDPOINT_KEPT = "No question and no course material was sent to it.";
const NOTHING_RENTED = "Nothing was rented by this, and nothing was changed.";
const STICK_UNTOUCHED = "Nothing on the stick was changed.";

const COURSE_AS_BEFORE = "The course answers as before.";

const entry = (
  title: string,
  kept: string,
  advice: string,
  action: ErrorAction,
  rest: Partial<Pick<ErrorEntry, "fixedBy" | "retryable" | "costsWhileWaiting">> = {},
): ErrorEntry => ({ title, kept, advice, action, fixedBy: "you", retryable: true, costsWhileWaiting: false, ...rest });

export const ERRORS = {
  // The stick and what is on it
  "stick-missing": entry("No stick found", NOTHING_STARTED, "Plug the stick in, or choose a folder that holds the model.", "choose-stick"),
  "stick-removed": entry("The stick was pulled out", "What had arrived on the host is kept and proven.", "Plug the same stick in again and press Retry: it goes on where it stopped.", "retry"),
  "stick-unreadable": entry("The stick cannot be read", STICK_UNTOUCHED, "Plug it in again, try another port, or copy the model to another stick.", "choose-stick"),
  "model-missing": entry("No model on this stick", STICK_UNTOUCHED, "Copy a model file ending in .gguf onto the stick, or choose another stick.", "choose-stick"),
  "model-ambiguous": entry("More than one model on this stick", NOTHING_STARTED, "Choose the model that this session should use.", "choose-model"),
  "model-not-gguf": entry("This file is not a model", STICK_UNTOUCHED, "Choose a file in GGUF format; other files cannot be loaded.", "choose-model"),
  "model-truncated": entry("The model file is cut short", STICK_UNTOUCHED, "Copy the model onto the stick again, and remove the stick only after the computer says it is safe.", "choose-model"),
  "model-changed": entry("The model file changed while it was read", "Nothing that was half-sent is used.", "Leave the stick alone while it is read, then press Retry.", "retry"),
  "model-unsupported": entry("This kind of model cannot be run", NOTHING_STARTED, "Choose a chat model that this version knows, such as Mistral, Llama or Qwen.", "choose-model", { retryable: false }),
  "model-split-incomplete": entry("A part of the model is missing", STICK_UNTOUCHED, "Copy all parts of the model (…-00001-of-0000N.gguf) into the same folder.", "choose-model"),

  // The host and the way to it
  "host-address-invalid": entry("This address cannot be used", NOTHING_STARTED, "Write it as user@host or user@host:port.", "edit-host", { retryable: false }),
  "host-not-found": entry("No computer with this name", NOTHING_STARTED, "Check the address for typing mistakes and that this computer is online.", "edit-host"),
  "host-refused": entry("The host refuses the connection", NOTHING_STARTED, "Check the port number, and that the host has finished starting.", "edit-host"),
  "host-silent": entry("The host does not answer", NOTHING_STARTED, "Check the address and that your network lets SSH out, then press Retry.", "edit-host"),
  "host-key-changed": entry("This is not the host it was before", "Nothing was sent to it.", "If the machine was rebuilt, confirm its new identity; if you did not expect this, do not continue and ask whoever runs it.", "trust-host"),
  "host-proxied": entry("This SSH address cannot carry uploads", NOTHING_STARTED, "Use the direct address of the machine (an IP and a port) instead of the proxied one.", "edit-host", { retryable: false }),
  "host-lost": entry("The connection to the host was lost", "What had arrived on the host is kept.", "Check this computer's network, then press Retry: it goes on where it stopped.", "retry"),
  "host-unsuitable": entry("This host cannot run the mentor", NOTHING_STARTED, "Use a 64-bit Linux host with glibc 2.34 or newer.", "edit-host", { fixedBy: "host", retryable: false }),
  "key-missing": entry("The key file is not there", NOTHING_STARTED, "Choose the private key file that opens this host.", "choose-key"),
  "key-invalid": entry("This file is not a private key", NOTHING_STARTED, "Choose the private key, not the .pub file or another document.", "choose-key"),
  "key-rejected": entry("The host does not accept this key", NOTHING_STARTED, "Choose the key that belongs to this host, or add the public key to the host's account.", "choose-key"),
  "key-encrypted": entry("This key is protected by a passphrase", NOTHING_STARTED, "Enter the passphrase; it is used now and never stored.", "enter-passphrase"),
  "key-passphrase-wrong": entry("The passphrase does not open this key", NOTHING_STARTED, "Enter the passphrase again.", "enter-passphrase"),
  "key-putty": entry("This key is in PuTTY's format", NOTHING_STARTED, "Export it in PuTTYgen with Conversions → Export OpenSSH key, then choose that file.", "choose-key", { retryable: false }),

  // The provider and its machines
  "provider-key-missing": entry("No Runpod key is kept", NOTHING_RENTED, "Enter an API key of your Runpod account (in a terminal: ai-mentor secret set runpod).", "enter-key"),
  "provider-key-rejected": entry("Runpod does not accept the key", NOTHING_RENTED, "Make a new API key in your Runpod account's settings and enter it here.", "enter-key"),
  "provider-unreachable": entry("Runpod cannot be reached", "What was rented before is unchanged, and is found again by its name.", "Check this computer's network, then press Retry.", "retry", { costsWhileWaiting: true }),
  "provider-busy": entry("Runpod asks to wait", "What was rented before is unchanged.", "Wait a minute, then press Retry.", "retry", { costsWhileWaiting: true }),
  "provider-refused": entry("Runpod does not accept the request", NOTHING_RENTED, "Change what is asked for; if that does not help, save the logs and report it.", "change-rent", { fixedBy: "project" }),
  "balance-empty": entry("The Runpod account is empty", NOTHING_RENTED, "Add money to your Runpod account, then press Retry.", "retry"),
  "no-capacity": entry("No machine is free", NOTHING_RENTED, "Try again in a few minutes, allow other graphics cards or a higher price.", "change-rent"),
  "no-gpu-fits": entry("No graphics card will do", NOTHING_RENTED, "Allow a higher price or other graphics cards, or choose a smaller model.", "change-rent"),
  "pod-not-up": entry("The rented machine does not come up", "It is kept for another try; it costs money while it runs.", "Press Retry, or give up: then it is given back.", "retry", { fixedBy: "host", costsWhileWaiting: true }),
  "pod-gone": entry("The rented machine is gone", "What was on a network volume is kept.", "Stop the session and start it again: another machine is rented.", "stop-session", { retryable: false }),
  "pod-in-use": entry("The rented machine may be in use elsewhere", "The machine was left alone.", "Stop it first, in this window's list or with `ai-mentor pods stop`; its disk is kept. Then start with it again, or start without it.", "retry"),
  "pod-stopped-itself": entry("The rented machine has stopped by itself", "Its disk is kept. It costs no more than that.", "Stop the session to get its receipt; start it again when you need it.", "stop-session", { retryable: false }),
  "ssh-blocked": entry("This network lets no SSH out", "The rented machine is up; it costs money while it runs.", "Use another network (a phone's hotspot will do) and press Retry, or give up: then the machine is given back.", "retry", { costsWhileWaiting: true }),
  "guard-unproven": entry("The machine may not stop by itself", "Nothing was sent yet. The machine costs money while it runs.", "Go on if you will stop it yourself; while this computer is on, it stops the machine in time. Or give up: then it is given back.", "accept-risk", { fixedBy: "host", costsWhileWaiting: true }),

  "rehearsal-unavailable": entry("A rehearsal cannot be held here", "Nothing was started; the practice on this computer works all the same.", "On Linux, install OpenSSH's server: apt-get install openssh-server. It need not run.", "none", { retryable: false }),

  // Room on the host
  "disk-full": entry("Not enough disk space", "What had arrived is kept.", "Free some space or choose a larger disk, then press Retry.", "free-space"),
  "memory-too-small": entry("The model does not fit into memory", NOTHING_STARTED, "Choose a smaller model or a host with more memory.", "choose-model"),
  "port-in-use": entry("Another program on the host is in the way", "The other program was left alone.", "Press Retry: on this computer another port is taken. On a host elsewhere, stop the program that is named above first, or restart the host.", "retry", { fixedBy: "host" }),

  // What is brought along
  "kit-unavailable": entry("A needed part could not be fetched", "What was already fetched is kept.", "Connect this computer to the internet and press Retry.", "retry"),
  "kit-corrupt": entry("A fetched part is not what it should be", "The wrong file was put aside and is not used.", "Press Retry to fetch it again.", "retry"),
  "python-missing": entry("The host has no usable Python", NOTHING_STARTED, "Install Python 3.10 or newer on the host, then press Retry.", "retry", { fixedBy: "host" }),

  // Upload
  "upload-corrupt": entry("What arrived is not what was sent", "Only proven parts are kept.", "Press Retry: the damaged parts are sent again. If it happens again, test the stick.", "retry"),
  "upload-failed": entry("The upload stopped", "What had arrived on the host is kept and proven.", "Press Retry: it goes on where it stopped.", "retry"),

  // Services on the host
  "agent-failed": entry("The helper on the host did not start", "The model and the course on the host are kept.", "Press Retry; if it fails again, open the logs.", "open-logs", { fixedBy: "project" }),
  "service-failed": entry("A service on the host did not start", "The model and the course on the host are kept.", "Press Retry; if it fails again, open the logs.", "open-logs", { fixedBy: "project" }),
  "gpu-unusable": entry("The graphics card cannot be used", "Nothing was loaded, so that it does not run slowly unnoticed.", "Choose a host with an NVIDIA driver 570 or newer.", "edit-host", { fixedBy: "host" }),
  "self-check-failed": entry("The mentor did not pass its own test", "The model and the course on the host are kept.", "Press Retry; if it fails again, open the logs.", "open-logs", { fixedBy: "project" }),
  "tunnel-failed": entry("The way to the mentor could not be opened", "The session on the host goes on running.", "Press Retry.", "retry"),

  // An endpoint that is somebody else's
  "endpoint-address-invalid": entry("This endpoint's address cannot be used", NOTHING_STARTED, "Write it as https://host/v1; http:// does for this computer and private networks only.", "edit-endpoint", { retryable: false }),
  "endpoint-unreachable": entry("The endpoint cannot be reached", ENDPOINT_KEPT, "Check its address and that it runs; the host must reach it, not only this computer.", "edit-endpoint"),
  "endpoint-untrusted": entry("The endpoint's certificate is not trusted", "No key and no question was sent to it.", "Check the address. If the endpoint has a certificate authority of its own, install that on the host.", "edit-endpoint"),
  "endpoint-key-rejected": entry("The endpoint does not accept the key", ENDPOINT_KEPT, "Enter the right key (in a terminal: ai-mentor secret set llm, or embedding), then press Retry.", "edit-endpoint"),
  "endpoint-model-missing": entry("The endpoint does not have this model", ENDPOINT_KEPT, "Choose one of the models that it has, by its exact name.", "edit-endpoint"),
  "endpoint-not-openai": entry("This is no OpenAI-compatible endpoint", ENDPOINT_KEPT, "Check the address: it usually ends in /v1.", "edit-endpoint"),
  "endpoint-no-chat": entry("The endpoint does not chat", ENDPOINT_KEPT, "Choose a model that is made for chatting, or another endpoint.", "edit-endpoint"),
  "endpoint-no-streaming": entry("The endpoint does not stream its answers", ENDPOINT_KEPT, "Switch streaming on where the endpoint is set up, or choose another endpoint.", "edit-endpoint"),
  "endpoint-no-embeddings": entry("The endpoint makes no embeddings", ENDPOINT_KEPT, "Choose a model that is made for embeddings, or leave the embedding endpoint out: then the app's own model searches.", "edit-endpoint"),
  "endpoint-busy": entry("The endpoint takes no requests now", ENDPOINT_KEPT, "Wait a moment, or look whether its quota is used up; then press Retry.", "retry"),

  // The course store
  "store-lacking": entry("This Milvus cannot keep the course", "No course material was sent to it.", "Use a Milvus of version 2.3 or newer, with a token that may make collections; or leave the address out.", "edit-endpoint"),
  "store-locked": entry("Another machine has this course store open", "The course is kept, and the other machine was left alone.", "Stop the session on the other machine. If that machine is gone, wait a minute and press Retry.", "retry"),

  // Course and chat
  "course-missing": entry("The course folder is not there", "The course that was there before is kept.", "Choose the folder that holds your course material.", "choose-course"),
  "course-empty": entry("No course material in this folder", "The course that was there before is kept.", "Put PDF, Word, PowerPoint, HTML, Markdown or text files into the folder.", "choose-course"),
  "course-unreadable": entry("None of the course files could be read", "The course that was there before is kept.", "Open the files on this computer to see whether they are damaged, then press Retry.", "choose-course"),
  "course-other-model": entry("The course was prepared with another search model", "The course that was there before is kept.", "Start with the same search model as before, or ingest the course again into a new store.", "choose-model"),
  "ingest-failed": entry("The course could not be brought in", "The documents that were finished are kept.", "Press Retry: finished documents are not read again. If it happens again, open the logs.", "retry", { fixedBy: "project" }),
  "question-empty": entry("The question is empty", "The conversation is kept.", "Type a question of 1 to 2,000 characters.", "none", { retryable: false }),
  "question-too-long": entry("The question is too long", "The conversation is kept.", "Shorten it to 2,000 characters or fewer.", "none", { retryable: false }),
  "answer-failed": entry("The answer could not be finished", "The conversation is kept.", "Ask again; if it fails again, open the logs.", "retry", { fixedBy: "project" }),
  "search-failed": entry("Your material could not be searched", "The course is kept.", "Ask again; if it fails again, open the logs.", "retry", { fixedBy: "project" }),

  // Backups
  "backup-missing": entry("There is no such backup", COURSE_AS_BEFORE, "Choose one from the list, or look for it in another folder.", "choose-backup"),
  "backup-unrecognised": entry("This is not a backup", COURSE_AS_BEFORE, "Choose a folder that ends in .backup, or an archive named milvus-backup-….tar.gz.", "choose-backup"),
  "backup-damaged": entry("This backup is damaged", COURSE_AS_BEFORE, "Choose another backup; this one cannot be trusted any more.", "choose-backup"),
  "backup-newer": entry("This backup was made by a newer version", COURSE_AS_BEFORE, "Update this app, then try again.", "none", { retryable: false }),
  "backup-other-version": entry("This copy belongs to another version of Milvus", COURSE_AS_BEFORE, "Restore it with the version that it names, or choose a backup of rows, which fits every version.", "choose-backup"),
  "backup-other-model": entry("This backup was made with another search model", COURSE_AS_BEFORE, "Start with the same search model, or let the text in the backup be prepared anew with this one.", "embed-anew"),
  "backup-encrypted": entry("This backup is encrypted", COURSE_AS_BEFORE, "Enter the passphrase that it was made with; without it nobody can read it.", "enter-passphrase"),
  "backup-passphrase-wrong": entry("The passphrase does not open this backup", COURSE_AS_BEFORE, "Enter the passphrase again.", "enter-passphrase"),
  "backup-failed": entry("The backup could not be made", "The course on the host is kept, and so are the backups before.", "Press Retry, or stop without this backup.", "stop-without-backup", { costsWhileWaiting: true }),
  "backup-changed": entry("The course changed while it was backed up", "The course on the host is kept, and so are the backups before.", "Wait until nothing writes to the course store any more, then press Retry.", "stop-without-backup", { costsWhileWaiting: true }),
  "backup-running": entry("A backup or restore is already under way", "What is under way was left alone.", "Wait until it is done, then try again.", "retry"),
  "restore-failed": entry("The backup could not be restored", COURSE_AS_BEFORE, "Press Retry; if it fails again, open the logs.", "retry", { fixedBy: "project" }),
  "restore-nothing-before": entry("There is nothing to go back to", COURSE_AS_BEFORE, "Only the course as it was before the last restore is kept.", "none", { retryable: false }),

  // The session as a whole
  "session-running": entry("A session is already running", "The running session was left alone.", "Use it, or stop it before you start another.", "stop-session", { retryable: false }),
  "session-sealed": entry("This session belongs to the desktop app", "The session on the host goes on running.", "Open the desktop app to use it or to stop it.", "none", { retryable: false }),
  "secret-sealed": entry("This key is locked by the desktop app", NOTHING_STARTED, "Start the session in the desktop app, or keep the key again from this terminal with ai-mentor secret set.", "none", { retryable: false }),
  "session-missing": entry("No session is running", "Nothing was changed.", "Start a session first.", "none", { retryable: false }),
  "step-timeout": entry("A step took too long", "What was done so far is kept.", "Press Retry, or Stop to undo it.", "retry", { fixedBy: "project" }),
  "stop-incomplete": entry("The session could not be stopped cleanly", "The course and the model on the host are kept.", "Press Stop again. If the host is gone, choose Forget.", "retry", { costsWhileWaiting: true }),
  cancelled: entry("Cancelled", "What had arrived on the host is kept for the next start.", "Press Start when you are ready.", "none"),

  // This computer
  "input-invalid": entry("This cannot be done as asked", NOTHING_STARTED, "Check what was entered and try again.", "none", { retryable: false }),
  "core-unreachable": entry("The app's background process does not answer", "A running session goes on.", "Start the app again.", "retry", { fixedBy: "project" }),
  internal: entry("Something unexpected happened", "Data on the stick and the host is kept.", "Try again; if it happens again, save the logs and report it.", "open-logs", { fixedBy: "project" }),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** What crosses every wire: enough to show the whole story without the class. */
export interface ErrorReport {
  code: ErrorCode;
  /** What happened this time, one plain sentence with names and figures. */
  message: string;
  /** What was kept this time, where it is more precise than the table. */
  kept?: string;
  /** What to do this time, where it is more precise than the table. */
  advice?: string;
  /** Named facts for programs: file, port, bytes. Never a secret. */
  details?: Record<string, string | number | boolean | string[]>;
  /** Messages of the underlying causes, outermost first; shown folded. */
  causes?: string[];
}

export interface MentorErrorOptions extends Omit<ErrorReport, "code" | "message" | "causes"> {
  cause?: unknown;
}

/** The one error class of the product. Anything else that is thrown is a fault ("internal"). */
export class MentorError extends Error {
  readonly code: ErrorCode;
  readonly kept?: string;
  readonly advice?: string;
  readonly details?: ErrorReport["details"];

  constructor(code: ErrorCode, message: string, options: MentorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "MentorError";
    this.code = code;
    this.kept = options.kept;
    this.advice = options.advice;
    this.details = options.details;
  }
}

/** Turns anything thrown into a report; keeps the chain of causes. */
export function toErrorReport(thrown: unknown): ErrorReport {
  const causes = causeMessages(thrown);
  if (thrown instanceof MentorError) {
    const { code, message, kept, advice, details } = thrown;
    return prune({ code, message, kept, advice, details, causes: causes.length > 0 ? causes : undefined });
  }
  if (thrown instanceof Error && thrown.name === "AbortError") return { code: "cancelled", message: "The work was cancelled." };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return prune({ code: "internal", message, causes: causes.length > 0 ? causes : undefined });
}

/** The other way round: an error that came over a wire, ready to throw. */
export function fromErrorReport(report: ErrorReport): MentorError {
  const { code, message, causes, ...rest } = report;
  return new MentorError(code, message, { ...rest, cause: causes?.length ? new Error(causes.join("; ")) : undefined });
}

function causeMessages(thrown: unknown): string[] {
  const messages: string[] = [];
  let current = thrown instanceof Error ? thrown.cause : undefined;
  while (current !== undefined && messages.length < 8) {
    messages.push(current instanceof Error ? current.message : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return messages;
}

function prune<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
