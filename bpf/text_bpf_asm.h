// Reads and writes the assembly of the Linux kernel's bpf_asm (tools/bpf;
// Documentation/networking/filter.rst):
//
//           ldh [12]
//           jne #0x806, drop
//           ret #-1
//   drop:   ret #0
#ifndef BPFOPT_BPF_TEXT_BPF_ASM_H
#define BPFOPT_BPF_TEXT_BPF_ASM_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bpfopt::bpf {

bool IsBpfAsmMnemonic(std::string_view word);

// The ancillary word of a load such as "ld #vlan_tci", as an absolute load's k.
std::optional<std::uint32_t> FindBpfAsmExtension(std::string_view name);
// The other way; empty when bpf_asm has no name for it.
std::string_view BpfAsmExtension(std::uint32_t k);

// Mnemonics in either case; labels before instructions, on lines of their own or not, more than one if need
// be. A conditional jump without a second label falls through. jne (jneq), jlt and jle are jeq, jge and jgt
// with the labels swapped. Comments are ';' to the end of the line, /* */, and lines that start with '#'.
// Line feeds are blanks. A jump backwards, an offset above 255 in a conditional one, a label that is missing
// or given twice and an operand that the instruction does not have are errors at their place. Reads from
// `begin` on. Time is n log n in the labels.
Expected<Program> ReadBpfAsm(std::string_view text, std::size_t begin);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_TEXT_BPF_ASM_H
