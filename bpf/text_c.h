// Reads programs as initialisers in C.
#ifndef BPFOPT_BPF_TEXT_C_H
#define BPFOPT_BPF_TEXT_C_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <string_view>

namespace bpfopt::bpf {

// A word that opens a row by itself: BPF_STMT or BPF_JUMP.
bool StartsCRow(std::string_view word);

//   text:  rows | declaration '=' '{' rows '}' ';'     such as struct sock_filter code[] = { ... };
//   row:   { code, jt, jf, k }                         fields in order, or named: { .code = 6, .k = 1 }
//        | BPF_STMT(code, k) | BPF_JUMP(code, k, jt, jf)
//   field: numbers and names of linux/filter.h, combined by |, +, - and parentheses
//
// Commas between rows may be missing. Comments are /* */ and //; lines that start with '#' are passed over,
// but for conditions, which nothing here could evaluate.
Expected<Program> ReadC(std::string_view text);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_TEXT_C_H
