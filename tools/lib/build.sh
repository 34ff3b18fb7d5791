# How the scripts in tools/ build the project. Sourced, never run; needs $top, the source folder.

# shellcheck shell=bash

# Clones in different folders share the compiler cache.
export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1

make_kernel() { vmlinux=$("$top/tools/build_kernel"); }

# build_preset NAME: configures and builds build/NAME. Needs make_kernel before it.
build_preset() (
  cd "$top" || return
  cmake --preset "$1" "-DBULKHEAD_KERNEL=$vmlinux" >"$(configure_log "$1")" 2>&1 || {
    cat "$(configure_log "$1")" >&2
    return 1
  }
  cmake --build --preset "$1" >&2
)

configure_log() {
  mkdir -p "$top/build/$1"
  printf '%s\n' "$top/build/$1/configure.log"
}
