#!/bin/sh
# man.sh DIRECTORY BPFOPT: the pages are sound roff, and bpfopt(1) has every subcommand and every option.
set -eu
pages=$1 bpfopt=$2
failed=0
page=$(sed 's/\\-/-/g; s/\\f.//g; s/"//g' "$pages/man1/bpfopt.1")
subcommands=$("$bpfopt" --help | sed -n '/^Subcommands/,/^Options end/s/^  \([a-z]*\) .*/\1/p')
for subcommand in $subcommands; do
  printf '%s\n' "$page" | grep -q "^\.BR $subcommand " || { echo "bpfopt.1 lacks the subcommand $subcommand"; failed=1; }
  for option in $("$bpfopt" "$subcommand" --help | sed -n 's/^  \(-[^ ]*\).*/\1/p' | tr ',' ' '); do
    printf '%s\n' "$page" | grep -q -e "^\.BR\{0,1\} .*$option\([ 0]\|\$\)" || { echo "bpfopt.1 lacks $option of $subcommand"; failed=1; }
  done
done
if command -v groff >/dev/null; then
  for page in "$pages"/man?/*; do
    complaints=$(groff -man -ww -z "$page" 2>&1)
    [ -z "$complaints" ] || { echo "$complaints"; failed=1; }
  done
else
  echo "groff is not there: the roff is not looked at"
fi
exit $failed
