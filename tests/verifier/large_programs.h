// Large programs that ask the same in different ways: lists of hosts, nets, pairs and system calls as chains
// in any order, as balanced trees, and as bit tests.
#ifndef BPFOPT_TESTS_VERIFIER_LARGE_PROGRAMS_H
#define BPFOPT_TESTS_VERIFIER_LARGE_PROGRAMS_H

#include "bpfopt/program.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bpfopt::verifier {

// Writes programs with labels for the targets of jumps; a jump too far for a branch goes through a `ja`.
class Assembler {
 public:
  using Label = std::size_t;

  Label NewLabel();
  void Bind(Label label);
  void Emit(unsigned code, std::uint32_t k);
  void Branch(unsigned operation, std::uint32_t k, Label if_true, Label if_false);
  void Jump(Label label);
  Program Finish() const;

 private:
  struct Item {
    Instruction instruction;
    Label if_true = 0;
    Label if_false = 0;
    bool far_true = false;
    bool far_false = false;
  };

  static std::size_t Size(const Item& item);

  std::vector<Item> items_;
  std::vector<std::size_t> labels_;  // indices of items
};

enum class Shape { kChain, kTree, kBits };

// Is A, a load, one of `values`? kBits tests one bit of a mask for each 32 neighbouring values.
void EmitMembership(Assembler& assembler, const Instruction& load, std::vector<std::uint32_t> values,
                    Shape shape, Assembler::Label member, Assembler::Label other);

struct Pair32 {
  std::uint32_t first;
  std::uint32_t second;
};

// IPv4 in Ethernet, from one of the hosts.
Program SourceHosts(const std::vector<std::uint32_t>& hosts, Shape shape);
// IPv4 from one of the sources or to one of the destinations; kChain: all sources, then all destinations.
Program SourceOrDestinationHosts(const std::vector<std::uint32_t>& hosts, Shape shape);
// The same, for each host the source and then the destination.
Program AlternatingHosts(const std::vector<std::uint32_t>& hosts);
// `host A or host B or ...` as libpcap writes it before it optimizes: IPv4, ARP and RARP.
Program LibpcapHosts(const std::vector<std::uint32_t>& hosts);
// The same by one tree for each field.
Program TreeHosts(const std::vector<std::uint32_t>& hosts);
// IPv4 from one of the /24 nets, whose lowest byte is 0.
Program SourceNets(const std::vector<std::uint32_t>& nets, Shape shape);
// `(src host A and tcp dst port P) or ...`, IPv4 alone; kTree chooses by the host first.
Program HostPortPairs(const std::vector<Pair32>& pairs, Shape shape);
// A filter of system calls: those in `numbers` are allowed, or with `deny`, those are not.
Program SystemCalls(const std::vector<std::uint32_t>& numbers, Shape shape, bool deny = false);
// IPv4 from none of the hosts and to none of them.
Program NoneOfHosts(const std::vector<std::uint32_t>& hosts, Shape shape);

}  // namespace bpfopt::verifier

#endif  // BPFOPT_TESTS_VERIFIER_LARGE_PROGRAMS_H
