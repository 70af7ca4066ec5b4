import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { ENDPOINT_KEYS, type EndpointKey } from "../../contract/endpoint.ts";
import { OWN_MILVUS_KINDS } from "../../contract/milvus.ts";
import { REHEARSAL_FAULTS, REHEARSAL_FAULT_NAMES, type RehearsalFault } from "../../contract/rehearsal.ts";
import { parseMirrorUrl } from "../../core/upload/mirror-url.ts";
import type { CommandContext } from "./command.ts";
import { ask } from "./commands/ask.ts";
import { createBackup, keepPassphrase, listBackups, pruneBackups, restoreBackup, verifyBackup, type CreateOptions, type RestoreOptions, type WhereOptions } from "./commands/backup.ts";
import { extend, type ExtendOptions } from "./commands/extend.ts";
import { ingest } from "./commands/ingest.ts";
import { llm, type LlmOptions } from "./commands/llm.ts";
import { logs } from "./commands/logs.ts";
import { practice } from "./commands/practice.ts";
import { endPod, listPods } from "./commands/pods.ts";
import { quote } from "./commands/quote.ts";
import { receipt } from "./commands/receipt.ts";
import { listSecrets, removeSecret, setSecret } from "./commands/secret.ts";
import { start, type StartOptions } from "./commands/start.ts";
import { status } from "./commands/status.ts";
import { sticks } from "./commands/sticks.ts";
import { stop, type StopOptions } from "./commands/stop.ts";
import { milvusImage, type MilvusImageOptions } from "./commands/milvus-image.ts";
import { upload, type UploadOptions } from "./commands/upload.ts";
import { createVolume, listVolumes } from "./commands/volumes.ts";
import { rehearse } from "./commands/rehearse.ts";
import { UsageError } from "./failure.ts";
import { dollarAmount, duration, idleTime, withRentOptions } from "./rent-options.ts";

const LOG_SOURCES = ["app", "agent", "llm", "api", "milvus"];

const json = () => new Option("--json", "print one JSON object a line; the last is the result");
const mirror = () => new Option("--mirror <url>", "address of the same model, from which a host behind SSH may fetch parts of it (default: the stick alone)").argParser(mirrorAddress);
const trust = () => new Option("--trust <fingerprint>", "accept this host's new identity (SHA256:…) after it has changed");

