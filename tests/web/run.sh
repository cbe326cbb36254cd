#!/bin/sh
# run.sh units|bundle|browser SCREENSHOTS: one kind of tests of the pages; 77 where it is skipped.
set -eu
cd "$(dirname "$0")"

skip() {
  echo "skipped: $*"
  exit 77
}

command -v node >/dev/null 2>&1 || skip "Node is not installed"
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' || skip "Node is older than version 18"
case $1 in
  units) exec node --test align.test.mjs bpf.test.mjs capture.test.mjs dissect.test.mjs growth.test.mjs schema.test.mjs ;;
  bundle)
    [ -d ../../web/node_modules/esbuild ] || skip "web/node_modules is not installed (npm ci in web/)"
    made=$(mktemp -d)
    trap 'rm -rf "$made"' EXIT
    node ../../web/build.mjs "$made"
    diff -rq ../../web/dist "$made" || { echo "web/dist is not what web/src makes: run 'npm run build' in web/"; exit 1; }
    ;;
  browser)
    why=$(node -e 'import("./browser.mjs").then((m) => console.log(m.missing() ?? ""))')
    [ -z "$why" ] || skip "$why"
    [ -n "${BPFOPT_COMMAND:-}" ] || skip "no bpfopt to make pages with (under the sanitizers)"
    BPFOPT_SCREENSHOTS=$2 exec node --test browser.test.mjs
    ;;
esac
