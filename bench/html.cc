#include "bench/html.h"

#include "web/page.h"

#include <utility>

namespace bpfopt::bench {
namespace {

constexpr int kSchema = 2;

}  // namespace

nlohmann::ordered_json MakePageData(const std::vector<MeasuredPart>& parts,
                                    nlohmann::ordered_json environment) {
  nlohmann::ordered_json data = {
      {"kind", "bench"}, {"schema", kSchema}, {"environment", std::move(environment)}};
  for (const auto& [part, report] : parts) data[std::string(part->member)] = report.data;
  return data;
}

std::string FormatPage(const nlohmann::ordered_json& data) {
  return web::FinishPage(web::Page::kBench, FormatData(data));
}

std::string FormatData(const nlohmann::ordered_json& data, int indent) {
  return data.dump(indent, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace bpfopt::bench
