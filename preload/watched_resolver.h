// The system's resolver, which remembers whether it was asked for an address.
#ifndef BPFOPT_PRELOAD_WATCHED_RESOLVER_H
#define BPFOPT_PRELOAD_WATCHED_RESOLVER_H

#include "bpfopt/resolver.h"

#include <atomic>
#include <memory>
#include <utility>

namespace bpfopt::preload {

class WatchedResolver final : public Resolver {
 public:
  explicit WatchedResolver(std::unique_ptr<Resolver> next) : next_(std::move(next)) {}

  // Addresses of hosts and nets change while a program runs; numbers of ports and protocols do not.
  bool was_asked_for_address() const { return asked_; }

  std::vector<HostAddress> Host(std::string_view name) const override {
    asked_ = true;
    return next_->Host(name);
  }
  std::optional<Network> NetworkByName(std::string_view name) const override {
    asked_ = true;
    return next_->NetworkByName(name);
  }
  std::optional<MacAddress> EtherHost(std::string_view name) const override {
    asked_ = true;
    return next_->EtherHost(name);
  }
  std::optional<Port> PortByName(std::string_view name) const override { return next_->PortByName(name); }
  std::optional<std::uint32_t> IpProtocol(std::string_view name) const override {
    return next_->IpProtocol(name);
  }
  std::optional<std::uint32_t> EtherProtocol(std::string_view name) const override {
    return next_->EtherProtocol(name);
  }

 private:
  std::unique_ptr<Resolver> next_;
  mutable std::atomic<bool> asked_ = false;
};

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_WATCHED_RESOLVER_H
