#include "large_programs.h"

#include "bpf/opcode.h"

#include <algorithm>
#include <map>

namespace bpfopt::verifier {
namespace {

using namespace bpf;
using Label = Assembler::Label;
using Values = std::vector<std::uint32_t>;

constexpr unsigned kByte = kLd | kB | kAbs;
constexpr unsigned kHalf = kLd | kH | kAbs;
constexpr unsigned kWord = kLd | kW | kAbs;
constexpr std::uint32_t kKeep = 262144;
constexpr std::uint32_t kIp = 0x800;
constexpr std::uint32_t kSourceHost = 26;
constexpr std::uint32_t kDestinationHost = 30;
constexpr std::uint32_t kAllow = 0x7fff0000;
constexpr std::uint32_t kKill = 0x80000000;

// The two ends of a program, and what every filter here begins with.
struct Filter {
  explicit Filter(std::uint32_t yes = kKeep, std::uint32_t no = 0) : yes_verdict(yes), no_verdict(no) {}

  void Load(unsigned code, std::uint32_t k) { assembler.Emit(code, k); }
  // Goes on where the field has the value, else to `otherwise`.
  void Demand(unsigned load, std::uint32_t k, std::uint32_t value, Label otherwise) {
    Load(load, k);
    Check(kJeq, value, otherwise);
  }
  void Check(unsigned operation, std::uint32_t value, Label otherwise) {
    const Label next = assembler.NewLabel();
    assembler.Branch(operation, value, next, otherwise);
    assembler.Bind(next);
  }
  Program Finish() {
    assembler.Bind(accept);
    Load(kRet | kK, yes_verdict);
    assembler.Bind(reject);
    Load(kRet | kK, no_verdict);
    return assembler.Finish();
  }

  std::uint32_t yes_verdict;
  std::uint32_t no_verdict;
  Assembler assembler;
  Label accept = assembler.NewLabel();
  Label reject = assembler.NewLabel();
};

void EmitChain(Assembler& assembler, const Values& values, Label member, Label other) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Label next = i + 1 == values.size() ? other : assembler.NewLabel();
    assembler.Branch(kJeq, values[i], member, next);
    if (next != other) assembler.Bind(next);
  }
}

// `values` ascend.
void EmitTree(Assembler& assembler, const Values& values, Label member, Label other) {
  if (values.size() <= 3) return EmitChain(assembler, values, member, other);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  const Label upper = assembler.NewLabel();
  const Label lower = assembler.NewLabel();
  assembler.Branch(kJge, *middle, upper, lower);
  assembler.Bind(lower);
  EmitTree(assembler, Values(values.begin(), middle), member, other);
  assembler.Bind(upper);
  EmitTree(assembler, Values(middle, values.end()), member, other);
}

void EmitBits(Assembler& assembler, const Instruction& load, const Values& values, Label member,
              Label other) {
  std::map<std::uint32_t, std::uint32_t> masks;
  for (const std::uint32_t value : values) masks[value >> 5] |= 1U << (value & 31);
  assembler.Emit(load.code, load.k);
  assembler.Emit(kAlu | kAnd | kK, 31);
  assembler.Emit(kMisc | kTax, 0);
  assembler.Emit(load.code, load.k);
  assembler.Emit(kAlu | kRsh | kK, 5);
  for (const auto& [group, mask] : masks) {
    const Label found = assembler.NewLabel();
    const Label next = assembler.NewLabel();
    assembler.Branch(kJeq, group, found, next);
    assembler.Bind(found);
    assembler.Emit(kLd | kImm, 1);
    assembler.Emit(kAlu | kLsh | kX, 0);
    assembler.Branch(kJset, mask, member, other);
    assembler.Bind(next);
  }
  assembler.Jump(other);
}

void EmitEither(Filter& filter, const Values& values, Shape shape, Label member, Label other) {
  const Label destinations = filter.assembler.NewLabel();
  EmitMembership(filter.assembler, {kWord, 0, 0, kSourceHost}, values, shape, member, destinations);
  filter.assembler.Bind(destinations);
  EmitMembership(filter.assembler, {kWord, 0, 0, kDestinationHost}, values, shape, member, other);
}

void EmitTcpPort(Filter& filter, Label otherwise) {
  filter.Demand(kByte, 23, 6, otherwise);
  const Label next = filter.assembler.NewLabel();
  filter.Load(kHalf, 20);
  filter.assembler.Branch(kJset, 0x1fff, otherwise, next);
  filter.assembler.Bind(next);
  filter.Load(kLdx | kB | kMsh, 14);
  filter.Load(kLd | kH | kInd, 16);
}

}  // namespace

