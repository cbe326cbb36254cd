// How an instruction looks in the text of tcpdump -d: mnemonic and form of the operand, by code. The
// writer and the reader both work from this one table.
#ifndef BPFOPT_BPF_TEXT_SHAPE_H
#define BPFOPT_BPF_TEXT_SHAPE_H

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bpfopt::bpf {

enum class OperandForm {
  kNone,          // "tax"
  kX,             // "x"
  kDecimal,       // "#-1"
  kHexadecimal,   // "#0x1f"
  kPacketLength,  // "#pktlen"
  kAbsolute,      // "[12]", or a name for an ancillary word: "[vlan_tci]"
  kIndirect,      // "[x + 14]"
  kHeaderLength,  // "4*([14]&0xf)"
  kScratch,       // "M[3]"
  kJumpTarget,    // "19": the number of an instruction; in bpf_asm's text, a label
  kAccumulator,   // "a": bpf_asm's text alone
};

struct Shape {
  std::uint16_t code;
  std::string_view mnemonic;
  OperandForm form;
};

// Every code that tcpdump -d has a mnemonic for. All others are shown as "unimp" with the code as operand.
std::span<const Shape> Shapes();
const Shape* FindShape(std::uint16_t code);

// "#k", for messages.
std::string_view DescribeForm(OperandForm form);
// Immediates are one form to a reader, in whatever base they are printed.
bool SameForm(OperandForm a, OperandForm b);

// The name that stands for an absolute load's k, as in "[vlan_tci]"; empty when it has none.
std::string_view AncillaryName(std::uint32_t k);
std::optional<std::uint32_t> FindAncillary(std::string_view name);

inline constexpr std::string_view kUnknownMnemonic = "unimp";

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_TEXT_SHAPE_H
