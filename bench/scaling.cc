// Filters are prefixes of one random list, so that each contains the one before.
#include "bench/scaling.h"

#include "bpfopt/libpcap.h"

#include <array>
#include <cstdint>
#include <ctime>
#include <functional>
#include <random>
#include <string_view>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr std::array<std::size_t, 7> kSizes = {8, 16, 32, 64, 128, 256, 512};
constexpr double kPatience = 2000;  // milliseconds
constexpr std::uint32_t kSeed = 1;

std::uint32_t Below(std::mt19937& random, std::uint32_t bound) {
  return static_cast<std::uint32_t>(random() % bound);
}

std::string Address(std::mt19937& random) {
  const std::uint32_t first = 1 + Below(random, 223);
  const std::uint32_t rest = Below(random, 1U << 24);
  return fmt::format("{}.{}.{}.{}", first, rest >> 16, rest >> 8 & 0xff, rest & 0xff);
}

struct Shape {
  std::string_view name;
  std::function<std::string(std::mt19937&)> term;
};

std::vector<Shape> Shapes() {
  return {{"hosts", [](std::mt19937& random) { return "host " + Address(random); }},
          {"/24 networks",
           [](std::mt19937& random) {
             const std::string address = Address(random);
             return "net " + address.substr(0, address.rfind('.')) + ".0/24";
           }},
          {"pairs of a source and a port", [](std::mt19937& random) {
             const std::string address = Address(random);
             return fmt::format("(src host {} and tcp dst port {})", address, 1 + Below(random, 0xffff));
           }}};
}

// Asks one compiler for filters of growing size, until it has once taken too long or has no program.
template <typename Compiler>
class Patient {
 public:
  explicit Patient(Compiler compile) : compile_(std::move(compile)) {}

  std::optional<ScalingFigures> Ask(const std::string& filter) {
    if (gave_up_) return std::nullopt;
    const std::clock_t begin = std::clock();
    const std::optional<std::size_t> instructions = compile_(filter);
    const double milliseconds = 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    gave_up_ = !instructions || milliseconds > kPatience;
    if (!instructions) return std::nullopt;
    return ScalingFigures{*instructions, milliseconds};
  }

 private:
  Compiler compile_;
  bool gave_up_ = false;
};

template <typename Result>
std::optional<std::size_t> SizeOf(const Result& program) {
  return program ? std::optional(program->size()) : std::nullopt;
}

}  // namespace

std::vector<ScalingSeries> MeasureScaling(const CompileOptions& options, std::size_t largest) {
  std::vector<ScalingSeries> all;
  for (const Shape& shape : Shapes()) {
    ScalingSeries series{std::string(shape.name), {}};
    Patient ours([&](const std::string& filter) {
      const auto compiled = Compile(filter, options);
      return compiled ? std::optional(compiled->program.size()) : std::nullopt;
    });
    Patient theirs([&](const std::string& filter) {
      return SizeOf(CompileWithLibpcap(filter, {.link_type = options.link_type, .netmask = options.netmask}));
    });
    std::mt19937 random(kSeed);
    std::string filter;
    std::size_t entries = 0;
    for (const std::size_t size : kSizes) {
      if (size > largest) break;
      for (; entries < size; ++entries) filter += (entries == 0 ? "" : " or ") + shape.term(random);
      series.points.push_back({size, ours.Ask(filter), theirs.Ask(filter)});
    }
    if (!series.points.empty()) all.push_back(std::move(series));
  }
  return all;
}

}  // namespace bpfopt::bench