Label Assembler::NewLabel() {
  labels_.push_back(0);
  return labels_.size() - 1;
}

void Assembler::Bind(Label label) { labels_[label] = items_.size(); }

void Assembler::Emit(unsigned code, std::uint32_t k) {
  items_.push_back({{static_cast<std::uint16_t>(code), 0, 0, k}});
}

void Assembler::Branch(unsigned operation, std::uint32_t k, Label if_true, Label if_false) {
  items_.push_back({{static_cast<std::uint16_t>(kJmp | operation | kK), 0, 0, k}, if_true, if_false});
}

void Assembler::Jump(Label label) { items_.push_back({{kJmp | kJa, 0, 0, 0}, label, label}); }

std::size_t Assembler::Size(const Item& item) { return 1U + item.far_true + item.far_false; }

Program Assembler::Finish() const {
  std::vector<Item> items = items_;
  std::vector<std::size_t> place(items.size() + 1);
  for (bool again = true; again;) {
    again = false;
    for (std::size_t i = 0; i < items.size(); ++i) place[i + 1] = place[i] + Size(items[i]);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!IsConditionalJump(items[i].instruction.code)) continue;
      const auto is_far = [&](Label label) { return place[labels_[label]] - place[i] - 1 > 255; };
      const bool far_true = items[i].far_true || is_far(items[i].if_true);
      const bool far_false = items[i].far_false || is_far(items[i].if_false);
      again = again || far_true != items[i].far_true || far_false != items[i].far_false;
      items[i].far_true = far_true;
      items[i].far_false = far_false;
    }
  }
  Program program;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    program.push_back(item.instruction);
    const std::size_t next = place[i] + 1;
    const auto distance = [&](Label label, std::size_t from) { return place[labels_[label]] - from; };
    if (IsConditionalJump(item.instruction.code)) {
      Instruction& branch = program.back();
      branch.jt = static_cast<std::uint8_t>(item.far_true ? 0 : distance(item.if_true, next));
      branch.jf = static_cast<std::uint8_t>(item.far_false ? item.far_true : distance(item.if_false, next));
      const auto jump = [&](Label label) {
        const std::size_t after = program.size() + 1;
        program.push_back({kJmp | kJa, 0, 0, static_cast<std::uint32_t>(distance(label, after))});
      };
      if (item.far_true) jump(item.if_true);
      if (item.far_false) jump(item.if_false);
    } else if (Class(item.instruction.code) == kJmp) {
      program.back().k = static_cast<std::uint32_t>(distance(item.if_true, next));
    }
  }
  return program;
}

void EmitMembership(Assembler& assembler, const Instruction& load, Values values, Shape shape, Label member,
                    Label other) {
  if (shape == Shape::kBits) return EmitBits(assembler, load, values, member, other);
  assembler.Emit(load.code, load.k);
  if (shape == Shape::kChain) return EmitChain(assembler, values, member, other);
  std::sort(values.begin(), values.end());
  EmitTree(assembler, values, member, other);
}

Program SourceHosts(const Values& hosts, Shape shape) {
  Filter filter;
  filter.Demand(kHalf, 12, kIp, filter.reject);
  EmitMembership(filter.assembler, {kWord, 0, 0, kSourceHost}, hosts, shape, filter.accept, filter.reject);
  return filter.Finish();
}

Program SourceOrDestinationHosts(const Values& hosts, Shape shape) {
  Filter filter;
  filter.Demand(kHalf, 12, kIp, filter.reject);
  EmitEither(filter, hosts, shape, filter.accept, filter.reject);
  return filter.Finish();
}

Program AlternatingHosts(const Values& hosts) {
  Filter filter;
  filter.Demand(kHalf, 12, kIp, filter.reject);
  for (const std::uint32_t host : hosts) {
    for (const std::uint32_t field : {kSourceHost, kDestinationHost}) {
      const Label next = filter.assembler.NewLabel();
      filter.Load(kWord, field);
      filter.assembler.Branch(kJeq, host, filter.accept, next);
      filter.assembler.Bind(next);
    }
  }
  filter.assembler.Jump(filter.reject);
  return filter.Finish();
}

