// Data in a page stays data, whatever it says.
#include "web/page.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace bpfopt::web {
namespace {

// Between the tags of the script element that holds the data.
std::string DataOf(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t begin = page.find(open) + open.size();
  return page.substr(begin, page.find("</script", begin) - begin);
}

class PageTest : public testing::TestWithParam<Page> {};

TEST_P(PageTest, HoldsTheDataOnceAndUnchanged) {
  const nlohmann::json data = {
      {"filter", "</script><script>alert(1)</script><!-- <![CDATA[ ]]> &amp; '\" \\ @BPFOPT_DATA@"}};
  const std::string page = FinishPage(GetParam(), data.dump());
  EXPECT_EQ(nlohmann::json::parse(DataOf(page)), data);
  EXPECT_EQ(page.find("alert(1)</script>"), std::string::npos);
  EXPECT_EQ(page.find("<!-- <!"), std::string::npos);
}

TEST_P(PageTest, MayRunNothingButItsOwnScript) {
  const std::string page = FinishPage(GetParam(), "{}");
  EXPECT_NE(page.find("Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-"),
            std::string::npos);
  EXPECT_EQ(page.find("unsafe-"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Pages, PageTest, testing::Values(Page::kReport, Page::kBench));

}  // namespace
}  // namespace bpfopt::web
