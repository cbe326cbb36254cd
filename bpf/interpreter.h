// What a program does with one packet: the reference meaning of docs/proof.md, one instruction at a
// time. It is the judge of every counterexample, so it is simple rather than fast.
#ifndef BPFOPT_BPF_INTERPRETER_H
#define BPFOPT_BPF_INTERPRETER_H

#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace bpfopt::bpf {

struct Packet {
  std::span<const std::uint8_t> captured;  // captured length = captured.size() + more_captured
  std::uint32_t wire_length = 0;           // what `ld #pktlen` loads; independent of the captured length

  // The rest of the packet, for meaning S* (docs/proof.md): when set, a load past the captured bytes
  // reads continuation(address) instead of faulting. Addresses are up to 33 bits wide, and 32 bits under
  // kLinux, where those from 2^31 on are signed offsets: past every packet's end, except in
  // Ancillary::negative's range.
  std::function<std::uint8_t(std::uint64_t address)> continuation = {};

  // Of a packet that is too long to be held: how many captured bytes follow those of `captured`, and what
  // they are; 0 where the function is absent.
  std::uint64_t more_captured = 0;
  std::function<std::uint8_t(std::uint64_t address)> more = {};
};

// Answers for loads that the packet does not decide (target linux). Absent functions answer 0.
struct Ancillary {
  // A load at k >= SKF_AD_OFF, by k - SKF_AD_OFF; not asked for random, alu_xor_x, nlattr, nlattr_nest.
  std::function<std::uint32_t(std::uint32_t offset)> word;
  // SKF_AD_RANDOM; `instruction` is the index of the drawing instruction.
  std::function<std::uint32_t(std::size_t instruction)> random;
  // nlattr and nlattr_nest, by A and X.
  std::function<std::uint32_t(std::uint32_t offset, std::uint32_t a, std::uint32_t x)> nlattr;
  // k in [SKF_LL_OFF, SKF_AD_OFF), be it a constant or X + k: the word, of which a load takes the low `width`
  // bytes; or nothing when the load faults, which it does whether or not the packet has a continuation.
  std::function<std::optional<std::uint32_t>(std::uint32_t k, unsigned width)> negative;
  bool has_device = true;  // without one, ifindex and hatype end the program with A as verdict
};

enum class End {
  kReturn,     // a ret
  kFault,      // a load past the captured length
  kDivision,   // division or modulus by X == 0
  kNoDevice,   // ifindex or hatype without a device
  kMalformed,  // ran past the end or met what the target gives no meaning: Check() would have refused it
};

struct Outcome {
  std::uint32_t verdict = 0;  // bytes to keep; 0 rejects
  End end = End::kReturn;
  std::size_t executed = 0;  // instructions, the last one included

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// One executed instruction and the registers after it; for explanations.
struct Step {
  std::size_t instruction;
  std::uint32_t a;
  std::uint32_t x;
};

// Runs `program`, which need not have passed the checker: it never reads outside of its inputs and
// always ends. Under kSeccomp `packet.captured` is a struct seccomp_data in host byte order; bytes that it
// lacks read as 0, and `ld #pktlen` is its size.
Outcome Run(const Program& program, Target target, const Packet& packet, const Ancillary& ancillary = {},
            std::vector<Step>* trace = nullptr);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_INTERPRETER_H
