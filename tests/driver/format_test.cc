// Every format that is written is read back, recognised by its content.
#include "bpfopt/format.h"

#include "bpfopt/libpcap.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

constexpr Format kFormats[] = {Format::kAssembly, Format::kC, Format::kDecimal, Format::kJson,
                               Format::kIptables};

TEST(FormatTest, EveryFormatIsReadBack) {
  for (const char* filter :
       {"", "ip", "tcp port 80", "vlan and (host 192.0.2.17 or net 10.0.0.0/8)", "len > 100"}) {
    const auto program = CompileWithLibpcap(filter, {});
    ASSERT_TRUE(program) << program.error().message;
    for (const Format format : kFormats) {
      const std::string text = FormatProgram(*program, format);
      EXPECT_EQ(text.back(), '\n');
      const auto read = ParseProgram(text);
      ASSERT_TRUE(read) << text << read.error().message;
      EXPECT_EQ(*read, *program) << text;
    }
  }
}

TEST(FormatTest, FormsAreThoseOfTheirReaders) {
  const Program program = {{0x28, 0, 0, 12}, {0x15, 0, 1, 0x800}, {6, 0, 0, 262144}, {6, 0, 0, 0}};
  EXPECT_EQ(FormatProgram(program, Format::kIptables), "4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0\n");
  EXPECT_EQ(FormatProgram({{6, 0, 0, 0}}, Format::kJson),
            "{\"instructions\": [\n  {\"code\": 6, \"jt\": 0, \"jf\": 0, \"k\": 0}\n]}\n");
}

TEST(FormatTest, RefusesWhatIsNoProgram) {
  for (const std::string& text :
       {std::string(""), std::string("hello"), std::string("{\"instructions\": 3}"), std::string("{}"),
        std::string("{\"instructions\": [{\"code\": 6, \"jt\": 0, \"jf\": 0}]}"),
        std::string("{\"instructions\": [{\"code\": 6, \"jt\": 256, \"jf\": 0, \"k\": 0}]}"),
        std::string("{\"instructions\": [{\"code\": -6, \"jt\": 0, \"jf\": 0, \"k\": 0}]}"),
        std::string("{\"instructions\": ["), std::string("3,6 0 0 0"), std::string("1,6 0 0"),
        std::string(1 << 20, '{'), std::string(1 << 20, '['), std::string("\0\0\0\0", 4)}) {
    const auto program = ParseProgram(text);
    EXPECT_FALSE(program) << text.substr(0, 80);
  }
}

}  // namespace
}  // namespace bpfopt
