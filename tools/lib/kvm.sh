# The one place that says whether this machine can run a guest. Sourced, never run.

# shellcheck shell=bash

# A /dev/kvm that opens is not enough: some cloud machines offer a paravirtual one that cannot run
# an unmodified kernel. Where the processor shows no vmx and no svm, the devhost is used instead.
kvm_is_usable() {
  grep -qwE 'vmx|svm' /proc/cpuinfo && { : <>/dev/kvm; } 2>/dev/null
}

# on_kvm_host [DEVHOST-OPTION]... -- COMMAND...: directly where KVM works, else in the devhost.
on_kvm_host() {
  local options=()
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  if kvm_is_usable; then
    "$@"
  else
    say "no usable KVM here (needs /dev/kvm and vmx or svm): running in the devhost"
    "$(dirname "${BASH_SOURCE[0]}")/../devhost" "${options[@]}" -- "$@"
  fi
}
