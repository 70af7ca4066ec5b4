import { SENTRY_FOLDER } from "../../contract/agent.ts";
import { MentorError } from "../../contract/errors.ts";
import type { Host } from "../ports.ts";
import { RENTED_SILENCE_SECONDS } from "./defaults.ts";

/** How long nobody may sign, how often the sentry looks, and how long after the deadline it leaves the others to end things in good order. */
export interface SentryTimes {
  silenceSeconds: number;
  lookSeconds: number;
  graceSeconds: number;
}

export const SENTRY_TIMES: SentryTimes = { silenceSeconds: RENTED_SILENCE_SECONDS, lookSeconds: 15, graceSeconds: 180 };

/**
 * The sentry: a plain shell program that stops the rented machine when nobody has signed for too
 * long, and after the deadline whoever signs. It needs nothing of ours on the machine, so it watches from the first connection on, while the
 * tools travel, and goes on watching when the agent dies. Who signs: this computer while it is
 * connected, and the agent while it is armed; in the sign stand the seconds that are left.
 *
 * A constant script: what is particular to one machine are its arguments. The machine's own credential
 * is read anew each time, and reaches no argument list: curl takes it as configuration, Python as input.
 * Silence is counted in looks and the deadline by the system's uptime, so that a clock that is set does not matter. What is deleted: a machine
 * that cannot be stopped and has all of ours on a network volume, which outlives it.
 */
const SENTRY = `
api=$1 pod=$2 patience=$3 look=$4 grace=$5
cd "\${0%/*}" || exit 1
echo $$ >pid

own() {
  value=$(sed -n "s/^\\(export \\)\\{0,1\\}$1=[\\"']\\{0,1\\}\\([^\\"']*\\)[\\"']\\{0,1\\}\\$/\\2/p" "\${RP_ENVIRONMENT:-/etc/rp_environment}" 2>/dev/null | tail -n 1)
  [ -n "$value" ] || value=$(tr '\\0' '\\n' 2>/dev/null </proc/1/environ | sed -n "s/^$1=//p" | tail -n 1)
  printf %s "$value"
}

ask() {
  key=$(own RUNPOD_API_KEY)
  : >answer
  if [ -z "$key" ]; then printf 'the machine has no credential of its own'
  elif command -v curl >/dev/null 2>&1; then
    printf 'header = "authorization: Bearer %s"\\n' "$key" |
      curl -q -s -K - -m 30 -A ai-mentor -o answer -w '%{http_code}' -X "$1" -H 'content-type: application/json' \${3:+-d "$3"} "$api/pods/$pod$2"
  elif command -v python3 >/dev/null 2>&1; then
    printf %s "$key" | python3 -c '
import sys, urllib.error, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
method, url, body = sys.argv[1:]
headers = {"authorization": "Bearer " + sys.stdin.read(), "content-type": "application/json", "user-agent": "ai-mentor"}
try:
    answer = urllib.request.build_opener(Stay).open(urllib.request.Request(url, body.encode() or None, headers, method=method), timeout=30)
except urllib.error.HTTPError as refused:
    answer = refused
open("answer", "wb").write(answer.read())
print(answer.getcode(), end="")' "$1" "$api/pods/$pod$2" "\${3:-}" 2>/dev/null
  else printf 'the machine has neither curl nor python3'; fi
}

stop() {
  ask GET '' >/dev/null
  said=$(tr -d ' \\t\\r\\n' <answer)
  action=stop
  case $(printf %s "$said" | sed -n 's/.*"actions":\\[\\([^]]*\\)\\].*/\\1/p') in
    *'"stop"'*) ;;
    *'"terminate"'*) case $said in *'"persistent":{'*) ;; *'"network":[{'*) action=terminate ;; esac ;;
  esac
  ask POST /action "{\\"action\\":\\"$action\\"}" >right
}

uptime() { read -r up _ </proc/uptime; printf %s "\${up%.*}"; }

heed() {
  left=$(cat sign)
  rm -f sign
  case $left in ''|-|*[!0-9-]*) ;; *) end=$(($(uptime) + left + grace)) ;; esac
}

ask GET '' >right.new
mv right.new right
quiet=0 end=
while sleep "$look"; do
  [ "$(cat pid)" = $$ ] || exit 0
  quiet=$((quiet + 1))
  if [ -e sign ]; then heed; quiet=0; fi
  if [ "$quiet" -ge "$patience" ] || { [ -n "$end" ] && [ "$(uptime)" -ge "$end" ]; }; then stop; fi
done
`;

/** Beside the home, which a start of the machine wipes. A sentry that is there already leaves when it sees the new one. */
const POST = `
umask 077
folder=$HOME/${SENTRY_FOLDER}
mkdir -p "$folder" && cat >"$folder/new.sh" && mv "$folder/new.sh" "$folder/sentry.sh" && rm -f "$folder/right" && printf %s "$6" >"$folder/sign" || exit 1
run=nohup
command -v setsid >/dev/null 2>&1 && run='nohup setsid'
$run /bin/sh "$folder/sentry.sh" "$@" >/dev/null 2>&1 </dev/null &
`;

const SIGN = `cd "$HOME/${SENTRY_FOLDER}" && printf %s "$1" >sign && cat right 2>/dev/null`;

/** Posts a sentry on the machine, in the place of one that is there. Throws `host-unsuitable`, and what `exec` throws. */
export async function postSentry(host: Pick<Host, "exec" | "label">, { podId, podApi, secondsLeft }: { podId: string; podApi: string; secondsLeft: number }, { silenceSeconds, lookSeconds, graceSeconds }: SentryTimes, signal?: AbortSignal): Promise<void> {
  const words = [podApi, podId, Math.ceil(silenceSeconds / lookSeconds), lookSeconds, Math.ceil(graceSeconds), Math.ceil(secondsLeft)];
  const { exitCode, stderr } = await host.exec(["/bin/sh", "-c", POST, "sh", ...words.map(String)], { input: SENTRY, signal });
  if (exitCode !== 0) throw new MentorError("host-unsuitable", `No timer could be started on ${host.label}.`, { cause: new Error(stderr.trim()) });
}

/** Tells the sentry that somebody is there, and what is left until the deadline. Resolves with what the provider has answered it about its own machine; null while that is not known. */
export async function signSentry(host: Pick<Host, "exec">, secondsLeft: number, signal?: AbortSignal): Promise<string | null> {
  const { stdout } = await host.exec(["/bin/sh", "-c", SIGN, "sh", String(Math.ceil(secondsLeft))], { signal });
  return stdout.trim() === "" ? null : stdout.trim();
}
