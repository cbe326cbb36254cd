// The finished pages: one HTML file each, with its scripts and styles in it and a place for the data. They
// are built from web/src by `npm run build` and checked in under web/dist, so that a build needs no Node.
#ifndef BPFOPT_WEB_PAGE_H
#define BPFOPT_WEB_PAGE_H

#include <string>
#include <string_view>

namespace bpfopt::web {

enum class Page {
  kReport,  // of `bpfopt report`
  kBench,   // of `bpfopt-bench --html`
};

// The page with its data (docs/report.md), a JSON text in UTF-8. Whatever the strings in it say, they stay
// strings: characters that mean something to HTML are escaped.
std::string FinishPage(Page page, std::string_view json);

}  // namespace bpfopt::web

#endif  // BPFOPT_WEB_PAGE_H
