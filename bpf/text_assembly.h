// Reads one line of tcpdump -d.
#ifndef BPFOPT_BPF_TEXT_ASSEMBLY_H
#define BPFOPT_BPF_TEXT_ASSEMBLY_H

#include "bpf/text_scan.h"
#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <cstddef>

namespace bpfopt::bpf {

// "(002) jeq      #0x800           jt 3	jf 5", where `index` is 2. Numbers may be decimal or
// hexadecimal and blanks are free; the number in front must be `index`, since targets are counted by it.
Expected<Instruction> ReadAssemblyLine(const Scanner& line, std::size_t index);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_TEXT_ASSEMBLY_H
