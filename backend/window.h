// Windows: parts of a program that are entered at one place, work on A alone and leave by a few exits. What a
// superoptimizer replaces.
//
//   (003) ldb      [23]                        ldb  [23]
//   (004) jeq      #0x6    jt 10 jf 5          jeq  #0x6    jt exit 0 jf 2
//   (005) jeq      #0x11   jt 10 jf 6     is   jeq  #0x11   jt exit 0 jf 3
//   (006) jeq      #0x84   jt 10 jf 11         jeq  #0x84   jt exit 0 jf exit 1
//
// A window loads from the packet, computes with constants and compares with constants. It does not touch X or
// the scratch words; loads of X that stand between its first instructions move before it.
#ifndef BPFOPT_BACKEND_WINDOW_H
#define BPFOPT_BACKEND_WINDOW_H

#include "backend/machine.h"
#include "bpfopt/program.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace bpfopt::backend {

// The blocks of a program that has passed bpf::Check. A jump to program.size() + i, which no such program
// has, becomes one to block kFirstExit + i. `draws` are as in LaidOut.
inline constexpr std::uint32_t kFirstExit = 0x80000000;
MachineFunction FormBlocks(const Program& program, const std::map<std::size_t, std::uint32_t>& draws);

// A packet byte at `offset`, or at X + offset.
struct ByteAddress {
  bool indirect = false;
  std::uint32_t offset = 0;
  friend auto operator<=>(const ByteAddress&, const ByteAddress&) = default;
};

struct Window {
  // Entered before instruction `begin` of `block`; the rest of the block is part of it.
  std::uint32_t block = 0;
  std::size_t begin = 0;
  // Jumps to code.size() + i leave by exit i.
  Program code;
  std::vector<std::uint32_t> exits;         // blocks of the function
  std::vector<bool> a_is_live;              // by exit: what comes after it reads A
  std::uint32_t possible_a = 0xffffffff;    // bits that A may have when the window is entered
  bool reads_a = false;                     // the window looks at A as it is when it is entered
  std::vector<MachineInstruction> hoisted;  // loads of X that move before it
  std::vector<ByteAddress> bytes;           // all that `code` loads, ascending
};

struct WindowLimits {
  std::size_t instructions = 10;
  std::size_t exits = 4;
};

// Windows of two instructions and more, smaller ones first. `function` is simplified.
std::vector<Window> FindWindows(const MachineFunction& function, const WindowLimits& limits);

// `code`, with exits as the window's, in its place. Simplified.
MachineFunction Replace(const MachineFunction& function, const Window& window, const Program& code);

// What a window does: which way it leaves and with what in A. `bytes` are the values of the window's bytes;
// nothing when the code does what no window does.
struct Departure {
  std::size_t exit = 0;
  std::uint32_t a = 0;
  friend bool operator==(const Departure&, const Departure&) = default;
};
std::optional<Departure> RunWindow(const Program& code, const std::vector<ByteAddress>& addresses,
                                   std::uint32_t a, const std::vector<std::uint8_t>& bytes);

// A's value after one instruction that is no load and no jump; nothing when a window may not have it.
std::optional<std::uint32_t> Compute(const Instruction& instruction, std::uint32_t a);
bool IsTaken(std::uint16_t jump, std::uint32_t a, std::uint32_t k);
// Of a packet load, by the values of bytes; nothing when it loads others.
std::optional<std::uint32_t> LoadFrom(const Instruction& load, const std::vector<ByteAddress>& addresses,
                                      const std::vector<std::uint8_t>& bytes);

}  // namespace bpfopt::backend

#endif  // BPFOPT_BACKEND_WINDOW_H
