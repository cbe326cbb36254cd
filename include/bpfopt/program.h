// Classic BPF programs, and the two choices that fix what a program means and what "equal" means.
#ifndef BPFOPT_PROGRAM_H
#define BPFOPT_PROGRAM_H

#include <cstdint>
#include <vector>

namespace bpfopt {

// One classic BPF instruction. Same layout as struct sock_filter (linux/filter.h) and struct bpf_insn
// (pcap/bpf.h), so an array of these can be handed to either.
struct Instruction {
  std::uint16_t code = 0;
  std::uint8_t jt = 0;  // conditional jumps: offset when true, counted from the next instruction
  std::uint8_t jf = 0;  // conditional jumps: offset when false
  std::uint32_t k = 0;

  friend bool operator==(const Instruction&, const Instruction&) = default;
};
static_assert(sizeof(Instruction) == 8);

using Program = std::vector<Instruction>;

// Whose rules a program runs under. They differ in shifts by X >= 32, in the address X + k, and in
// loads at negative offsets; see docs/proof.md.
enum class Target {
  kPcap,     // libpcap's interpreter (pcap/bpf_filter.c) and the BSDs
  kLinux,    // the Linux kernel (net/core/filter.c)
  kSeccomp,  // the Linux kernel, over struct seccomp_data (kernel/seccomp.c)
};

// When a result R counts as equal to its source S.
enum class Relation {
  // The same verdict for every packet, captured length, wire length and ancillary data.
  kStrict,
  // The same verdict on every complete packet, and no fault of R on a packet that S accepts: the two
  // may differ only on packets too short for some field that S reads.
  kFaithful,
};

}  // namespace bpfopt

#endif  // BPFOPT_PROGRAM_H
