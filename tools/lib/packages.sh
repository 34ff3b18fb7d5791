# Installs the packages of tools/packages.txt that are missing. Sourced, never run.

# shellcheck shell=bash

package_names() { sed 's/#.*//' "$1" | tr -s '[:space:]' '\n' | sed '/^$/d'; }

# The names in the file $1 that are not installed.
missing_packages() {
  package_names "$1" | sort -u | comm -23 - <(
    dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' |
      sed -n 's/^installed //p' | sort -u
  )
}

# Only root can install; anybody else is told what to type.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$1")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    say "packages are missing; as root, run:"
    printf '  apt-get update && apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
    return 1
  fi
  say "installing ${missing[*]}"
  apt-get -q update >&2
  DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" >&2
}
