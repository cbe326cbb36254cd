#!/bin/sh
# python.sh ARGUMENT...: Python 3.9 or later.
set -eu
command -v python3 >/dev/null || { echo "skipped: there is no python3"; exit 77; }
python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' || { echo "skipped: python3 is too old"; exit 77; }
# Nothing is written into the source tree.
exec env PYTHONDONTWRITEBYTECODE=1 python3 "$@"
