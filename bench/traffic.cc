// Flows first, then frames of them. Draws are made one statement at a time: the order in which operands are
// evaluated is the compiler's choice.
#include "bench/traffic.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace bpfopt::bench {
namespace {

constexpr std::size_t kFlows = 400;
constexpr std::size_t kLargestCapture = 160;  // no filter of the corpus looks further

constexpr std::uint16_t kIp = 0x0800;
constexpr std::uint16_t kIp6 = 0x86dd;
constexpr std::uint16_t kArp = 0x0806;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;

// splitmix64: the same words everywhere, which the distributions of <random> do not promise.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint32_t Word() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<std::uint32_t>((z ^ (z >> 31)) >> 32);
  }
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((std::uint64_t{Word()} * bound) >> 32);
  }
  bool Chance(unsigned percent) { return Below(100) < percent; }

 private:
  std::uint64_t state_;
};

template <typename Value>
struct Share {
  unsigned percent;
  Value value;
};

template <typename Value>
Value Pick(Random& random, std::initializer_list<Share<Value>> shares) {
  std::uint32_t at = random.Below(100);
  for (const Share<Value>& share : shares) {
    if (at < share.percent) return share.value;
    at -= share.percent;
  }
  return (shares.end() - 1)->value;
}

using Address = std::array<std::uint8_t, 16>;  // of IPv4 the first four

struct Host {
  std::array<std::uint8_t, 6> mac{};
  Address address{};
};

struct Flow {
  std::uint16_t type = kIp;
  std::uint16_t tag = 0;  // 0: none
  std::uint8_t protocol = kTcp;
  bool has_extension = false;  // IPv6: the protocol is behind a hop-by-hop header
  Host client;
  Host server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
};

class Writer {
 public:
  void Byte(std::uint32_t value) { bytes_.push_back(static_cast<std::uint8_t>(value)); }
  void Half(std::uint32_t value) {
    Byte(value >> 8);
    Byte(value);
  }
  void Word(std::uint32_t value) {
    Half(value >> 16);
    Half(value);
  }
  template <typename Bytes>
  void Copy(const Bytes& bytes, std::size_t count) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  }
  std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

class Traffic {
 public:
  explicit Traffic(std::uint64_t seed) : random_(seed) {
    for (std::size_t i = 0; i < kFlows; ++i) flows_.push_back(MakeFlow());
  }

  Frame Next() {
    // The product of two draws makes the first flows the busiest.
    const std::uint32_t rank = random_.Below(kFlows);
    const Flow& flow = flows_[random_.Below(rank + 1)];
    Writer writer;
    const bool is_reply = random_.Chance(50);
    const Host& from = is_reply ? flow.server : flow.client;
    const Host& to = is_reply ? flow.client : flow.server;
    WriteLinkHeader(writer, flow, from, to);
    std::uint32_t size = Pick<std::uint32_t>(random_, {{45, 100}, {15, 600}, {40, 1514}});
    if (size < 1514) size -= random_.Below(size == 100 ? 40 : 480);
    switch (flow.type) {
      case kIp:
        WriteIp(writer, flow, from, to, size, is_reply);
        break;
      case kIp6:
        WriteIp6(writer, flow, from, to, size, is_reply);
        break;
      case kArp:
        WriteArp(writer, from, to);
        size = 60;
        break;
      default:
        size = 60 + random_.Below(200);
    }
    while (writer.bytes().size() < std::min<std::size_t>(size, kLargestCapture)) writer.Byte(random_.Word());
    const auto written = static_cast<std::uint32_t>(writer.bytes().size());
    return {std::move(writer.bytes()), std::max(size, written)};
  }

 private:
  Host MakeHost(bool is_local, std::uint16_t type) {
    Host host;
    for (std::uint8_t& byte : host.address) byte = static_cast<std::uint8_t>(random_.Word());
    if (type == kIp6) {
      constexpr std::array<std::uint8_t, 8> kLocal = {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0};
      if (is_local) std::copy(kLocal.begin(), kLocal.end(), host.address.begin());
      host.address[0] = 0x20;
    } else if (is_local) {
      const bool is_private = random_.Chance(50);
      const std::array<std::uint8_t, 3> net =
          is_private ? std::array<std::uint8_t, 3>{10, 0, 0} : std::array<std::uint8_t, 3>{192, 0, 2};
      std::copy(net.begin(), net.end(), host.address.begin());
      host.address[3] %= 60;
    } else {
      host.address[0] = static_cast<std::uint8_t>(1 + host.address[0] % 223);
    }
    // Hosts that are not local are behind the router.
    host.mac = {0x02, 0, 0x5e, 0x10, 0, static_cast<std::uint8_t>(is_local ? host.address[3] : 0xfe)};
    return host;
  }

