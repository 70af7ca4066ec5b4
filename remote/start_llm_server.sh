#!/bin/sh
# Starts the LLM server of this kit alone, without the rest of a session.
set -eu

usage() {
  cat <<'TEXT'
Usage: start_llm_server.sh [--model FILE] [--port N] [--context N] [--parallel N]
                           [--threads N] [--gpu cpu|cuda] [--key-file FILE] [--root DIR]

  --model FILE     model in GGUF format (default: the newest .gguf in ROOT/models)
  --port N         port on 127.0.0.1 (default: 8080)
  --context N      longest conversation in tokens (default: 4096)
  --parallel N     conversations at once (default: 4)
  --threads N      processor threads (default: chosen by the server)
  --gpu cpu|cuda   default: cuda where an NVIDIA card and this kit's CUDA part are there
  --key-file FILE  file with the key that clients must give (default: one is made)
  --root DIR       folder that holds ai-mentor/ and models/ (default: where this kit lies)
TEXT
}

# fail WHAT ADVICE
fail() {
  printf 'Error: %s\n%s\n' "$1" "$2" >&2
  exit 1
}

script=$(readlink -f -- "$0")
kit=$(dirname -- "$script")
# ROOT/ai-mentor/kit/HASH/start_llm_server.sh
root=$(dirname -- "$(dirname -- "$(dirname -- "$kit")")")
model= port=8080 context=4096 parallel=4 threads= gpu= key_file=

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --model | --port | --context | --parallel | --threads | --gpu | --key-file | --root)
      if [ $# -lt 2 ]; then
        printf 'Error: %s needs a value.\n\n' "$1" >&2
        usage >&2
        exit 2
      fi
      case $1 in
        --model) model=$2 ;;
        --port) port=$2 ;;
        --context) context=$2 ;;
        --parallel) parallel=$2 ;;
        --threads) threads=$2 ;;
        --gpu) gpu=$2 ;;
        --key-file) key_file=$2 ;;
        --root) root=$2 ;;
      esac
      shift 2
      ;;
    *)
      printf 'Error: %s is not known.\n\n' "$1" >&2
      usage >&2
      exit 2
      ;;
  esac
done

[ -x "$kit/bin/node" ] || fail "The kit in $kit is not whole: it has no bin/node." "Start a session from the app once: it brings the kit again."

if [ -z "$model" ]; then
  newest=
  for candidate in "$root"/models/*.gguf; do
    [ -f "$candidate" ] || continue
    # Of a model in several parts, the first stands for all.
    case $candidate in
      *-00001-of-*) ;;
      *-[0-9][0-9][0-9][0-9][0-9]-of-*) continue ;;
    esac
    if [ -z "$newest" ] || [ -n "$(find "$candidate" -prune -newer "$newest")" ]; then newest=$candidate; fi
  done
  [ -n "$newest" ] || fail "There is no model in $root/models." "Copy a file ending in .gguf there, start a session from the app, or name one with --model FILE."
  model=$newest
fi

[ -e "$model" ] || fail "There is no model at $model." "Check the path, or leave --model out to use the newest model in $root/models."
[ -f "$model" ] || fail "$model is not a file." "Name the .gguf file itself."
[ -r "$model" ] || fail "$model cannot be read by $(id -un)." "Give yourself the right to read it: chmod u+r FILE"
magic=$(dd if="$model" bs=4 count=1 2>/dev/null | tr -d '\000')
[ "$magic" = GGUF ] || fail "$model is not a model in GGUF format." "Choose another file; a download that was an error page also looks like this."

if [ -z "$gpu" ]; then
  gpu=cpu
  if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; then
    if [ -d "$kit/node_modules/@node-llama-cpp/linux-x64-cuda" ]; then
      gpu=cuda
    else
      printf 'Note: this kit has no CUDA part, so the graphics card is not used. A session started from the app brings it.\n'
    fi
  fi
fi

exec "$kit/bin/node" "$kit/llm-alone.mjs" --root "$root" --model "$model" --port "$port" --context "$context" \
  --parallel "$parallel" --gpu "$gpu" ${threads:+--threads "$threads"} ${key_file:+--key-file "$key_file"}
