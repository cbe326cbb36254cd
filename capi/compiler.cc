// A compiler's options, in C's numbers and callbacks.
#include "bpfopt/resolver.h"
#include "capi/handles.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include <fmt/format.h>

namespace bpfopt::capi {
namespace {

// Asks the caller's function for hosts, and for everything that it does not know the next resolver.
class CallbackResolver : public ForwardingResolver {
 public:
  CallbackResolver(bpfopt_host_resolver ask, void* context, std::unique_ptr<Resolver> next)
      : ForwardingResolver(std::move(next)), ask_(ask), context_(context) {}

  std::vector<HostAddress> Host(std::string_view name) const override {
    std::vector<HostAddress> addresses;
    ask_(context_, std::string(name).c_str(), Add, &addresses);
    return addresses.empty() ? ForwardingResolver::Host(name) : addresses;
  }

 private:
  static void Add(void* sink, const void* address, std::size_t size) {
    auto& addresses = *static_cast<std::vector<HostAddress>*>(sink);
    const auto* bytes = static_cast<const std::uint8_t*>(address);
    if (size == 4) {
      Ipv4Address number = 0;
      for (std::size_t i = 0; i < size; ++i) number = number << 8 | bytes[i];
      addresses.emplace_back(number);
    } else if (size == 16) {
      Ipv6Address number;
      std::copy_n(bytes, size, number.begin());
      addresses.emplace_back(number);
    }
  }

