#!/usr/bin/env bash
# Tests of tools/devhost as its user sees it: streams, exit codes, shares, terminal, clean-up.
# Each test boots a machine, so each looks at several things.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
devhost=$top/tools/devhost
work=$(mktemp -d "${TMPDIR:-/var/tmp}/devhost-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

check() { # check WHAT EXPECTED ACTUAL
  if [[ $2 == "$3" ]]; then
    echo "ok: $1"
  else
    echo "FAILED: $1: expected '$2', got '$3'"
    failed=1
  fi
}

code_of() {
  local code=0
  "$@" || code=$?
  echo "$code"
}

# 30 MB go in through standard input and come out through standard output, unchanged.
test_streams() {
  mkdir "$work/shared folder"
  head -c 30000000 /dev/urandom >"$work/data"
  local code=0
  (cd "$work" && "$devhost" --share "$work/shared folder" -- bash -c '
    cat
    { uname -r; id -u; pwd; ls /sys/module/kvm_amd/parameters/npt; } >"shared folder/facts"
    echo "two  words" >&2
    echo "$1" | tee "shared folder/argument" >&2
    [[ -r /dev/kvm && -w /dev/kvm ]] && : <>/dev/kvm && modprobe -n loop && exit 7' \
    name "it's \"quoted\" \$HOME" <data >out 2>err) || code=$?
  check "exit code" 7 "$code"
  check "input to output" "$(sha256sum <"$work/data")" "$(sha256sum <"$work/out")"
  check "standard error" $'two  words\nit\'s "quoted" $HOME' "$(<"$work/err")"
  check "writable share" "it's \"quoted\" \$HOME" "$(<"$work/shared folder/argument")"
  check "root in the same folder" "0 $work" "$(sed -n '2,3p' "$work/shared folder/facts" | xargs)"
}

# await_up OUTPUT
await_up() {
  for ((i = 0; i < 1200; i++)); do
    grep -q up "$1" 2>/dev/null && break
    sleep 0.1
  done
}

# The devhost itself failing is 125, with the reason and the end of the console.
test_crash() {
  local code
  code=$(code_of "$devhost" -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60' 2>"$work/err" </dev/null)
  check "exit code of a crash" 125 "$code"
  check "reason of a crash" 1 "$(grep -c 'machine died before the command ended' "$work/err")"
  check "console of a crash" 1 "$(grep -c '| .*Kernel panic' "$work/err")"
  ((!failed)) || cat "$work/err"
}

# A command that takes too long ends with what its machine is doing.
test_patience() {
  local code
  code=$(code_of "$devhost" --patience 20 -- sleep 600 2>"$work/err" </dev/null)
  check "exit code of a command that stands still" 125 "$code"
  check "reason" 1 "$(grep -c 'did not end in 20 s' "$work/err")"
  check "the processor halted, twice" 2 "$(grep -c 'HLT=1' "$work/err")"
  check "the command among the tasks" 1 "$(grep -c '| .*task:sleep ' "$work/err")"
  ((!failed)) || cat "$work/err"
}

# A machine that runs no more is told from a command that does not end, and is started once more.
test_stuck() {
  local pid code=0
  mkdir -p "$work/once"
  "$devhost" --patience 10 --share "$work/once" -- sh -c 'test -e "$1" && exit 7; echo >"$1"; echo up; sleep 600' \
    name "$work/once/before" >"$work/stopped" 2>"$work/err" </dev/null &
  pid=$!
  await_up "$work/stopped"
  kill -STOP "$(pgrep -P "$pid")"
  wait "$pid" || code=$?
  check "exit code of the second start" 7 "$code"
  check "reason of the first one's end" 1 "$(grep -c 'its kernel does not answer' "$work/err")"
}

# Whatever a machine does, it gets an interrupt now and then.
test_pulse() {
  local code=0
  "$devhost" -- sh -c 'keys() { awk "/i8042/ { print \$2; exit }" /proc/interrupts; }
    before=$(keys); sleep 5; test "$(keys)" -gt "$before"' >"$work/out" 2>"$work/err" </dev/null || code=$?
  check "keys are pressed" 0 "$code"
}

# A signal ends everything, and nothing is left behind.
test_signal() {
  local pid code=0
  "$devhost" -- sh -c 'echo up; sleep 600' >"$work/up" 2>"$work/err" </dev/null &
  pid=$!
  await_up "$work/up"
  local qemu
  qemu=$(pgrep -P "$pid" || true)
  check "one child" 1 "$(wc -w <<<"$qemu")"
  kill -TERM "$pid"
  wait "$pid" || code=$?
  check "exit code after SIGTERM" 143 "$code"
  check "QEMU is gone" 1 "$(code_of kill -0 "$qemu" 2>/dev/null)"
}

test_terminal() {
  check "a terminal" "size 33 101, key k, interrupted 130" "$(/usr/bin/python3 "$top/tests/tools/on_terminal.py" \
    "$devhost" -- bash -c 'trap "echo , interrupted 130; exit 3" INT
      stty -echo; echo "size $(stty size)"; read -rn1 key; echo ", key $key"; echo READY; sleep 100 & wait $!')"
}

test_usage() {
  check "no command" 2 "$(code_of "$devhost" 2>/dev/null)"
  check "no such share" 2 "$(code_of "$devhost" --share "$work/absent" -- true 2>/dev/null)"
  check "no QEMU" 125 "$(PATH=/nowhere code_of "$devhost" -- true 2>"$work/err")"
  check "names the package" 1 "$(grep -c 'apt-get install qemu-system-x86' "$work/err")"
}

test_usage
test_streams
test_crash
test_patience
test_stuck
test_pulse
test_signal
test_terminal
exit "$failed"
