// Random filters that reach for what an optimizer of filters can get wrong: arithmetic that cancels a load,
// division and modulus, shifts at the edge of a word, loads far away, the same test again, and the words that
// move the offsets of the tests after them. A seed gives the same filters on every machine.
#ifndef BPFOPT_BENCH_FILTER_GENERATOR_H
#define BPFOPT_BENCH_FILTER_GENERATOR_H

#include "bench/filter_tree.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace bpfopt::bench {

// The words that libpcap takes for a link type.
struct LinkProfile {
  std::string name;             // as libpcap spells it
  std::string accessor;         // the word for bytes of the link header
  bool has_addresses = false;   // ether host, broadcast and multicast
  bool has_vlan = false;        // vlan
  bool has_mpls = false;        // mpls
  bool has_pppoe = false;       // pppoed, pppoes
  bool has_direction = false;   // inbound, outbound
  bool has_wlan_types = false;  // type mgt, wlan addr1
};

// Those that random filters are made for.
const std::vector<LinkProfile>& LinkProfiles();

class FilterGenerator {
 public:
  FilterGenerator(std::uint64_t seed, const LinkProfile& profile) : random_(seed), profile_(profile) {}

  // A filter of at most `size` predicates.
  FilterNode Filter(unsigned size);

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  bool Chance(unsigned percent) { return Below(100) < percent; }
  template <typename T>
  T Pick(std::initializer_list<T> choices) {
    return choices.begin()[Below(choices.size())];
  }
  std::string PickWord(std::initializer_list<const char*> choices) { return Pick(choices); }

  FilterNode Predicate(unsigned size);
  FilterNode Leaf();
  FilterNode Relation();
  FilterNode Number(unsigned depth);
  FilterNode Binary(unsigned depth);
  FilterNode Accessor(unsigned depth);
  FilterNode ProtocolWord();
  FilterNode PortTest();
  FilterNode AddressTest();
  FilterNode OffsetMover();
  FilterNode OtherTest();
  std::uint32_t Constant();

  std::mt19937_64 random_;
  const LinkProfile& profile_;
  std::vector<FilterNode> earlier_;  // predicates of the filter so far, to be asked again
};

}  // namespace bpfopt::bench

#endif  // BPFOPT_BENCH_FILTER_GENERATOR_H
