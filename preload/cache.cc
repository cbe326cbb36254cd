// A list in order of use, and a map into it.
#include "preload/cache.h"

namespace bpfopt::preload {
namespace {

std::size_t SizeOf(const Request& request, const Compiled& compiled) {
  const auto& program = compiled.outcome.program;
  // The filter is a key twice, in the list and in the map.
  return sizeof(Compiled) + 2 * (sizeof(Request) + request.filter.size()) + compiled.outcome.reason.size() +
         (program ? program->size() * sizeof(Instruction) : 0);
}

}  // namespace

std::shared_ptr<const Compiled> Cache::Find(const Request& request) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(request);
  if (place == places_.end()) return nullptr;
  order_.splice(order_.begin(), order_, place->second);
  return place->second->second;
}

void Cache::Keep(const Request& request, std::shared_ptr<const Compiled> compiled) {
  const std::size_t size = SizeOf(request, *compiled);
  if (most_ == 0 || size > most_bytes_) return;
  const std::lock_guard lock(mutex_);
  if (const auto place = places_.find(request); place != places_.end()) Drop(place->second);
  while (!order_.empty() && (order_.size() >= most_ || bytes_ + size > most_bytes_)) {
    Drop(std::prev(order_.end()));
  }
  order_.emplace_front(request, std::move(compiled));
  places_.emplace(request, order_.begin());
  bytes_ += size;
}

void Cache::Drop(Order::iterator entry) {
  bytes_ -= SizeOf(entry->first, *entry->second);
  places_.erase(entry->first);
  order_.erase(entry);
}

}  // namespace bpfopt::preload
