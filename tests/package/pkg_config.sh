#!/bin/sh
# pkg_config.sh CC CXX EXAMPLES DIRECTORY: the examples by the compiler's command line, with pkg-config's flags.
set -eu
command -v pkg-config >/dev/null || { echo "skipped: there is no pkg-config"; exit 77; }
cc=$1 cxx=$2 examples=$3
mkdir -p "$4"
cd "$4"
# Word splitting is wanted.
# shellcheck disable=SC2046
{
  $cc -std=gnu11 -Wall -Werror "$examples/filter.c" -o c $(pkg-config --cflags --libs bpfopt) -lpcap
  $cxx -std=c++20 -Wall -Werror "$examples/filter.cc" -o cxx $(pkg-config --cflags --libs bpfopt)
  $cc -std=gnu11 "$examples/filter.c" -o c_static $(pkg-config --cflags bpfopt) \
    -Wl,-Bstatic -lbpfopt -L"$(pkg-config --variable=libdir bpfopt)" -Wl,-Bdynamic \
    $(pkg-config --static --libs bpfopt | sed 's/-lbpfopt//')
}
for program in c cxx c_static; do
  "./$program" | grep -q '^(000) ldh'
done
