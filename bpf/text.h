// Programs as text: the forms that tcpdump -d, -dd and -ddd print, and readers for them.
#ifndef BPFOPT_BPF_TEXT_H
#define BPFOPT_BPF_TEXT_H

#include "bpfopt/error.h"
#include "bpfopt/program.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace bpfopt::bpf {

// As tcpdump -d: "(000) ldh      [12]", one instruction a line, targets absolute.
// Fields that an operation does not use, and the k of "unimp", are not in this text; the other two hold all.
std::string FormatAssembly(const Program& program);
// One line of the above, without the line feed; `index` is printed and resolves jumps.
std::string FormatInstruction(const Instruction& instruction, std::size_t index);
// As tcpdump -dd: "{ 0x28, 0, 0, 0x0000000c },".
std::string FormatC(const Program& program);
// As tcpdump -ddd: the count, then "40 0 0 12" a line.
std::string FormatDecimal(const Program& program);

// More instructions than any kernel or any output of libpcap has: a bound for texts that nobody vouches for.
inline constexpr std::size_t kMaxTextInstructions = std::size_t{1} << 20;

// Reads any of the three, recognised by content. Blank lines and lines that start with '#' or ';' are passed
// over. A program is syntax alone here: Check() says whether it may run. Only what tcpdump -d shows as a jump
// backwards is an error here already, since offsets cannot hold it. Errors carry the place in `text`. Linear
// in the text.
Expected<Program> Parse(std::string_view text);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_TEXT_H
