// What is remembered, for whom, and how much of it.
#include "preload/cache.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::preload {
namespace {

Request RequestFor(const std::string& filter) {
  Request request;
  request.filter = filter;
  request.snaplen = 65535;
  return request;
}

std::shared_ptr<const Compiled> Of(std::size_t instructions) {
  auto compiled = std::make_shared<Compiled>();
  compiled->outcome.program = Program(instructions);
  return compiled;
}

TEST(CacheTest, ARequestIsKnownByAllThatItsMeaningDependsOn) {
  Cache cache(10);
  const Request request = RequestFor("ip");
  const auto compiled = Of(4);
  cache.Keep(request, compiled);
  EXPECT_EQ(cache.Find(request), compiled);
  Request other = request;
  other.filter = "ip ";
  EXPECT_EQ(cache.Find(other), nullptr);
  other = request;
  other.link_type = 12;
  EXPECT_EQ(cache.Find(other), nullptr);
  other = request;
  other.snaplen = 96;
  EXPECT_EQ(cache.Find(other), nullptr);
  other = request;
  other.netmask = 0;
  EXPECT_EQ(cache.Find(other), nullptr);
  other = request;
  other.origin = PacketOrigin::kSavefile;
  EXPECT_EQ(cache.Find(other), nullptr);
  other = request;
  other.tags_are_aside = true;
  EXPECT_EQ(cache.Find(other), nullptr);
}

TEST(CacheTest, TheLeastRecentlyUsedGives) {
  Cache cache(2);
  cache.Keep(RequestFor("a"), Of(1));
  cache.Keep(RequestFor("b"), Of(1));
  EXPECT_NE(cache.Find(RequestFor("a")), nullptr);
  cache.Keep(RequestFor("c"), Of(1));
  EXPECT_NE(cache.Find(RequestFor("a")), nullptr);
  EXPECT_EQ(cache.Find(RequestFor("b")), nullptr);
  EXPECT_NE(cache.Find(RequestFor("c")), nullptr);
}

TEST(CacheTest, TheNewerOutcomeOfARequestStays) {
  Cache cache(2);
  cache.Keep(RequestFor("a"), Of(1));
  cache.Keep(RequestFor("b"), Of(1));
  const auto newer = Of(2);
  cache.Keep(RequestFor("a"), newer);
  EXPECT_EQ(cache.Find(RequestFor("a")), newer);
  EXPECT_NE(cache.Find(RequestFor("b")), nullptr);
}

TEST(CacheTest, BytesAreBounded) {
  Cache cache(1000, /*bytes=*/90'000);
  cache.Keep(RequestFor("a"), Of(4096));  // 32 KB each
  cache.Keep(RequestFor("b"), Of(4096));
  cache.Keep(RequestFor("c"), Of(4096));
  EXPECT_EQ(cache.Find(RequestFor("a")), nullptr);
  EXPECT_NE(cache.Find(RequestFor("b")), nullptr);
  EXPECT_NE(cache.Find(RequestFor("c")), nullptr);
  cache.Keep(RequestFor("d"), Of(20'000));  // more than fits at all
  EXPECT_EQ(cache.Find(RequestFor("d")), nullptr);
  EXPECT_NE(cache.Find(RequestFor("c")), nullptr);
}

TEST(CacheTest, NoEntriesAreNoCache) {
  Cache cache(0);
  cache.Keep(RequestFor("a"), Of(1));
  EXPECT_EQ(cache.Find(RequestFor("a")), nullptr);
}

}  // namespace
}  // namespace bpfopt::preload