  Flow MakeFlow() {
    Flow flow;
    if (random_.Chance(4)) flow.tag = static_cast<std::uint16_t>(100 + 100 * random_.Below(3));
    flow.type = Pick<std::uint16_t>(random_, {{74, kIp}, {20, kIp6}, {4, kArp}, {2, 0}});
    if (flow.type == 0) {
      flow.type = Pick<std::uint16_t>(random_, {{40, 0x88cc}, {40, 0x0026}, {10, 0x8847}, {10, 0x8864}});
    }
    if (flow.type == kIp) {
      flow.protocol = Pick<std::uint8_t>(random_, {{76, kTcp}, {19, kUdp}, {3, 1}, {1, 47}, {1, 50}});
    } else {
      flow.protocol = Pick<std::uint8_t>(random_, {{71, kTcp}, {24, kUdp}, {5, 58}});
      flow.has_extension = random_.Chance(1);
    }
    const bool is_internal = flow.type == kArp || random_.Chance(20);
    const bool is_outbound = random_.Chance(70);
    flow.client = MakeHost(is_internal || is_outbound, flow.type);
    flow.server = MakeHost(is_internal || !is_outbound, flow.type);
    flow.client_port = static_cast<std::uint16_t>(32768 + random_.Below(28232));
    flow.server_port = flow.protocol == kTcp ? TcpPort() : UdpPort();
    return flow;
  }

  std::uint16_t TcpPort() {
    const std::uint16_t any = static_cast<std::uint16_t>(1 + random_.Below(65535));
    return Pick<std::uint16_t>(
        random_, {{60, 443}, {14, 80}, {6, 22}, {2, 25}, {2, 587}, {2, 993}, {4, 8080}, {10, any}});
  }
  std::uint16_t UdpPort() {
    const std::uint16_t any = static_cast<std::uint16_t>(1 + random_.Below(65535));
    return Pick<std::uint16_t>(random_, {{30, 443}, {30, 53}, {8, 123}, {4, 67}, {28, any}});
  }

  void WriteLinkHeader(Writer& writer, const Flow& flow, const Host& from, const Host& to) {
    const bool asks_all = flow.type == kArp && random_.Chance(50);
    constexpr std::array<std::uint8_t, 6> kAll = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    writer.Copy(asks_all ? kAll : to.mac, 6);
    writer.Copy(from.mac, 6);
    if (flow.tag != 0) {
      writer.Half(0x8100);
      writer.Half(flow.tag);
    }
    writer.Half(flow.type);
  }

  void WriteIp(Writer& writer, const Flow& flow, const Host& from, const Host& to, std::uint32_t size,
               bool is_reply) {
    const bool has_options = random_.Chance(1);
    const bool is_fragment = random_.Chance(1);
    writer.Byte(has_options ? 0x46 : 0x45);
    writer.Byte(0);
    writer.Half(size - std::min<std::uint32_t>(size, 14));
    writer.Half(random_.Word());
    writer.Half(is_fragment ? 0x2000 + 185 : 0x4000);
    writer.Byte(random_.Chance(50) ? 64 : 50 + random_.Below(75));
    writer.Byte(flow.protocol);
    writer.Half(random_.Word());
    writer.Copy(from.address, 4);
    writer.Copy(to.address, 4);
    if (has_options) writer.Word(0x94040000);
    if (is_fragment) return;
    WriteTransport(writer, flow, is_reply);
  }

  void WriteIp6(Writer& writer, const Flow& flow, const Host& from, const Host& to, std::uint32_t size,
                bool is_reply) {
    writer.Word(0x60000000);
    writer.Half(size - std::min<std::uint32_t>(size, 54));
    writer.Byte(flow.has_extension ? 0 : flow.protocol);
    writer.Byte(64);
    writer.Copy(from.address, 16);
    writer.Copy(to.address, 16);
    if (flow.has_extension) {
      writer.Byte(flow.protocol);
      writer.Byte(0);
      writer.Half(0x0502);
      writer.Word(0x00000100);
    }
    WriteTransport(writer, flow, is_reply);
  }

  void WriteTransport(Writer& writer, const Flow& flow, bool is_reply) {
    if (flow.protocol == kTcp || flow.protocol == kUdp) {
      writer.Half(is_reply ? flow.server_port : flow.client_port);
      writer.Half(is_reply ? flow.client_port : flow.server_port);
    }
    if (flow.protocol == kTcp) {
      writer.Word(random_.Word());
      writer.Word(random_.Word());
      writer.Byte(0x80);
      writer.Byte(
          Pick<std::uint32_t>(random_, {{58, 0x10}, {32, 0x18}, {3, 0x02}, {3, 0x12}, {3, 0x11}, {1, 0x04}}));
      writer.Half(random_.Word());
    } else if (flow.protocol == kUdp) {
      writer.Half(8 + random_.Below(1000));
      writer.Half(random_.Word());
    } else if (flow.protocol == 1 || flow.protocol == 58) {
      const bool is_ping = random_.Chance(70);
      writer.Byte(flow.protocol == 1 ? (is_ping ? (is_reply ? 0 : 8) : 3)
                                     : (is_ping ? 128 + (is_reply ? 1U : 0U) : 135));
      writer.Byte(0);
      writer.Half(random_.Word());
    }
  }

  void WriteArp(Writer& writer, const Host& from, const Host& to) {
    writer.Half(1);
    writer.Half(kIp);
    writer.Half(0x0604);
    writer.Half(1 + random_.Below(2));
    writer.Copy(from.mac, 6);
    writer.Copy(from.address, 4);
    writer.Copy(to.mac, 6);
    writer.Copy(to.address, 4);
  }

  Random random_;
  std::vector<Flow> flows_;
};

}  // namespace

std::vector<Frame> MakeTraffic(std::size_t count, std::uint64_t seed) {
  Traffic traffic(seed);
  std::vector<Frame> frames;
  frames.reserve(count);
  for (std::size_t i = 0; i < count; ++i) frames.push_back(traffic.Next());
  return frames;
}

}  // namespace bpfopt::bench
