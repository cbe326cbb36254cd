// Resolvers in a row.
#include "bpfopt/resolver.h"

#include <utility>

namespace bpfopt {

ForwardingResolver::ForwardingResolver(std::unique_ptr<Resolver> next) : next_(std::move(next)) {}
ForwardingResolver::~ForwardingResolver() = default;

std::vector<HostAddress> ForwardingResolver::Host(std::string_view name) const {
  if (next_ == nullptr) return {};
  return next_->Host(name);
}

std::optional<Resolver::Network> ForwardingResolver::NetworkByName(std::string_view name) const {
  if (next_ == nullptr) return std::nullopt;
  return next_->NetworkByName(name);
}

std::optional<Resolver::Port> ForwardingResolver::PortByName(std::string_view name) const {
  if (next_ == nullptr) return std::nullopt;
  return next_->PortByName(name);
}

std::optional<std::uint32_t> ForwardingResolver::IpProtocol(std::string_view name) const {
  if (next_ == nullptr) return std::nullopt;
  return next_->IpProtocol(name);
}

std::optional<std::uint32_t> ForwardingResolver::EtherProtocol(std::string_view name) const {
  if (next_ == nullptr) return std::nullopt;
  return next_->EtherProtocol(name);
}

std::optional<MacAddress> ForwardingResolver::EtherHost(std::string_view name) const {
  if (next_ == nullptr) return std::nullopt;
  return next_->EtherHost(name);
}

}  // namespace bpfopt