  bpfopt_host_resolver ask_;
  void* context_;
};

FileReader ReaderOf(bpfopt_file_reader read, void* context) {
  if (read == nullptr) return {};
  return [read, context](std::string_view name) -> Expected<std::string> {
    std::string text;
    const auto add = [](void* sink, const char* part, std::size_t size) {
      static_cast<std::string*>(sink)->append(part, size);
    };
    if (read(context, std::string(name).c_str(), add, &text) != 0) return InvalidInput(std::move(text));
    return text;
  };
}

// `choices` in the order of C's numbers.
template <typename Choice, std::size_t kCount>
Expected<void> Choose(Choice& choice, std::uint64_t value, std::string_view option,
                      const std::array<std::type_identity_t<Choice>, kCount>& choices) {
  if (value >= kCount) return InvalidInput(fmt::format("{} is no value of {}", value, option));
  choice = choices[value];
  return {};
}

template <typename Number>
Expected<void> Assign(Number& number, std::uint64_t value, std::string_view option, std::uint64_t least,
                      std::uint64_t most) {
  if (value < least || value > most)
    return InvalidInput(fmt::format("{} is from {} to {}, not {}", option, least, most, value));
  number = static_cast<Number>(value);
  return {};
}

Expected<void> SetLinkType(bpfopt_compiler& compiler, const std::string& name) {
  auto found = FindLinkType(name);
  if (!found) return tl::unexpected(std::move(found.error()));
  compiler.options.link_type = name;
  return {};
}

constexpr std::uint64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMost64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kLongestTime = 1'000'000'000'000;  // milliseconds; no overflow in a clock

Expected<void> Set(bpfopt_compiler& compiler, int option, std::uint64_t value) {
  CompileOptions& options = compiler.options;
  switch (option) {
    case BPFOPT_LEVEL:
      return Assign(options.level, value, "BPFOPT_LEVEL", 0, 3);
    case BPFOPT_RELATION:
      return Choose<std::optional<Relation>, 3>(compiler.relation, value, "BPFOPT_RELATION",
                                                {std::nullopt, Relation::kStrict, Relation::kFaithful});
    case BPFOPT_OBJECTIVE:
      return Choose<Objective, 3>(options.objective, value, "BPFOPT_OBJECTIVE",
                                  {Objective::kBalanced, Objective::kSize, Objective::kSpeed});
    case BPFOPT_TARGET:
      return Choose<Target, 3>(options.target, value, "BPFOPT_TARGET",
                               {Target::kPcap, Target::kLinux, Target::kSeccomp});
    case BPFOPT_PROOF:
      return Choose<std::optional<ProofMode>, 4>(
          options.proof, value, "BPFOPT_PROOF",
          {std::nullopt, ProofMode::kOff, ProofMode::kOn, ProofMode::kRequired});
    case BPFOPT_LIMIT:
      return Assign(options.limit, value, "BPFOPT_LIMIT", 1, kMost32);
    case BPFOPT_LINK_TYPE:
      return SetLinkType(compiler, std::to_string(value));
    case BPFOPT_SNAPLEN:
      return Assign(options.snaplen, value, "BPFOPT_SNAPLEN", 1, kMost32);
    case BPFOPT_NETMASK:
      if (value == BPFOPT_NETMASK_UNKNOWN) return options.netmask.reset(), Expected<void>();
      return Assign(options.netmask.emplace(), value, "BPFOPT_NETMASK", 0, kMost32);
    case BPFOPT_ORIGIN:
      return Choose<PacketOrigin, 3>(
          options.origin, value, "BPFOPT_ORIGIN",
          {PacketOrigin::kInterface, PacketOrigin::kSavefile, PacketOrigin::kSwappedSavefile});
    case BPFOPT_PROTOCHAIN_DEPTH:
      return Assign(options.protochain_depth, value, "BPFOPT_PROTOCHAIN_DEPTH", 1, kMaxProtochainDepth);
    case BPFOPT_SMT_STEPS:
      return Assign(options.budgets.smt_steps, value, "BPFOPT_SMT_STEPS", 0, kMost64);
    case BPFOPT_PROOF_STEPS:
      return Assign(options.budgets.proof_steps, value, "BPFOPT_PROOF_STEPS", 1, kMost64);
    case BPFOPT_PROOF_NODES:
      return Assign(options.budgets.proof_nodes, value, "BPFOPT_PROOF_NODES", 1, kMost32);
    case BPFOPT_SEARCH:
      return Assign(options.budgets.search, value, "BPFOPT_SEARCH", 0, kMost32);
    case BPFOPT_TIME_LIMIT: {
      std::int64_t time = 0;
      const auto set = Assign(time, value, "BPFOPT_TIME_LIMIT", 0, kLongestTime);
      if (set) compiler.time_limit = std::chrono::milliseconds(time);
      return set;
    }
    default:
      return InvalidInput(fmt::format("bpfopt {} has no option {}", Version(), option));
  }
}

Expected<std::shared_ptr<const Resolver>> MakeResolver(const bpfopt_compiler& compiler) {
  std::unique_ptr<Resolver> resolver = SystemResolver();
  if (!compiler.hosts.empty()) {
    auto with_hosts = HostsResolver(compiler.hosts, std::move(resolver));
    if (!with_hosts) return tl::unexpected(std::move(with_hosts.error()));
    resolver = std::move(*with_hosts);
  }
  if (compiler.host_resolver != nullptr) {
    resolver = std::make_unique<CallbackResolver>(compiler.host_resolver, compiler.host_context,
                                                  std::move(resolver));
  }
  return std::shared_ptr<const Resolver>(std::move(resolver));
}

}  // namespace
}  // namespace bpfopt::capi

using bpfopt::Expected;
using bpfopt::InvalidInput;
using bpfopt::capi::Run;
using bpfopt::capi::Then;

bpfopt::Interruption bpfopt_compiler::MakeInterruption() {
  bpfopt::Interruption interruption;
  const std::lock_guard lock(stop_mutex);
  interruption.stop = stop.get_token();
  if (time_limit.count() > 0) interruption.deadline = std::chrono::steady_clock::now() + time_limit;
  return interruption;
}

Expected<bpfopt::CompileOptions> bpfopt_compiler::FilterOptions() {
  auto resolver = bpfopt::capi::MakeResolver(*this);
  if (!resolver) return tl::unexpected(std::move(resolver.error()));
  bpfopt::CompileOptions filter_options = options;
  filter_options.resolver = std::move(*resolver);
  filter_options.relation = relation.value_or(bpfopt::Relation::kFaithful);
  filter_options.interruption = MakeInterruption();
  return filter_options;
}

