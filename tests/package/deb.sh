#!/bin/sh
# deb.sh BUILD DIRECTORY EXAMPLES: makes the .deb and has dpkg unpack it into a root of its own, where this machine's
# packages count as installed; what it put there is used. clean_root.sh has the same with nothing but Debian's base.
set -eu
build=$1 directory=$2 examples=$3
for tool in cpack dpkg dpkg-deb dpkg-shlibdeps; do
  command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
[ -s /var/lib/dpkg/status ] || { echo "skipped: dpkg knows no packages here"; exit 77; }
rm -rf "$directory"
mkdir -p "$directory"
cd "$build"
cpack -G DEB -B "$directory" -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip >"$directory/cpack.log"
deb=$(ls "$directory"/bpfopt_*.deb)

depends=$(dpkg-deb -f "$deb" Depends)
for package in libc6 libstdc++6 libz3-4 libpcap0.8 libfmt9 libexpected-dev; do
  case ", $depends," in
    *", $package,"* | *", $package ("*) ;;
    *) echo "the package does not depend on $package: $depends"; exit 1 ;;
  esac
done
if dpkg-deb -c "$deb" | grep -qv ' root/root '; then echo "files of others than root"; exit 1; fi

[ "$(id -u)" = 0 ] || { echo "skipped after a look at the package: only root installs"; exit 77; }
root=$directory/root
mkdir -p "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/info"
cp /var/lib/dpkg/status "$root/var/lib/dpkg/status"
# Unpacked, not configured: there is no shell in this root to run its ldconfig.
dpkg --root="$root" --unpack "$deb" >"$directory/dpkg.log" 2>&1 || { cat "$directory/dpkg.log"; exit 1; }
dpkg --root="$root" -s bpfopt | grep -q '^Status: install ok unpacked'
"$root/usr/bin/bpfopt" 'tcp port 80' | grep -q '^(000) ldh'
"$root/usr/bin/bpfopt" exec -- true  # finds its library
if command -v python3 >/dev/null; then
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/usr/lib/python3/dist-packages python3 "$examples/filter.py" | grep -q 'ld  *\[random\]'
fi
