#include "verifier/unknowns.h"

#include "bpf/opcode.h"

#include <bit>

#include <fmt/format.h>

namespace bpfopt::verifier {
namespace {

using smt::Term;

// Holds X + k + width - 1 without a carry.
constexpr unsigned kAddressBits = 34;
constexpr std::uint64_t kFirstNegative = std::uint64_t{1} << 31;

}  // namespace

Unknowns::Unknowns(smt::Context& terms, Target rules)
    : terms_(terms),
      rules_(rules),
      packet_(terms.ByteArray("packet", kAddressBits)),
      captured_length_(terms.Variable("captured_length", 32)),
      wire_length_(terms.Variable("wire_length", 32)) {}

void Unknowns::Note(Term unknown) {
  if (noted_.insert(unknown.id()).second) order_.push_back(unknown);
}

// What decides whether loads succeed comes first, so that what they load is tested below it, and not once for
// each way to succeed.
std::vector<Term> Unknowns::Order() const {
  std::vector<Term> order = {captured_length_};
  std::vector<Term> addresses;
  for (const Selected& byte : selected_) addresses.push_back(byte.address);
  for (const Term byte : terms_.SelectsIn(addresses)) order.push_back(byte);
  order.insert(order.end(), order_.begin(), order_.end());
  order.push_back(wire_length_);
  return order;
}

Term Unknowns::Byte(Term array, Term address) {
  const Term value = terms_.Select(array, address);
  if (noted_.insert(value.id()).second) {
    order_.push_back(value);
    selected_.push_back({array, address, value});
  }
  return value;
}

Term Unknowns::PacketValue(Term address, unsigned width) {
  Term value = Byte(packet_, address);
  for (unsigned i = 1; i < width; ++i) {
    value = terms_.Concat(value, Byte(packet_, terms_.Add(address, terms_.Constant(i, kAddressBits))));
  }
  return terms_.ZeroExtend(value, 32);
}

Load Unknowns::Absolute(std::uint32_t k, unsigned width) {
  if (rules_ == Target::kSeccomp) return SeccompWord(k);
  return At(terms_.Constant(k, kAddressBits), width);
}

// A word of struct seccomp_data, in the byte order of this machine.
Load Unknowns::SeccompWord(std::uint32_t k) {
  Term value;
  for (unsigned i = 0; i < 4; ++i) {
    const Term byte = Byte(packet_, terms_.Constant(std::uint64_t{k} + i, kAddressBits));
    if (i == 0) {
      value = byte;
    } else if constexpr (std::endian::native == std::endian::little) {
      value = terms_.Concat(byte, value);
    } else {
      value = terms_.Concat(value, byte);
    }
  }
  return {value, terms_.True(), terms_.True()};
}

Load Unknowns::Indirect(Term x, std::uint32_t k, unsigned width) {
  if (rules_ == Target::kLinux) {
    return At(terms_.ZeroExtend(terms_.Add(x, terms_.Constant(k, 32)), kAddressBits), width);
  }
  return At(terms_.Add(terms_.ZeroExtend(x, kAddressBits), terms_.Constant(k, kAddressBits)), width);
}

Load Unknowns::At(Term address, unsigned width) {
  const Term end = terms_.Add(address, terms_.Constant(width, kAddressBits));
  const Term captured = terms_.Ule(end, terms_.ZeroExtend(captured_length_, kAddressBits));
  const bool may_be_negative = terms_.UpperBound(address) >= kFirstNegative;
  rules_differ_ = rules_differ_ || may_be_negative;
  if (rules_ != Target::kLinux || !may_be_negative) {
    return {PacketValue(address, width), captured, terms_.True()};
  }

  // The kernel's offsets are signed. In [SKF_LL_OFF, SKF_AD_OFF) they reach into the buffer by rules of their
  // own; all others that are negative fault.
  const auto below = [&](std::uint64_t bound) {
    return terms_.Ult(address, terms_.Constant(bound, kAddressBits));
  };
  const Term special = terms_.And(terms_.Not(below(bpf::kLinkLayerOffset)), below(bpf::kAncillaryOffset));
  const Term ordinary = terms_.And(below(kFirstNegative), captured);
  if (terms_.AsBool(special) == false) return {PacketValue(address, width), ordinary, terms_.True()};
  const Load negative = Negative(terms_.Extract(address, 31, 0), width);
  if (terms_.AsBool(special) == true) return negative;
  return {terms_.Ite(special, negative.value, PacketValue(address, width)),
          terms_.Ite(special, negative.within, ordinary), terms_.Or(terms_.Not(special), negative.within)};
}

Load Unknowns::Negative(Term offset, unsigned width) {
  const Term words = terms_.ByteArray(fmt::format("negative_word{}", width), kAddressBits);
  const Term faults = terms_.ByteArray(fmt::format("negative_fault{}", width), 32);
  Term value;
  for (unsigned i = 0; i < width; ++i) {
    const Term byte = Byte(words, terms_.Concat(offset, terms_.Constant(i, 2)));
    value = i == 0 ? byte : terms_.Concat(value, byte);
  }
  const Term fault = Byte(faults, offset);
  value = terms_.ZeroExtend(value, 32);
  const Term present = terms_.Eq(terms_.Extract(fault, 0, 0), terms_.Constant(0, 1));
  negative_loads_.push_back({offset, width, value, present});
  return {value, present, present};
}

Term Unknowns::WireLength() {
  return rules_ == Target::kSeccomp ? terms_.Constant(64, 32) : wire_length_;  // sizeof(struct seccomp_data)
}

Term Unknowns::AncillaryWord(std::uint32_t offset) {
  const auto [position, inserted] = ancillary_words_.try_emplace(offset);
  if (inserted) position->second = terms_.Variable(fmt::format("ancillary{}", offset), 32);
  Note(position->second);
  return position->second;
}

Term Unknowns::Attribute(std::uint32_t kind, Term a, Term x) {
  const Term arguments = terms_.Concat(a, x);
  Term value;
  for (unsigned i = 0; i < 4; ++i) {
    const Term bytes = terms_.ByteArray(fmt::format("attribute{}_byte{}", kind, i), 64);
    const Term byte = Byte(bytes, arguments);
    value = i == 0 ? byte : terms_.Concat(value, byte);
  }
  attribute_loads_.push_back({kind, a, x, value});
  return value;
}

Term Unknowns::HasDevice() {
  device_ = terms_.BoolVariable("has_device");
  Note(device_);
  return device_;
}

Term Unknowns::Draw(const std::string& name) {
  const auto [position, inserted] = draws_.try_emplace(name);
  if (inserted) position->second = terms_.Variable("draw_" + name, 32);
  Note(position->second);
  return position->second;
}

}  // namespace bpfopt::verifier
