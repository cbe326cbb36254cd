# bash completion for bpfopt. What can follow is asked of bpfopt itself: its --help, -L and --list-passes.

_bpfopt_help() { "$1" ${2:+"$2"} --help 2>/dev/null; }

_bpfopt_subcommands() {
  _bpfopt_help "$1" | sed -n '/^Subcommands/,/^Options end/s/^  \([a-z]*\) .*/\1/p'
}

_bpfopt_options() {
  _bpfopt_help "$1" "$2" | sed -n 's/^  \(-[^ ]*\).*/\1/p' | tr ',' '\n'
}

# _bpfopt_choices COMMAND SUBCOMMAND OPTION: of an option that is one of a few words.
_bpfopt_choices() {
  _bpfopt_help "$1" "$2" | sed -n "s/^  \\(-.,\\)\\{0,1\\}$3 :{\\([^}]*\\)}.*/\\2/p" | tr ',' '\n'
}

_bpfopt() {
  local command=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local subcommand='' subcommands candidates=''
  subcommands=$(_bpfopt_subcommands "$command")
  if [[ $COMP_CWORD -gt 1 && $'\n'$subcommands$'\n' == *$'\n'"${COMP_WORDS[1]}"$'\n'* ]]; then
    subcommand=${COMP_WORDS[1]}
  fi
  COMPREPLY=()

  case $previous in
    -y | --link-type) candidates=$("$command" -L 2>/dev/null | cut -d' ' -f1) ;;
    --disable-pass) candidates=$("$command" --list-passes 2>/dev/null | cut -d' ' -f1) ;;
    --print-after | --stop-after)
      candidates=$(echo parse resolve lower lift emit; "$command" --list-passes 2>/dev/null | cut -d' ' -f1)
      ;;
    -O) candidates='0 1 2 3' ;;
    -F | --file | -r | -w | -o | --hosts | --counterexample)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --*) candidates=$(_bpfopt_choices "$command" "$subcommand" "$previous") ;;
  esac

  if [[ -z $candidates && $current == -* ]]; then
    candidates=$(_bpfopt_options "$command" "$subcommand")
    [[ $current == -O* ]] && candidates='-O0 -O1 -O2 -O3'
  elif [[ -z $candidates && $COMP_CWORD -eq 1 ]]; then
    candidates=$subcommands
  elif [[ -z $candidates ]]; then
    case $subcommand in
      optimize | disasm | verify | implies) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
      exec) mapfile -t COMPREPLY < <(compgen -c -- "$current") ;;
    esac
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
}

complete -o filenames -F _bpfopt bpfopt
