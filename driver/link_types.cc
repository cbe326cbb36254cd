// The frontend's table of link types as the library's users see it.
#include "bpfopt/compiler.h"
#include "frontend/link_type.h"

#include <algorithm>
#include <string>
#include <vector>

namespace bpfopt {
namespace {

LinkTypeInfo InfoOf(const frontend::LinkType& type) {
  return {type.dlt, std::string(type.name), std::string(type.description)};
}

}  // namespace

std::vector<LinkTypeInfo> LinkTypes() {
  std::vector<LinkTypeInfo> infos;
  for (const frontend::LinkType& type : frontend::LinkTypes()) infos.push_back(InfoOf(type));
  std::sort(infos.begin(), infos.end(),
            [](const LinkTypeInfo& a, const LinkTypeInfo& b) { return a.number < b.number; });
  return infos;
}

Expected<LinkTypeInfo> FindLinkType(std::string_view name_or_number) {
  const auto found = frontend::FindLinkType(name_or_number);
  if (!found) return tl::unexpected(found.error());
  return InfoOf(**found);
}

}  // namespace bpfopt
