// Outcomes of filters that were compiled before, the last used first; bounded in number and in bytes.
#ifndef BPFOPT_PRELOAD_CACHE_H
#define BPFOPT_PRELOAD_CACHE_H

#include "preload/compiled.h"
#include "preload/request.h"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace bpfopt::preload {

inline constexpr std::size_t kCacheBytes = 8 << 20;  // of filters and programs

// May be used by several threads at once.
class Cache {
 public:
  explicit Cache(std::size_t entries, std::size_t bytes = kCacheBytes) : most_(entries), most_bytes_(bytes) {}

  // Null when the filter is not here.
  std::shared_ptr<const Compiled> Find(const Request& request);
  // What was there for the same request gives way. What is larger than all of the cache is not kept.
  void Keep(const Request& request, std::shared_ptr<const Compiled> compiled);

 private:
  using Entry = std::pair<Request, std::shared_ptr<const Compiled>>;
  using Order = std::list<Entry>;

  void Drop(Order::iterator entry);

  const std::size_t most_;
  const std::size_t most_bytes_;
  std::mutex mutex_;  // guards what follows
  Order order_;       // the last used first
  std::map<Request, Order::iterator> places_;
  std::size_t bytes_ = 0;
};

}  // namespace bpfopt::preload

#endif  // BPFOPT_PRELOAD_CACHE_H
