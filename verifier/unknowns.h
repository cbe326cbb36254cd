// What a proof is for all values of: packet bytes, the two lengths, and what the kernel answers. Both
// programs of a proof load through one Unknowns, so an equal load is an equal term.
//
//   packet bytes         one array, addresses of 34 bits (X + k and the width's carry)
//   captured length      a word; a load at a faults unless a + width <= captured length, in 34 bits
//   wire length          a word, independent of the captured length
//   ancillary words      a word for each offset
//   random draws         a word for each draw; the caller says which draws are the same
//   negative offsets     for each width an array from 32-bit offsets to words, and one to fault bits
//   nlattr, nlattr_nest  for each an array from (A, X) to words
//   the device           a bit: is there one
//
// A load at X + k follows the rules of the target: a 33-bit sum under libpcap's; under the kernel's a 32-bit
// sum, negative from 2^31 on.
#ifndef BPFOPT_VERIFIER_UNKNOWNS_H
#define BPFOPT_VERIFIER_UNKNOWNS_H

#include "bpfopt/program.h"
#include "smt/term.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

namespace bpfopt::verifier {

// A load's value, and the condition under which it does not end the program: with the true captured length,
// and in the meaning S* of docs/proof.md.
struct Load {
  smt::Term value;  // 32 bits
  smt::Term within;
  smt::Term within_complete;
};

class Unknowns {
 public:
  // Records of what was loaded, in the order of the first encounter, to read a packet off a model.
  struct Selected {
    smt::Term array;
    smt::Term address;
    smt::Term value;  // the byte there
  };
  struct NegativeLoad {
    smt::Term offset;  // 32 bits
    unsigned width;
    smt::Term value;
    smt::Term present;
  };
  struct AttributeLoad {
    std::uint32_t kind;  // SKF_AD_NLATTR or SKF_AD_NLATTR_NEST
    smt::Term a;
    smt::Term x;
    smt::Term value;
  };

  Unknowns(smt::Context& terms, Target rules);

  Load Absolute(std::uint32_t k, unsigned width);
  Load Indirect(smt::Term x, std::uint32_t k, unsigned width);
  smt::Term WireLength();
  smt::Term AncillaryWord(std::uint32_t offset);
  smt::Term Attribute(std::uint32_t kind, smt::Term a, smt::Term x);
  smt::Term HasDevice();
  // `name` identifies the draw.
  smt::Term Draw(const std::string& name);

  smt::Term captured_length() const { return captured_length_; }
  smt::Term wire_length() const { return wire_length_; }

  // Every unknown in an order that suits diagrams: as programs meet them, the lengths last.
  std::vector<smt::Term> Order() const;

  smt::Term packet() const { return packet_; }
  // Bytes of all arrays. The address of one depends on earlier ones only.
  const std::vector<Selected>& selected() const { return selected_; }
  const std::vector<NegativeLoad>& negative_loads() const { return negative_loads_; }
  const std::vector<AttributeLoad>& attribute_loads() const { return attribute_loads_; }
  const std::map<std::uint32_t, smt::Term>& ancillary_words() const { return ancillary_words_; }
  const std::map<std::string, smt::Term>& draws() const { return draws_; }
  smt::Term device() const { return device_; }  // invalid when nothing asked

  // Do libpcap's rules and the kernel's differ for some load so far?
  bool rules_differ() const { return rules_differ_; }

 private:
  Load SeccompWord(std::uint32_t k);
  Load At(smt::Term address, unsigned width);  // 34 bits, or under the kernel's rules 32 zero-extended
  smt::Term PacketValue(smt::Term address, unsigned width);
  smt::Term Byte(smt::Term array, smt::Term address);
  Load Negative(smt::Term offset, unsigned width);
  void Note(smt::Term unknown);

  smt::Context& terms_;
  const Target rules_;
  smt::Term packet_;
  smt::Term captured_length_;
  smt::Term wire_length_;
  smt::Term device_;
  bool rules_differ_ = false;
  std::vector<smt::Term> order_;
  std::unordered_set<std::uint32_t> noted_;  // by id
  std::vector<Selected> selected_;
  std::vector<NegativeLoad> negative_loads_;
  std::vector<AttributeLoad> attribute_loads_;
  std::map<std::uint32_t, smt::Term> ancillary_words_;
  std::map<std::string, smt::Term> draws_;
};

}  // namespace bpfopt::verifier

#endif  // BPFOPT_VERIFIER_UNKNOWNS_H
