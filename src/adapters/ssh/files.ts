/**
 * Small files by constant POSIX scripts; names come as arguments. SFTP would cost more round trips,
 * and some hosts do not offer it.
 */

/** `sh -c WRITE sh PATH MODE TEMPORARY`, content on standard input. */
export const WRITE = 'umask 077; mkdir -p -- "$(dirname -- "$1")" && cat >"$3" && chmod -- "$2" "$3" && mv -f -- "$3" "$1" || { e=$?; rm -f -- "$3"; exit "$e"; }';

/** `sh -c READ sh PATH BYTES`; exit code 44 when there is no such file. */
export const READ = '[ -e "$1" ] || exit 44; exec head -c "$2" -- "$1"';

/** `sh -c STAT sh PATH`; prints "bytes seconds"; exit code 44 when there is no such file. */
export const STAT = '[ -e "$1" ] || exit 44; exec stat -L -c "%s %Y" -- "$1"';

export const MISSING = 44;
