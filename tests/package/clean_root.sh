#!/bin/sh
# clean_root.sh DEB EXAMPLES [ROOT]: installs the package into a Debian 12 that has nothing but the base system, and uses
# it there. Needs root, debootstrap and Debian's mirror, and takes some minutes: run it by hand. A ROOT is kept for
# the next time.
set -eu
deb=$(realpath "$1")
examples=$(realpath "$2")
[ "$(id -u)" = 0 ] || { echo "skipped: only root makes a root"; exit 77; }
command -v debootstrap >/dev/null || { echo "skipped: there is no debootstrap"; exit 77; }

if [ $# -ge 3 ]; then
  root=$3
else
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
fi
[ -x "$root/usr/bin/dpkg" ] || debootstrap --variant=minbase bookworm "$root" ${MIRROR:+"$MIRROR"} >&2
in_root() { chroot "$root" env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

# What an installer would write: the example asks for localhost.
echo "127.0.0.1 localhost" >"$root/etc/hosts"
mkdir -p "$root/try"
cp "$deb" "$root/try/bpfopt.deb"
cp "$examples"/* "$root/try/"
in_root apt-get -qq update
in_root apt-get -qq -y --no-install-recommends install /try/bpfopt.deb >&2

say() { echo "== $*"; }
say "the command"
in_root bpfopt 'tcp port 80' | grep -q '^(000) ldh'
say "man pages and completion"
in_root test -s /usr/share/man/man1/bpfopt.1 -a -s /usr/share/man/man7/bpfopt-filter.7
in_root bash -c 'source /usr/share/bash-completion/completions/bpfopt && complete -p bpfopt' >/dev/null
say "Python"
in_root apt-get -qq -y --no-install-recommends install python3 >&2
in_root python3 /try/filter.py | grep -q 'ld  *\[random\]'
say "C and C++"
# The root's own shell expands these.
# shellcheck disable=SC2016
in_root apt-get -qq -y --no-install-recommends install g++ pkg-config libpcap-dev >&2
in_root sh -c 'cd /try && gcc filter.c -o c $(pkg-config --cflags --libs bpfopt) -lpcap && ./c' | grep -q '^(000) ldh'
in_root sh -c 'cd /try && g++ -std=c++20 filter.cc -o cxx $(pkg-config --cflags --libs bpfopt) && ./cxx' | grep -q '^(000) ldh'
say "removed, nothing is left"
in_root apt-get -qq -y purge bpfopt >&2
if in_root find /usr /etc /var/lib -name '*bpfopt*' -not -path '/var/lib/dpkg/*' | grep .; then exit 1; fi
say "the package is good"