/** The commands and their words; what each does is in commands/. */
export function createProgram(context: CommandContext, version: string): Command {
  const { stdout, stderr } = context.output.terminal;
  const program = new Command("ai-mentor")
    .description("Turns a stick with a model into a running course mentor, and stops it again.")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .showHelpAfterError("(ai-mentor --help tells how)");
  // Commander copies these settings to the commands made below, so they come first.

  const ofModel = (command: Command): Command =>
    command
      .option("--stick <dir>", "folder of the stick (default: the only stick that is plugged in)")
      .option("--model <file>", "the model to use, where the stick holds several");
  withRentOptions(ofModel(program.command("start").description("start a session and leave it running")))
    .addOption(new Option("--host <kind>", "where to run").choices(["local", "ssh", "runpod"]))
    .option("--ssh <user@host:port>", "the host, with --host ssh")
    .option("--identity <file>", "private key that opens the host")
    .addOption(trust())
    .addOption(mirror())
    .option("--course <dir>", "folder of the course (default: the stick's own)")
    .option("--llm-url <url>", "OpenAI-compatible endpoint that answers instead of a model from the stick")
    .option("--llm-model <name>", "its model (default: the only one it offers)")
    .option("--embedding-url <url>", "OpenAI-compatible endpoint that makes embeddings instead of the app's own model")
    .option("--embedding-model <name>", "its model (default: the only one it offers)")
    .option("--milvus-url <url>", "somebody else's Milvus that keeps the course (https://host:port)")
    .addOption(new Option("--milvus <kind>", "which Milvus of our own keeps it (default: the one that the host can carry)").choices(OWN_MILVUS_KINDS))
    .option("--milvus-image <image>", "with --milvus image: a folder that holds it (OCI layout), or its name in a registry; @sha256:… for another version (default: the stick's folder milvus, else the official one)")
    .option("--allow-http", "let an endpoint or a Milvus with a public address be asked over plain http")
    .addOption(json())
    .action((options: StartOptions) => start(options, context));
  withRentOptions(ofModel(program.command("quote").description("tell what a start on a rented machine would take and cost; rents nothing")))
    .addOption(json())
    .action((options: StartOptions) => quote(options, context));
  const secret = program.command("secret").description("keep the keys of endpoints and of the Runpod account");
  const secretName = () => new Argument("<name>", "whose key").choices(ENDPOINT_KEYS);
  secret.command("set").description("keep a key; it is asked for, or read from the standard input").addArgument(secretName()).addOption(json()).action((name: EndpointKey) => setSecret(name, context));
  secret.command("remove").description("forget a key").addArgument(secretName()).addOption(json()).action((name: EndpointKey) => removeSecret(name, context));
  secret.command("list").description("tell which keys are kept, not what they are").addOption(json()).action(() => listSecrets(context));
  const backup = program.command("backup").description("keep the course where no pod can take it, and bring it back");
  const place = (command: Command) => command.option("--folder <dir>", "folder of the backups (default: the stick's, or as the settings say)").option("--stick <dir>", "look on this stick where no session runs").addOption(json());
  const passphrase = () => new Option("--passphrase", "of an encrypted backup: ask for it, or read it from the standard input");
  const nameOf = (required: boolean) => new Argument(required ? "<backup>" : "[backup]", "name in the list, or path of a backup");
  backup.command("create").description("back the course up and prove it").option("--folder <dir>", "folder to keep it in (default: the stick's, or as the settings say)").option("--always", "also when nothing has changed since the last one").option("--encrypt", "with a passphrase, which is asked for or read from the standard input").option("--cold", "copy the store's whole folder instead, with Milvus stopped meanwhile; fits the same version only").option("--unencrypted", "with --cold: although a passphrase is kept, since such a copy is never encrypted").addOption(json()).action((options: CreateOptions) => createBackup(options, context));
  place(backup.command("list").description("tell which backups there are")).action((options: WhereOptions) => listBackups(options, context));
  place(backup.command("verify").description("read a backup whole and compare it with what it was").addArgument(nameOf(true)).addOption(passphrase())).action((name: string, options: WhereOptions & { passphrase?: boolean }) => verifyBackup(name, options, context));
  place(
    backup
      .command("restore")
      .description("bring a backup's course back into the running session (default: the newest)")
      .addArgument(nameOf(false))
      .addOption(passphrase())
      .option("--undo", "give the course back as it was before the last restore")
      .option("--embed-anew", "prepare the text anew where the backup comes from another search model"),
  ).action((name: string | undefined, options: RestoreOptions) => restoreBackup(name, options, context));
  backup.command("passphrase").description("keep a passphrase that every backup is encrypted with").option("--forget", "forget it").addOption(json()).action((options: { forget?: boolean }) => keepPassphrase(options, context));
  place(backup.command("prune").description("remove old backups: the newest are kept, and one for each of the last seven days").option("--dry-run", "only tell what would be removed")).action((options: WhereOptions) => pruneBackups(options, context));
  program.command("status").description("tell what is running").addOption(json()).action(() => status(context));
  program
    .command("logs")
    .description("print the logs")
    .argument("[service]", LOG_SOURCES.join(", "), oneOf(LOG_SOURCES))
    .option("--follow", "go on with what comes, until Ctrl-C")
    .addOption(json())
    .action((service: string | undefined, options: { follow?: boolean }) => logs(service, options, context));
  program
    .command("stop")
    .description("end the session")
    .option("--forget", "let the session go even where its host is gone and nothing can be undone there")
    .addOption(new Option("--disk <what>", "what becomes of a rented machine's own disk (default: keep)").choices(["keep", "delete"]))
    .option("--without-backup", "let the course's newest changes go, where they cannot be backed up")
    .option("--even-unsaved", "delete the disk although the course on it is in no backup")
    .addOption(json())
    .action((options: StopOptions) => stop(options, context));
  program
    .command("extend")
    .description("let the rented machine run longer")
    .addOption(new Option("--by <time>", "so much longer: 30m, 1h").argParser(duration))
    .addOption(new Option("--idle-stop <time>", "stop it when nobody has used it for this time, or never").argParser(idleTime))
    .addOption(new Option("--budget <usd>", "the new budget").argParser(dollarAmount))
    .addOption(json())
    .action((options: ExtendOptions) => extend(options, context));
  program.command("receipt").description("print the last session's receipt").option("--all", "every receipt that is kept").addOption(json()).action((options: { all?: boolean }) => receipt(options, context));
  const pods = program.command("pods").description("list the machines that this app has rented").addOption(json()).action(() => listPods(context));
  pods.command("stop").description("stop one that no session uses; its disk is kept").argument("<id>").addOption(json()).action((id: string) => endPod("stop", id, context));
  pods.command("delete").description("delete one that no session uses, with its own disk").argument("<id>").addOption(json()).action((id: string) => endPod("terminate", id, context));
  const volumes = program.command("volumes").description("list the account's network volumes").addOption(json()).action(() => listVolumes(context));
  volumes
    .command("create")
    .description("make one")
    .requiredOption("--name <name>", "its name")
    .requiredOption("--size <gb>", "gigabytes", wholeNumber(10, 4096))
    .requiredOption("--data-center <id>", "where, as in EU-RO-1")
    .addOption(json())
    .action((options: { name: string; size: number; dataCenter: string }) => createVolume(options, context));
  program.command("ask").description("ask the running mentor").argument("<question>", "the question, in quotes").addOption(json()).action((question: string) => ask(question, context));
  program.command("ingest").description("read a folder of course material").argument("<dir>", "the folder").addOption(json()).action((folder: string) => ingest(folder, context));
  program.command("sticks").description("list sticks and the models on them").addOption(json()).action(() => sticks(context));
  program
    .command("upload")
    .description("send one file to a host and prove it; goes on where it stopped")
    .argument("<file>", "the file")
    .requiredOption("--ssh <user@host:port>", "the host")
    .requiredOption("--identity <file>", "private key that opens the host")
    .requiredOption("--to <dir>", "folder on the host")
    .addOption(mirror())
    .addOption(trust())
    .addOption(json())
    .action((file: string, options: UploadOptions) => upload(file, options, context));
  program
    .command("milvus-image")
    .description("fetch the official Milvus image into a folder, with skopeo, for hosts that cannot; goes on where it stopped")
    .requiredOption("--to <dir>", "the folder: on a stick its folder milvus, where a session finds it")
    .option("--image <name>", "another name or version, as NAME@sha256:…")
    .addOption(json())
    .action((options: MilvusImageOptions) => milvusImage(options, context));
  program
    .command("llm")
    .description("run the LLM server alone, in this terminal")
    .requiredOption("--model <file>", "the model")
    .option("--port <number>", "port on 127.0.0.1; 0 for any free one", wholeNumber(0, 65_535), 8080)
    .option("--threads <number>", "processor threads (default: chosen by the engine)", wholeNumber(1, 1024))
    .option("--parallel <number>", "requests that are answered at once", wholeNumber(1, 64), 4)
    .option("--context <tokens>", "context of each request", wholeNumber(256, 1_048_576), 4096)
    .option("--embedding-model <file>", "model for /v1/embeddings")
    .option("--api-key <key>", "key that callers must send (default: a fresh one, printed)")
    .addOption(new Option("--gpu <kind>", "where the model runs (default: the graphics card, where there is one)").choices(["cpu", "cuda", "metal"]))
    .action((options: LlmOptions) => llm(options, context));
  program
    .command("rehearse")
    .description("do the whole job on a pretended rented machine, free, on this computer")
    .addOption(new Option("--fault <name>", "have something go wrong on the way").choices(REHEARSAL_FAULT_NAMES))
    .addOption(json())
    .addHelpText("after", `\nFaults:\n${Object.entries(REHEARSAL_FAULTS).map(([name, what]) => `  ${name.padEnd(18)}${what}`).join("\n")}`)
    .action((options: { fault?: RehearsalFault }) => rehearse(options, context));
  program.command("practice").description("do the whole job once, on this computer").addOption(json()).action(() => practice(context));
  return program;
}

function mirrorAddress(word: string): string {
  try {
    return parseMirrorUrl(word);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function oneOf(allowed: readonly string[]) {
  return (word: string): string => {
    if (!allowed.includes(word)) throw new InvalidArgumentError(`It is one of ${allowed.join(", ")}.`);
    return word;
  };
}

function wholeNumber(least: number, most: number) {
  return (word: string): number => {
    const value = Number(word);
    if (!/^\d+$/.test(word) || value < least || value > most) throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
    return value;
  };
}
