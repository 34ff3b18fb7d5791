# Numbered stages with their elapsed time, for scripts that take minutes. Sourced, never run.

# shellcheck shell=bash

stage_number=0

# stage WHAT COMMAND...: the script ends at the first stage that fails.
stage() {
  local what=$1 started=$SECONDS
  shift
  stage_number=$((stage_number + 1))
  printf '\n== %d. %s\n' "$stage_number" "$what" >&2
  "$@" || die "stage $stage_number failed: $what"
  printf -- '-- %s: %d s\n' "$what" "$((SECONDS - started))" >&2
}
