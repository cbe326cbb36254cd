// Values of the IR as SMT terms that allow at least what a run allows: a test that no assignment satisfies is
// one that no packet passes. (The verifier's encoder is another one, of bytecode, and exact.)
#ifndef BPFOPT_PASSES_ENCODE_H
#define BPFOPT_PASSES_ENCODE_H

#include "ir/function.h"
#include "passes/range_set.h"
#include "smt/term.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace bpfopt::passes {

// What a term is made of: one byte of the packet or one leaf of the IR. Values without common bits of a
// common source are independent.
struct Source {
  std::uint64_t id = 0;
  std::uint8_t bits = 0xff;  // of a byte of the packet

  bool Shares(const Source& other) const { return id == other.id && (bits & other.bits) != 0; }
};

// The sources of a value, by id, each as often as some operation refers to its load or leaf. A load depends
// on its bytes, not on its base. Empty for a constant, and for a value of more than `limit` nodes, which
// `is_complete` tells.
struct Sources {
  std::vector<Source> list;
  bool is_complete = true;
};
Sources SourcesOf(const ir::Value* value, std::size_t limit);

// - Bytes of the packet are variables: of absolute loads by offset, of others by base and offset. What two
// bases may have in
//   common is left open; so is, for an address that may leave the packet, what loads of two widths have.
// - Parameters, effects, the wire length and ancillary words are variables.
// - What targets disagree on, shifts by 32 and more, is a variable. A division by 0 has a value that no run
// uses.
class Encoder {
 public:
  explicit Encoder(smt::Context& terms) : terms_(terms) {}

  // 32 bits. Iterative and remembered.
  smt::Term Encode(const ir::Value* value);
  smt::Term IsIn(smt::Term word, const RangeSet& words);
  smt::Term Holds(ir::Compare compare, const ir::Value* lhs, const ir::Value* rhs);

 private:
  smt::Term EncodeNode(const ir::Value* value);
  smt::Term EncodeLoad(const ir::Value* load);
  smt::Term EncodeShift(const ir::Value* shift, smt::Term value, smt::Term amount);

  smt::Context& terms_;
  std::unordered_map<const ir::Value*, smt::Term> encoded_;
};

}  // namespace bpfopt::passes

#endif  // BPFOPT_PASSES_ENCODE_H
