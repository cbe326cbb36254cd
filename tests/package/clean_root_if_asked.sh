#!/bin/sh
# clean_root_if_asked.sh DIRECTORY EXAMPLES: clean_root.sh on the package in a directory.
set -eu
[ "${BPFOPT_CLEAN_ROOT:-}" = 1 ] || { echo "skipped: BPFOPT_CLEAN_ROOT=1 is not set"; exit 77; }
exec sh "$(dirname "$0")/clean_root.sh" "$1"/bpfopt_*.deb "$2"
