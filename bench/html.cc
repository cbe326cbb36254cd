// Puts together what the ways of running make by themselves, with the machine and the versions.
#include "bench/html.h"

#include "bench/machine.h"
#include "bench/report.h"
#include "bpfopt/libpcap.h"
#include "web/page.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bpfopt::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

Json Environment(const PageData& data, const CompileOptions& options) {
  return {{"bpfopt", Version()},
          {"libpcap", LibpcapVersion()},
          {"date", Today()},
          {"processor", ProcessorName()},
          {"threads", std::thread::hardware_concurrency()},
          {"relation", options.relation == Relation::kStrict ? "strict" : "faithful"},
          {"level", options.level},
          {"packets", data.from_captures ? "captures" : "generated"}};
}

Json FiguresData(const std::optional<ScalingFigures>& figures) {
  if (!figures) return nullptr;
  return {{"instructions", figures->instructions}, {"milliseconds", figures->milliseconds}};
}

Json ScalingData(const std::vector<ScalingSeries>& all) {
  Json data = Json::array();
  for (const ScalingSeries& series : all) {
    Json points = Json::array();
    for (const ScalingPoint& point : series.points) {
      points.push_back({{"entries", point.entries},
                        {"ours", FiguresData(point.ours)},
                        {"libpcap", FiguresData(point.libpcap)}});
    }
    data.push_back({{"name", series.name}, {"points", std::move(points)}});
  }
  return data;
}

// What is there and is no file (a device, a pipe) is written directly.
bool IsSpecial(const std::string& path) {
  std::error_code failure;
  return std::filesystem::exists(path, failure) && !std::filesystem::is_regular_file(path, failure);
}

std::string TemporaryFor(const std::string& path) {
  return IsSpecial(path) ? path : fmt::format("{}.{}", path, getpid());
}

Error SystemError(const std::string& what) {
  return {ErrorCode::kInvalidInput, fmt::format("{}: {}", what, std::strerror(errno)), std::nullopt};
}

}  // namespace

std::string FormatPageData(const PageData& data, const CompileOptions& options) {
  Json document = {{"kind", "bench"}, {"schema", kSchema}, {"environment", Environment(data, options)}};
  document["comparison"] = Json::parse(FormatJson(data.rows));
  document["executed"] = Json::parse(data.executed);
  document["scaling"] = ScalingData(data.scaling);
  return document.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

Expected<void> CheckWritable(const std::string& path) {
  if (IsSpecial(path)) return {};
  const std::string temporary = TemporaryFor(path);
  if (!std::ofstream(temporary)) return tl::unexpected(SystemError("cannot create " + path));
  std::remove(temporary.c_str());
  return {};
}

Expected<void> WritePage(const std::string& path, const PageData& data, const CompileOptions& options) {
  const std::string page = web::FinishPage(web::Page::kBench, FormatPageData(data, options));
  const bool is_special = IsSpecial(path);
  const std::string temporary = TemporaryFor(path);
  std::ofstream stream(temporary, std::ios::binary);
  if (!stream) return tl::unexpected(SystemError("cannot create " + path));
  stream << page << std::flush;
  const bool written = stream.good();
  stream.close();
  if (written && (is_special || std::rename(temporary.c_str(), path.c_str()) == 0)) return {};
  const Error error = SystemError("cannot write " + path);
  if (!is_special) std::remove(temporary.c_str());
  return tl::unexpected(error);
}

}  // namespace bpfopt::bench
