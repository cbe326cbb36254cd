// Random functions that keep every invariant, and packets that reach into them: the input of property tests
// of the IR, of passes and of the backend. The same generator state gives the same result on every machine.
#ifndef BPFOPT_TESTS_IR_RANDOM_FUNCTION_H
#define BPFOPT_TESTS_IR_RANDOM_FUNCTION_H

#include "ir/function.h"

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace bpfopt::ir {

struct RandomOptions {
  Target target = Target::kPcap;  // kPcap or kLinux
  unsigned blocks = 12;           // at most; what cannot be reached is dropped
  unsigned max_offset = 32;       // of absolute loads
  unsigned depth = 3;             // of operations in one value
  bool based_loads = true;
  bool arithmetic = true;  // all operations; else only masks and shifts by constants
  bool parameters = true;
  bool switches = true;
  bool wire_length = true;
  bool computed_verdicts = true;  // a few returns of what is no constant
  bool wide_shifts = true;        // a few shifts by words of 32 and more
  bool ancillary = false;         // ancillary words, draws and device effects; for kLinux
};

// Check() finds nothing wrong with it.
Function RandomFunction(std::mt19937& random, const RandomOptions& options = {});

struct RandomPacket {
  std::vector<std::uint8_t> captured;
  std::uint32_t wire_length = 0;
};

// Packets for one function: short ones of every length, with the function's own constants, or words near
// them, where it loads.
class PacketSource {
 public:
  explicit PacketSource(const Function& function);
  RandomPacket Next(std::mt19937& random) const;

 private:
  struct Field {
    std::uint32_t offset;
    unsigned width;
    bool is_based;
  };
  std::vector<Field> fields_;
  std::vector<std::uint32_t> words_;
  // Words that a test compares with a load and nothing else, by field.
  std::vector<std::pair<Field, std::uint32_t>> tested_;
  std::uint32_t longest_ = 16;
};

}  // namespace bpfopt::ir

#endif  // BPFOPT_TESTS_IR_RANDOM_FUNCTION_H
