#!/bin/bash
# completion.sh SCRIPT BPFOPT: what bash offers after a few beginnings of a command line.
set -u
# shellcheck disable=SC1090
source "$1"
bpfopt=$2
failures=0

# expect WANTED... -- WORD...: each WANTED is offered for the last word.
expect() {
  local wanted=()
  while [[ $1 != -- ]]; do wanted+=("$1"); shift; done
  shift
  COMP_WORDS=("$bpfopt" "$@")
  COMP_CWORD=$#
  _bpfopt
  for word in "${wanted[@]}"; do
    if [[ " ${COMPREPLY[*]} " != *" $word "* ]]; then
      echo "$*: $word is not among: ${COMPREPLY[*]}"
      failures=$((failures + 1))
    fi
  done
}

expect compile optimize disasm verify implies run compare graph report exec -- ''
expect optimize -- opt
expect --link-type --format --stats -y -O -- -
expect -O0 -O3 -- -O
expect EN10MB -- -y EN1
expect LINUX_SLL2 IEEE802_11_RADIO -- --link-type ''
expect asm c decimal iptables bpf_asm raw json -- --format ''
expect iptables -- optimize --format ipt
expect --log --cache -- exec --
expect dot svg -- graph --format ''
expect strict faithful -- --equal ''
expect pcap linux seccomp -- verify --target ''
expect merge-tails -- --disable-pass merge
expect resolve simplify -- --print-after ''
expect --counterexample -- verify --c
expect "$1" -- -F "${1%?}"
COMP_WORDS=("$bpfopt" --format nothing-begins-so)
COMP_CWORD=2
_bpfopt
[[ ${#COMPREPLY[@]} -eq 0 ]] || { echo "offers ${COMPREPLY[*]}"; failures=$((failures + 1)); }
exit $((failures > 0))
