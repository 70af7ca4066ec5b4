import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What can happen when the receiver says that a chunk has landed. */
export type ReceiverFault = "die" | "garble" | "lie";

/** The real receiver, whose answers about chunks come back through something that may spoil them. */
export interface FaultyReceiver {
  /** PATH for whoever logs in. */
  path: string;
  /** Spoils the next answers, one each. */
  plan(fault: ReceiverFault, times: number): void;
  cure(): void;
}

const PROXY = `#!/usr/bin/python3
import json, os, subprocess, sys
FAULTS = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "faults")

def take(fault):
    for name in os.listdir(FAULTS):
        if name.startswith(fault):
            try:
                os.unlink(os.path.join(FAULTS, name))
                return True
            except FileNotFoundError:
                pass  # another lane's
    return False

receiver = subprocess.Popen(["/usr/bin/python3", *sys.argv[1:]], stdout=subprocess.PIPE)
for line in receiver.stdout:
    reply = json.loads(line)
    if "sha256" in reply:
        if take("die"):
            receiver.kill()
            sys.exit(1)
        if take("garble"):
            line = b"Segmentation fault\\n"
        elif take("lie"):
            line = json.dumps({"sha256": "0" * 64}).encode() + b"\\n"
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
`;

/** `folder` is the test's own. */
export function makeFaultyReceiver(folder: string): FaultyReceiver {
  const bin = join(folder, "faulty");
  const faults = join(bin, "faults");
  mkdirSync(faults, { recursive: true });
  writeFileSync(join(bin, "python3"), PROXY, { mode: 0o755 });
  return {
    path: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    plan(fault, times) {
      for (let number = 0; number < times; number++) writeFileSync(join(faults, `${fault}.${number}`), "");
    },
    cure() {
      rmSync(faults, { recursive: true });
      mkdirSync(faults);
    },
  };
}
