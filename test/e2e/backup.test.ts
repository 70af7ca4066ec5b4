import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import { makePracticeStick } from "../../src/adapters/practice/stick.ts";
import { newUser } from "../parts/mentor-cli.ts";
import { sshHostMissing, startSshHost } from "../parts/ssh-host.ts";

/** Two sessions on two hosts, with a kit sent to each: on two cores that takes minutes. */
const MINUTES = 25 * 60_000;

test("the course outlives its host: backed up at Stop, restored at the next start on another, by command too", { timeout: MINUTES }, async (context) => {
  if (sshHostMissing !== null) return context.skip(sshHostMissing);
  const user = newUser();
  onTestFinished(() => user.leave());
  const stick = await makePracticeStick({ dataFolder: user.home, cacheDir: cacheFolder() });
  const backups = join(stick, "backups");
  const onHost = async (work: (words: string[]) => Promise<void>) => {
    const host = await startSshHost();
    try {
      await work(["--stick", stick, "--host", "ssh", "--ssh", host.address, "--identity", host.identity]);
    } finally {
      await user.run("stop", "--without-backup");
      await host.stop();
    }
  };

  await onHost(async (where) => {
    const started = await user.run("start", ...where);
    expect(started.last).toMatchObject({ ready: true, session: { course: { documents: 5 } } });
    expect(started.last.session!.steps.find(({ id }) => id === "keep-course")?.outcome).toBe(`at Stop, to ${backups}`);

    const created = await user.run("backup", "create");
    expect(created.last).toMatchObject({ created: { skipped: false, backup: { documents: 5, problem: null, milvus: { kind: expect.stringMatching(/^(lite|server)$/) } } } });
    const { name } = created.last.created!.backup;
    expect((await user.run("backup", "create")).last).toMatchObject({ created: { skipped: true, backup: { name } } });
    expect((await user.run("backup", "list")).last).toMatchObject({ folder: backups, backups: [{ name }] });
    expect((await user.run("backup", "verify", name)).last).toMatchObject({ verified: { backup: { name, problem: null } } });

    // A document that is nowhere but on the host.
    const extra = join(user.home, "extra");
    mkdirSync(extra);
    writeFileSync(join(extra, "06-lighthouse.md"), "# The lighthouse\n\nThe lamp of the lighthouse of Skagen was lit with herring oil in winter.");
    expect((await user.run("ingest", extra)).last).toMatchObject({ ingested: { documents: 1 } });

    const stopped = await user.run("stop");
    expect(stopped.last).toMatchObject({ stopped: true });
    expect(stopped.last.session!.receipt!.kept.join("\n")).toContain("The course is backed up in");
    expect(readdirSync(backups)).toHaveLength(2);
  });

  // Another pod, and a stick that holds the backups alone.
  rmSync(join(stick, "course"), { recursive: true });
  await onHost(async (where) => {
    const started = await user.run("start", ...where);
    expect(started.last).toMatchObject({ ready: true, session: { course: { documents: 6 } } });
    expect((await user.run("ask", "What was the lamp of the lighthouse lit with in winter?")).last.answer!.sources[0]).toMatchObject({ file: "06-lighthouse.md" });

    const oldest = readdirSync(backups).sort()[0]!;
    expect((await user.run("backup", "restore", oldest)).last).toMatchObject({ restored: { documents: 5, undoable: true } });
    expect((await user.run("backup", "restore", "--undo")).last).toMatchObject({ restored: { documents: 6 } });
    // Nothing has changed since it came from its backup.
    expect((await user.run("stop")).last).toMatchObject({ stopped: true });
    expect(readdirSync(backups)).toHaveLength(2);
    expect((await user.run("backup", "prune", "--stick", stick)).last).toMatchObject({ pruned: { removed: [], kept: [{ rows: expect.any(Number) }, {}] } });
  });
});
