# Turns a fragment into a full kernel configuration. Sourced by tools/build_kernel.

# shellcheck shell=bash

# Every option of the fragment ($1) must be in the final configuration ($2) as it was asked for.
# `=n` also holds when the option does not exist there at all.
check_kernel_config() {
  local line name bad=0
  while IFS= read -r line; do
    name=${line%%=*}
    if [[ ${line#*=} == n ]]; then
      if grep -q "^$name=" "$2"; then
        say "asked for $line, got $(grep "^$name=" "$2")"
        bad=1
      fi
    elif ! grep -qxF -- "$line" "$2"; then
      say "asked for $line, got $(grep -E "^(# )?${name}[ =]" "$2" || echo "no such option")"
      bad=1
    fi
  done < <(grep '^CONFIG_' "$1")
  return "$bad"
}

# configure_kernel WORK FRAGMENT: tinyconfig, the fragment over it, then what follows from both.
configure_kernel() {
  # Not named *.config: `make tinyconfig` makes a target tiny.config, which such a file would satisfy in a kept tree.
  local tiny=$1/build/tinyconfig
  run_make tinyconfig
  cp "$1/build/.config" "$tiny"
  (
    cd "$1/source" || exit
    KCONFIG_CONFIG=$1/build/merged.config ./scripts/kconfig/merge_config.sh -m "$tiny" "$2"
  ) >/dev/null
  cp "$1/build/merged.config" "$1/build/.config"
  run_make olddefconfig
  check_kernel_config "$2" "$1/build/.config" ||
    die "the configuration asks for what this kernel cannot give"
}
