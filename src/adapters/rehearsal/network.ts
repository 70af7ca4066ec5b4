import { MentorError } from "../../contract/errors.ts";
import type { HostConnector } from "../../core/ports.ts";
import type { Reach } from "../../core/rent/reach.ts";

/** This computer's ways to other computers. */
export interface Network {
  ssh: HostConnector;
  reach: Reach;
}

/** The network that a rehearsal is held on: it can let no SSH out, as many a school's does. */
export class RehearsedNetwork {
  blocked = false;

  /** The same ways, closed while it blocks. */
  over({ ssh, reach }: Network): Network {
    return {
      ssh: {
        connect: async (choice, ...rest) => {
          if (this.blocked) throw new MentorError("host-silent", `${choice.kind === "ssh" ? choice.address : "The host"} did not answer in time.`);
          return ssh.connect(choice, ...rest);
        },
      },
      reach: async (...where) => (this.blocked ? "silent" : reach(...where)),
    };
  }
}
