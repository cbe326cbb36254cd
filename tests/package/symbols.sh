#!/bin/sh
# symbols.sh LIBRARY LIST: the library shows exactly the symbols of the list, each under its version.
# symbols.sh LIBRARY: what it shows, for a new list.
set -eu
export LC_ALL=C
command -v nm >/dev/null || { echo "skipped: there is no nm"; exit 77; }
# Without the address, without the versions' own names, and once where C++ has two of a name.
shown() { nm -D --defined-only -C "$1" | sed -n 's/^[0-9a-f]* [TVWBD] //p' | sort -u; }
if [ $# -eq 1 ]; then
  shown "$1"
  exit
fi
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
shown "$1" >"$directory/shown"
grep -v '^#' "$2" >"$directory/listed"
if ! diff "$directory/listed" "$directory/shown"; then
  echo "< is listed in $2 and missing; > is shown and not listed"
  exit 1
fi
echo "$(wc -l <"$directory/shown") symbols"
