#!/bin/sh
# valgrind.sh PROGRAM: no wrong read, nothing lost.
set -eu
command -v valgrind >/dev/null || { echo "skipped: there is no valgrind"; exit 77; }
exec valgrind --quiet --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite,indirect "$1"
