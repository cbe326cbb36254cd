#!/bin/sh
# From a fresh Debian 12 machine to a compiled filter, or to all tests run.
#
#   ./setup.sh install          the Debian packages that the build needs
#   ./setup.sh build            install, and build everything to build/
#   ./setup.sh run FILTER...    build, and compile a filter
#   ./setup.sh test             build, and run all tests
#   ./setup.sh browser          build, install Chromium and what the pages are made of, and try the pages in it
#   ./setup.sh results [--captures DIRECTORY]
#                               build, and measure everything anew: docs/results.md, the figures in README.md
#                               and docs/, and the same as a page, build/bench.html; takes ten minutes or more
#   ./setup.sh sanitize         the tests built with the address and undefined-behaviour sanitizers
#   ./setup.sh fuzz TARGET [SECONDS]
#                               libFuzzer on a target of tests/fuzz (readers, filter, lift); 600 seconds
#   ./setup.sh deb              build, and package as a .deb in build/
#   ./setup.sh lint             the formatting of every file (clang-format)
#
# Works as root or through sudo, reads nothing from standard input, and may be run again.
set -eu
cd "$(dirname "$0")"

packages="g++ cmake ninja-build clang-format clang-tidy tcpdump iproute2 util-linux
  libz3-dev libpcap-dev libfmt-dev libgtest-dev libbenchmark-dev libcli11-dev nlohmann-json3-dev
  libexpected-dev llvm-14-dev libseccomp-dev dpkg-dev file pkg-config"

# One set of options for all uses of build/, so that none of them builds everything anew.
release="-DCMAKE_BUILD_TYPE=Release -DBPFOPT_WERROR=ON -DBPFOPT_PRECOMPILE_TESTS=ON"

say() { printf '== %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

is_installed() {
  dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

install_packages() {
  missing=
  for package in $packages; do
    is_installed "$package" || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  say "installing$missing"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update </dev/null >&2
  # Word splitting is wanted: one argument a package.
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing \
    </dev/null >&2
}

# build DIRECTORY TARGET CMAKE-OPTION...: `all` or one target.
build() {
  directory=$1
  target=$2
  shift 2
  say "building $directory"
  cmake -S . -B "$directory" -G Ninja "$@" >&2
  cmake --build "$directory" --target "$target" >&2
}

run_tests() {
  ctest --test-dir "$1" --output-on-failure -j "$(nproc)"
}

# fuzz TARGET [SECONDS]: new inputs are kept in build-fuzz/corpus, a failing one in build-fuzz.
fuzz() {
  fuzz_target=${1:?a target of tests/fuzz: readers, filter or lift}
  seconds=${2:-600}
  packages="$packages clang libclang-rt-14-dev"
  install_packages
  build build-fuzz "bpfopt_fuzz_$fuzz_target" -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
    -DCMAKE_BUILD_TYPE=Sanitize -DBPFOPT_SANITIZE=address,undefined -DBPFOPT_FUZZ=ON
  mkdir -p "build-fuzz/corpus/$fuzz_target"
  "build-fuzz/tests/bpfopt_fuzz_$fuzz_target" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
    -artifact_prefix=build-fuzz/ "build-fuzz/corpus/$fuzz_target" "tests/fuzz/seeds/$fuzz_target"
}

check_format() {
  say "checking the formatting"
  git ls-files -- '*.cc' '*.h' | xargs clang-format --dry-run -Werror
}

command=${1:-build}
[ $# = 0 ] || shift
case $command in
  install) install_packages ;;
  build)
    install_packages
    build build all $release
    ;;
  run)
    install_packages
    build build bpfopt_cli $release
    exec build/bpfopt "$@"
    ;;
  test)
    install_packages
    build build all $release
    run_tests build
    ;;
  browser)
    packages="$packages chromium fonts-dejavu-core"
    command -v npm >/dev/null 2>&1 || packages="$packages nodejs npm"
    install_packages
    build build bpfopt_cli $release
    build build bpfopt_bench $release
    (cd web && npm ci --no-audit --no-fund) >&2
    ctest --test-dir build --output-on-failure -R '^web\.'
    ;;
  results)
    packages="$packages libdaq2"  # a compiler to compare with
    install_packages
    build build bpfopt_cli $release
    build build bpfopt_bench $release
    build/bpfopt-bench --results docs/results.md --html build/bench.html \
      --update-documents README.md docs/*.md "$@"
    ;;
  sanitize)
    # Clang builds this in two thirds of GCC's time, and warns of other things.
    packages="$packages clang libclang-rt-14-dev"
    install_packages
    build build-sanitize all -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
      -DCMAKE_BUILD_TYPE=Sanitize -DBPFOPT_WERROR=ON -DBPFOPT_SANITIZE=address,undefined -DBPFOPT_PRECOMPILE=ON \
      -DBPFOPT_JUDGES=OFF
    run_tests build-sanitize
    ;;
  deb)
    install_packages
    build build all $release
    (cd build && cpack -G DEB)
    ;;
  fuzz) fuzz "$@" ;;
  lint)
    install_packages
    check_format
    ;;
  *)
    say "unknown command '$command'; see the first lines of $0"
    exit 2
    ;;
esac
