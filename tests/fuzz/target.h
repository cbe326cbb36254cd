// What each fuzz target consists of. libFuzzer calls the first function with inputs that it evolves;
// standalone.cc, in every other build, with a fixed number of seeds, mutated seeds and structured inputs.
#ifndef BPFOPT_TESTS_FUZZ_TARGET_H
#define BPFOPT_TESTS_FUZZ_TARGET_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

// Ends the process when a property does not hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace bpfopt::fuzz {

// An input of the shape that the target looks for, which mutation alone hardly finds.
std::string StructuredInput(std::mt19937& random);

inline void Require(bool holds, std::string_view property, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n%.*s\n", static_cast<int>(property.size()), property.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

}  // namespace bpfopt::fuzz

#endif  // BPFOPT_TESTS_FUZZ_TARGET_H
