// How likely a conditional jump is to be taken, by what its accumulator was loaded with: the weights that the
// compiler gives to paths when it has to choose between orders of tests. They say nothing of what programs
// mean.
//
// There is one fixed profile and no other input. It knows a field by its width alone, for the words that
// matter are not the same in fields of one width, wherever a link type has them:
//
//   bytes       6 (TCP) 60 %, 17 (UDP) 20 %, 1 (ICMP), 58 (ICMPv6) and 0 (padding, flags) 3 % each
//   halfwords   0x800 (IPv4) 55 %, 0x86dd (IPv6) 15 %, 0x806 (ARP) 5 %, 443 (HTTPS) 5 %
//   words       nothing: addresses
//
// What is left belongs to the other words in equal shares, but a single word has at least one part in 512,
// for filters ask for what there is. A range of addresses has half. Of masked fields, those that begin or end
// with a whole field go by that; of others single words are equally likely, but for 0x1fff of a halfword (the
// fragment offset), which is mostly 0. A single flag is set in one packet of four.
#ifndef BPFOPT_BPF_LIKELIHOOD_H
#define BPFOPT_BPF_LIKELIHOOD_H

#include "bpfopt/program.h"

#include <cstdint>

namespace bpfopt::bpf {

// Probabilities are counted in parts of this, so that they are the same on every machine.
inline constexpr std::uint32_t kCertain = 1U << 16;

// Whose packets a guess is about: those of the table, or of protocols that nothing asks for, where no word is
// likelier than others. A filter is met by both kinds.
enum class Traffic : std::uint8_t { kUsual, kForeign };

// The likelihood that a loaded field of `width` bytes (0: a value that may be any field) lies in a range.
std::uint32_t Likelihood(unsigned width, std::uint32_t first, std::uint32_t last,
                         Traffic traffic = Traffic::kUsual);

// The same of the bits of `mask` in such a field.
std::uint32_t MaskedLikelihood(unsigned width, std::uint32_t mask, std::uint32_t first, std::uint32_t last,
                               Traffic traffic = Traffic::kUsual);

// What may be in the accumulator at a point of a program.
class Accumulator {
 public:
  explicit Accumulator(Traffic traffic = Traffic::kUsual) : traffic_(traffic) {}

  // Past an instruction that is no jump.
  void Step(std::uint16_t code, std::uint32_t k);
  // Of a conditional jump here: the likelihood that it is taken, at least 1 and less than kCertain.
  std::uint32_t Taken(std::uint16_t code, std::uint32_t k) const;
  // Past that jump.
  void Follow(std::uint16_t code, std::uint32_t k, bool taken);
  // Where two ways join.
  void Meet(const Accumulator& other);

 private:
  void Load(unsigned width);
  std::uint32_t LikelihoodOf(std::uint32_t first, std::uint32_t last) const;

  Traffic traffic_;
  unsigned width_ = 0;        // 0: of a value that is no field
  std::uint32_t mask_ = ~0U;  // its bits that are left
  std::uint32_t first_ = 0;   // it lies between these
  std::uint32_t last_ = ~0U;
  std::uint32_t excluded_ = 0;  // likelihood of words between that it was found not to be
};

// Instructions executed on the way from the entry, by these weights.
double ExpectedPath(const Program& program, Traffic traffic = Traffic::kUsual);

}  // namespace bpfopt::bpf

#endif  // BPFOPT_BPF_LIKELIHOOD_H
