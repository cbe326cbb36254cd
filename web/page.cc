// The data goes where the built page has its mark.
#include "web/page.h"

#include "web/bundles.h"

#include <cstddef>

namespace bpfopt::web {
namespace {

constexpr std::string_view kMark = "@BPFOPT_DATA@";

// These stand in a JSON text only within strings, where the escapes mean the same. Without them no string can
// end the script element, nor open a comment in it.
std::string EscapeForHtml(std::string_view json) {
  std::string escaped;
  escaped.reserve(json.size() + json.size() / 16);
  for (const char c : json) {
    switch (c) {
      case '<':
        escaped += "\\u003c";
        break;
      case '>':
        escaped += "\\u003e";
        break;
      case '&':
        escaped += "\\u0026";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string FinishPage(Page page, std::string_view json) {
  const std::string_view built = page == Page::kReport ? kReportBundle : kBenchBundle;
  const std::size_t mark = built.find(kMark);
  if (mark == std::string_view::npos) return std::string(built);
  std::string finished(built.substr(0, mark));
  finished += EscapeForHtml(json);
  return finished += built.substr(mark + kMark.size());
}

}  // namespace bpfopt::web
