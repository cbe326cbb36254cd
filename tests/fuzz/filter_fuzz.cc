// Any bytes are a filter or an error with a place inside of them, at every target and for every link type. A
// program that comes out passes the checker. The first byte chooses among the options, the rest is the
// filter.
#include "bpf/checker.h"
#include "bpfopt/compiler.h"
#include "bpfopt/format.h"
#include "random_filter.h"
#include "target.h"

#include <algorithm>
#include <string>

namespace bpfopt::fuzz {
namespace {

constexpr std::size_t kMaxFilter = 512;  // bytes
constexpr std::size_t kLimit = 1000;     // instructions
constexpr int kPlainLinkType = 1;        // one without a cooked header

// Nothing beside this process is asked for a name.
class NoNames final : public Resolver {
 public:
  std::vector<HostAddress> Host(std::string_view) const override { return {}; }
  std::optional<Network> NetworkByName(std::string_view) const override { return std::nullopt; }
  std::optional<Port> PortByName(std::string_view name) const override {
    return name == "http" ? std::optional(Port{80, Transport::kTcp}) : std::nullopt;
  }
  std::optional<std::uint32_t> IpProtocol(std::string_view) const override { return std::nullopt; }
  std::optional<std::uint32_t> EtherProtocol(std::string_view) const override { return std::nullopt; }
  std::optional<MacAddress> EtherHost(std::string_view) const override { return std::nullopt; }
};

CompileOptions OptionsFrom(std::uint8_t choice) {
  static constexpr const char* kLinkTypes[] = {"EN10MB",
                                               "EN10MB",
                                               "EN10MB",
                                               "RAW",
                                               "IPV6",
                                               "LINUX_SLL2",
                                               "LINUX_SLL",
                                               "NULL",
                                               "LOOP",
                                               "PPP",
                                               "PPP_BSDOS",
                                               "SLIP",
                                               "C_HDLC",
                                               "FRELAY",
                                               "FDDI",
                                               "IEEE802",
                                               "SUNATM",
                                               "SUNATM",
                                               "ARCNET",
                                               "LTALK",
                                               "IPNET",
                                               "PFLOG",
                                               "PFLOG",
                                               "IEEE802_11",
                                               "IEEE802_11_RADIO",
                                               "IEEE802_11_RADIO_AVS",
                                               "PRISM_HEADER",
                                               "PPI",
                                               "JUNIPER_ATM1",
                                               "BACNET_MS_TP",
                                               "MTP2",
                                               "USB_LINUX"};
  static_assert(std::size(kLinkTypes) == 32);
  static const auto resolver = std::make_shared<const NoNames>();
  CompileOptions options;
  options.link_type = kLinkTypes[choice >> 3];
  options.target = (choice & 1) != 0 ? Target::kLinux : Target::kPcap;
  options.relation = (choice & 2) != 0 ? Relation::kStrict : Relation::kFaithful;
  options.level = (choice & 4) != 0 ? 0 : 1;
  options.proof = ProofMode::kOff;
  options.limit = kLimit;
  options.budgets.search = 200;
  options.resolver = resolver;
  // The name of a file is what stands in it, with ';' for line ends.
  options.read_file = [](std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), ';', '\n');
    return Expected<std::string>(text);
  };
  return options;
}

void TestFilter(std::string_view text, std::uint8_t choice) {
  const CompileOptions options = OptionsFrom(choice);
  const auto result = Compile(text, options);
  if (!result) {
    const auto& range = result.error().range;
    Require(!range || (range->begin <= range->end && range->end <= text.size()),
            "an error is inside of the filter", result.error().message);
    Require(result.error().code != ErrorCode::kInternal, "nothing contradicts itself",
            result.error().message);
    return;
  }
  const auto link_type = FindLinkType(options.link_type);
  const auto violations =
      bpf::Check(result->program, {.target = options.target,
                                   .limit = options.limit,
                                   .link_type = result->kernel_follows ? link_type->number : kPlainLinkType});
  Require(violations.empty(), "the checker passes a compiled program",
          FormatProgram(result->program, Format::kAssembly));
}

}  // namespace

std::string StructuredInput(std::mt19937& random) {
  frontend::RandomFilter filters(random(), {.extensions = random() % 4 == 0, .names = random() % 4 == 0});
  const std::string text = filters.Text(1 + random() % 6);
  const auto choice = static_cast<char>(random());
  return choice + (random() % 2 == 0 ? text : filters.Mutate(text));
}

}  // namespace bpfopt::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > bpfopt::fuzz::kMaxFilter) return 0;
  bpfopt::fuzz::TestFilter({reinterpret_cast<const char*>(data + 1), size - 1}, data[0]);
  return 0;
}
