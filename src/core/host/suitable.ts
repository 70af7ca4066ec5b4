import { MentorError } from "../../contract/errors.ts";
import type { HostReport } from "./report.ts";

/** glibc that node-llama-cpp's Linux binaries are linked against (docs/decisions/0001-toolchain.md). */
const GLIBC_NEEDED = "2.34";

/** Says before anything is sent that a host cannot run the kit. Throws `host-unsuitable`. */
export function requireSuitable(report: HostReport, label: string, remote: boolean): void {
  const unsuitable = (reason: string) => new MentorError("host-unsuitable", `${label} ${reason}.`);
  if (remote && report.platform !== "linux") throw unsuitable("does not run Linux");
  if (remote && report.arch !== "x64") throw unsuitable("has no 64-bit Intel or AMD processor");
  if (report.platform === "linux" && (report.glibc === null || report.glibc.localeCompare(GLIBC_NEEDED, "en", { numeric: true }) < 0)) {
    throw unsuitable(report.glibc === null ? "has no GNU C library" : `has the GNU C library ${report.glibc}, and ${GLIBC_NEEDED} is needed`);
  }
}
