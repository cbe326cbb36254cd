// Made from web/dist by embed.cmake.
#ifndef BPFOPT_WEB_BUNDLES_H
#define BPFOPT_WEB_BUNDLES_H

#include <string_view>

namespace bpfopt::web {

extern const std::string_view kReportBundle;
extern const std::string_view kBenchBundle;

}  // namespace bpfopt::web

#endif  // BPFOPT_WEB_BUNDLES_H
