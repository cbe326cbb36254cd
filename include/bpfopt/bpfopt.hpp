// Everything that a user of the library in C++ needs; bpfopt/bpfopt.h is the library in C.
#ifndef BPFOPT_BPFOPT_HPP
#define BPFOPT_BPFOPT_HPP

#include "bpfopt/compiler.h"     // a filter in, a proven program out
#include "bpfopt/explain.h"      // which parts of a filter instructions come from
#include "bpfopt/file_reader.h"  // the files that filters name
#include "bpfopt/filter.h"       // filters written in C++
#include "bpfopt/format.h"       // programs as text
#include "bpfopt/kernel.h"       // what the Linux kernel needs for a program
#include "bpfopt/libpcap.h"      // what libpcap makes of a filter
#include "bpfopt/lower_bound.h"  // how small can an equal program get
#include "bpfopt/optimizer.h"    // a program in, a smaller proven one out
#include "bpfopt/resolver.h"     // names to addresses
#include "bpfopt/savefile.h"     // captures in files
#include "bpfopt/verify.h"       // are two programs equal, may one run, what does it do

#endif  // BPFOPT_BPFOPT_HPP
