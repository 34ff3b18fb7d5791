#!/usr/bin/env bash
# Installs the Debian package with apt on a clean Debian 12 root, asks its doctor, runs a container,
# and removes it again.
#
#   package_test.sh BUILD
set -euo pipefail

build=$1
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
work=$(mktemp -d)
trap 'umount -l "$work"/root/{proc,dev} 2>/dev/null; rm -rf "$work"' EXIT

fail() {
  echo "package_test: $*" >&2
  exit 1
}

in_root() { chroot "$work/root" env PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }

package=$("$top/tools/make_package" "$build")
umoci unpack --image "$top/build/images/debian:latest" "$work/bundle" >/dev/null 2>&1
mv "$work/bundle/rootfs" "$work/root"
mount -t proc proc "$work/root/proc"
mount --bind /dev "$work/root/dev"
cp "$package" "$work/root/tmp/bulkhead.deb"
cp -r "$top/build/images/busybox" "$work/root/tmp/busybox"

before=$(in_root find / -xdev -newer /tmp/bulkhead.deb -name '*bulkhead*' -not -path '/tmp/*')
[[ -z $before ]] || fail "there before: $before"
in_root apt-get install -y --no-install-recommends /tmp/bulkhead.deb >"$work/apt.log" 2>&1 ||
  fail "apt: $(cat "$work/apt.log")"
in_root bulkhead version | grep -q . || fail "no version"
doctor=$(in_root bulkhead doctor) || fail "doctor: $doctor"
for file in /usr/share/man/man1/bulkhead.1.gz /lib/systemd/system/bulkhead-boot.service \
  /usr/share/bash-completion/completions/bulkhead /usr/share/zsh/vendor-completions/_bulkhead \
  /usr/share/fish/vendor_completions.d/bulkhead.fish /usr/share/doc/bulkhead/README.Debian \
  /etc/apparmor.d/bulkhead-vmm /usr/share/bulkhead/vmlinux /usr/libexec/bulkhead/bulkhead-vmm; do
  # The systemd folder is /usr/lib on a merged /usr.
  [[ -s $work/root$file || -s $work/root/usr$file ]] || fail "$file is not installed"
done
in_root bulkhead load --name busybox /tmp/busybox >/dev/null
said=$(in_root bulkhead run --rm busybox echo hello from the package)
[[ $said == "hello from the package" ]] || fail "the container said: $said"
in_root apt-get remove -y bulkhead >"$work/apt.log" 2>&1 || fail "apt remove: $(cat "$work/apt.log")"
left=$(in_root find /usr /lib -xdev -name '*bulkhead*')
[[ -z $left ]] || fail "left behind: $left"
echo "package_debian: as expected"