Program LibpcapHosts(const Values& hosts) {
  Filter filter;
  const std::uint32_t fields[][2] = {{kIp, 26},   {kIp, 30},    {0x806, 28},
                                     {0x806, 38}, {0x8035, 28}, {0x8035, 38}};
  for (const std::uint32_t host : hosts) {
    for (const auto& [protocol, field] : fields) {
      const Label next = filter.assembler.NewLabel();
      filter.Demand(kHalf, 12, protocol, next);
      filter.Load(kWord, field);
      filter.assembler.Branch(kJeq, host, filter.accept, next);
      filter.assembler.Bind(next);
    }
  }
  filter.assembler.Jump(filter.reject);
  return filter.Finish();
}

Program TreeHosts(const Values& hosts) {
  Filter filter;
  const std::uint32_t protocols[][3] = {{kIp, 26, 30}, {0x806, 28, 38}, {0x8035, 28, 38}};
  for (const auto& [protocol, first, second] : protocols) {
    const Label next = filter.assembler.NewLabel();
    const Label seconds = filter.assembler.NewLabel();
    filter.Demand(kHalf, 12, protocol, next);
    EmitMembership(filter.assembler, {kWord, 0, 0, first}, hosts, Shape::kTree, filter.accept, seconds);
    filter.assembler.Bind(seconds);
    EmitMembership(filter.assembler, {kWord, 0, 0, second}, hosts, Shape::kTree, filter.accept,
                   filter.reject);
    filter.assembler.Bind(next);
  }
  filter.assembler.Jump(filter.reject);
  return filter.Finish();
}

Program SourceNets(const Values& nets, Shape shape) {
  Filter filter;
  filter.Demand(kHalf, 12, kIp, filter.reject);
  if (shape == Shape::kChain) {
    for (const std::uint32_t net : nets) {
      const Label next = filter.assembler.NewLabel();
      filter.Load(kWord, kSourceHost);
      filter.Load(kAlu | kAnd | kK, 0xffffff00);
      filter.assembler.Branch(kJeq, net, filter.accept, next);
      filter.assembler.Bind(next);
    }
    filter.assembler.Jump(filter.reject);
    return filter.Finish();
  }
  filter.Load(kWord, kSourceHost);
  filter.Load(kAlu | kRsh | kK, 8);
  Values shifted;
  for (const std::uint32_t net : nets) shifted.push_back(net >> 8);
  std::sort(shifted.begin(), shifted.end());
  EmitTree(filter.assembler, shifted, filter.accept, filter.reject);
  return filter.Finish();
}

Program HostPortPairs(const std::vector<Pair32>& pairs, Shape shape) {
  Filter filter;
  if (shape == Shape::kChain) {
    for (const auto& [host, port] : pairs) {
      const Label next = filter.assembler.NewLabel();
      filter.Demand(kHalf, 12, kIp, next);
      filter.Demand(kWord, kSourceHost, host, next);
      EmitTcpPort(filter, next);
      filter.assembler.Branch(kJeq, port, filter.accept, next);
      filter.assembler.Bind(next);
    }
    filter.assembler.Jump(filter.reject);
    return filter.Finish();
  }
  std::map<std::uint32_t, Values> ports;
  for (const auto& [host, port] : pairs) ports[host].push_back(port);
  filter.Demand(kHalf, 12, kIp, filter.reject);
  filter.Load(kWord, kSourceHost);
  for (const auto& [host, list] : ports) {
    const Label next = filter.assembler.NewLabel();
    const Label found = filter.assembler.NewLabel();
    filter.assembler.Branch(kJeq, host, found, next);
    filter.assembler.Bind(found);
    EmitTcpPort(filter, filter.reject);
    EmitChain(filter.assembler, list, filter.accept, filter.reject);
    filter.assembler.Bind(next);
  }
  filter.assembler.Jump(filter.reject);
  return filter.Finish();
}

Program SystemCalls(const Values& numbers, Shape shape, bool deny) {
  Filter filter(deny ? kKill : kAllow, deny ? kAllow : kKill);
  EmitMembership(filter.assembler, {kWord, 0, 0, 0}, numbers, shape, filter.accept, filter.reject);
  return filter.Finish();
}

Program NoneOfHosts(const Values& hosts, Shape shape) {
  Filter filter;
  filter.Demand(kHalf, 12, kIp, filter.reject);
  EmitEither(filter, hosts, shape, filter.reject, filter.accept);
  return filter.Finish();
}

}  // namespace bpfopt::verifier
