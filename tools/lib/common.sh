# Shell pieces shared by the scripts in tools/. Sourced, never run. Everything said to the user
# goes to standard error; standard output belongs to a script's result.

# shellcheck shell=bash

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# The folder for everything that is made once and kept outside the source tree.
cache_dir() { printf '%s/bulkhead\n' "${XDG_CACHE_HOME:-$HOME/.cache}"; }

# The newest versions are asked of dpkg, never guessed. Empty when the package is not installed.
installed_version() {
  dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$1" 2>/dev/null |
    sed -n 's/^installed //p'
}
