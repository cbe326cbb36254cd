#!/bin/sh
# symbols.sh LIBRARY LIST: the library shows exactly the symbols of the list, each under its version.
set -eu
export LC_ALL=C
command -v nm >/dev/null || { echo "skipped: there is no nm"; exit 77; }
shown=$(mktemp)
listed=$(mktemp)
trap 'rm -f "$shown" "$listed"' EXIT
# Without the address, and without the versions' own names.
nm -D --defined-only -C "$1" | sed -n 's/^[0-9a-f]* [TVWBD] //p' | sort >"$shown"
grep -v '^#' "$2" | sort >"$listed"
if ! diff "$listed" "$shown"; then
  echo "< is listed in $2 and missing; > is shown and not listed"
  exit 1
fi
echo "$(wc -l <"$shown") symbols"
