// Programs as text: writers for the forms that programs are exchanged in, and one reader for all of them.
#ifndef BPFOPT_BPF_TEXT_H
#define BPFOPT_BPF_TEXT_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace bpfopt::bpf {

// As tcpdump -d: "(000) ldh      [12]", one instruction a line, targets absolute.
// Fields that an operation does not use, and the k of "unimp", are not in this text, nor in bpf_asm's; the
// others hold all.
std::string FormatAssembly(const Program& program);
// One line of the above, without the line feed; `index` is printed and resolves jumps.
std::string FormatInstruction(const Instruction& instruction, std::size_t index);
// As tcpdump -dd: "{ 0x28, 0, 0, 0x0000000c },".
std::string FormatC(const Program& program);
// As tcpdump -ddd: the count, then "40 0 0 12" a line.
std::string FormatDecimal(const Program& program);
// The same on one line, with commas: "1,6 0 0 0".
std::string FormatIptables(const Program& program);
// For the kernel's bpf_asm: "ldh [12]", with labels. A reader takes only programs that CheckForBpfAsm passes.
std::string FormatBpfAsm(const Program& program);
// An error when bpf_asm has no text for the program: an operation that it does not know, a jump past the end,
// more instructions than it takes.
Expected<void> CheckForBpfAsm(const Program& program);

// More instructions than any kernel or any output of libpcap has: a bound for texts that nobody vouches for.
inline constexpr std::size_t kMaxTextInstructions = std::size_t{1} << 20;

// Reads any of the forms, recognised by the first token after comments:
//   "(" tcpdump -d | "{" C | a count tcpdump -ddd, before a comma or after a quote iptables
//   a label or a mnemonic bpf_asm | BPF_STMT, BPF_JUMP or another word before some brace C
// In the forms of tcpdump blank lines and lines that start with '#' or ';' are passed over; the headers of
// the other readers say what else they take. A program is syntax alone here: Check() says whether it may run.
// Only a jump backwards in a form that names its targets is an error here already, since offsets cannot hold
// it. Errors carry the place in `text`. Time and memory are linear in the text, but for sorting labels.
Expected<Program> Parse(std::string_view text);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_TEXT_H