Expected<bpfopt::OptimizeOptions> bpfopt_compiler::ProgramOptions() {
  auto link_type = bpfopt::FindLinkType(options.link_type);
  if (!link_type) return tl::unexpected(std::move(link_type.error()));
  return bpfopt::OptimizeOptions{.target = options.target,
                                 .link_type = link_type->number,
                                 .level = options.level,
                                 .relation = relation.value_or(bpfopt::Relation::kStrict),
                                 .objective = options.objective,
                                 .limit = options.limit,
                                 .proof = options.proof,
                                 .disabled_passes = options.disabled_passes,
                                 .budgets = options.budgets,
                                 .interruption = MakeInterruption()};
}

bpfopt::VerifyOptions bpfopt_compiler::QuestionOptions() {
  return {.target = options.target,
          .relation = relation.value_or(bpfopt::Relation::kStrict),
          .steps = options.budgets.proof_steps,
          .nodes = options.budgets.proof_nodes,
          .interruption = MakeInterruption()};
}

Expected<bpfopt::CheckOptions> bpfopt_compiler::StructureOptions() const {
  auto link_type = bpfopt::FindLinkType(options.link_type);
  if (!link_type) return tl::unexpected(std::move(link_type.error()));
  return bpfopt::CheckOptions{
      .target = options.target, .limit = options.limit, .link_type = link_type->number};
}

const char* bpfopt_version(void) { return bpfopt::Version().data(); }

bpfopt_compiler* bpfopt_new(void) {
  try {
    return new bpfopt_compiler;
  } catch (const std::exception&) {
    return nullptr;
  }
}

void bpfopt_free(bpfopt_compiler* compiler) { delete compiler; }

int bpfopt_set(bpfopt_compiler* compiler, int option, uint64_t value) {
  return Run(compiler, {}, [&] { return Then(bpfopt::capi::Set(*compiler, option, value), [] {}); });
}

int bpfopt_set_link_type(bpfopt_compiler* compiler, const char* name) {
  return Run(compiler, {}, [&] { return Then(bpfopt::capi::SetLinkType(*compiler, name), [] {}); });
}

int bpfopt_disable_pass(bpfopt_compiler* compiler, const char* name) {
  return Run(compiler, {}, [&]() -> Expected<int> {
    const auto passes = bpfopt::Passes();
    const bool is_known = std::any_of(passes.begin(), passes.end(),
                                      [&](const bpfopt::PassInfo& pass) { return pass.name == name; });
    if (!is_known) return InvalidInput(fmt::format("there is no pass '{}'", name));
    compiler->options.disabled_passes.emplace_back(name);
    return BPFOPT_OK;
  });
}

int bpfopt_set_hosts(bpfopt_compiler* compiler, const char* text, size_t length) {
  const std::string_view hosts = text == nullptr ? std::string_view() : std::string_view(text, length);
  return Run(compiler, hosts, [&] {
    return Then(bpfopt::HostsResolver(hosts, bpfopt::SystemResolver()),
                [&](const auto& /*valid*/) { compiler->hosts = hosts; });
  });
}

void bpfopt_set_host_resolver(bpfopt_compiler* compiler, bpfopt_host_resolver resolver, void* context) {
  compiler->host_resolver = resolver;
  compiler->host_context = context;
}

void bpfopt_set_file_reader(bpfopt_compiler* compiler, bpfopt_file_reader reader, void* context) {
  compiler->options.read_file = bpfopt::capi::ReaderOf(reader, context);
}

void bpfopt_cancel(bpfopt_compiler* compiler) {
  std::stop_source stop;
  {
    const std::lock_guard lock(compiler->stop_mutex);
    stop = compiler->stop;
  }
  // Not under the lock: it waits until a query of the solver has ended.
  stop.request_stop();
}

void bpfopt_resume(bpfopt_compiler* compiler) {
  const std::lock_guard lock(compiler->stop_mutex);
  compiler->stop = std::stop_source();
}
