// Captures written and read back, and files that are none.
#include "bpfopt/savefile.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

class SavefileTest : public testing::Test {
 protected:
  SavefileTest() : path_(testing::TempDir() + "bpfopt_savefile_test_" + std::to_string(getpid()) + ".pcap") {}
  ~SavefileTest() override { std::filesystem::remove(path_); }

  std::string path_;
};

TEST_F(SavefileTest, PacketsAreReadBack) {
  const std::vector<std::uint8_t> bytes = {1, 2, 3, 4, 5};
  auto writer = SavefileWriter::Open(path_, 113, 1000);
  ASSERT_TRUE(writer) << writer.error().message;
  writer->Write({.captured = bytes, .wire_length = 60, .seconds = 17, .microseconds = 42});
  writer->Write({.captured = {}, .wire_length = 7});
  ASSERT_TRUE(writer->Close());

  auto reader = SavefileReader::Open(path_);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->link_type(), 113);
  EXPECT_EQ(reader->snaplen(), 1000U);
  auto packet = reader->Next();
  ASSERT_TRUE(packet && *packet);
  EXPECT_EQ(std::vector<std::uint8_t>((*packet)->captured.begin(), (*packet)->captured.end()), bytes);
  EXPECT_EQ((*packet)->wire_length, 60U);
  EXPECT_EQ((*packet)->seconds, 17);
  EXPECT_EQ((*packet)->microseconds, 42);
  packet = reader->Next();
  ASSERT_TRUE(packet && *packet);
  EXPECT_TRUE((*packet)->captured.empty());
  packet = reader->Next();
  ASSERT_TRUE(packet);
  EXPECT_FALSE(*packet);
}

TEST_F(SavefileTest, TruncatedFileIsAnErrorAfterItsWholePackets) {
  const std::vector<std::uint8_t> bytes(100, 1);
  auto writer = SavefileWriter::Open(path_, 1, 1000);
  ASSERT_TRUE(writer);
  writer->Write({.captured = bytes, .wire_length = 100});
  writer->Write({.captured = bytes, .wire_length = 100});
  ASSERT_TRUE(writer->Close());
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 10);

  auto reader = SavefileReader::Open(path_);
  ASSERT_TRUE(reader);
  const auto first = reader->Next();
  ASSERT_TRUE(first && *first);
  EXPECT_FALSE(reader->Next());
}

TEST_F(SavefileTest, RefusesWhatIsNoCapture) {
  EXPECT_FALSE(SavefileReader::Open(path_));
  std::ofstream(path_) << "hello, this is text";
  EXPECT_FALSE(SavefileReader::Open(path_));
  EXPECT_FALSE(SavefileWriter::Open("/nonexistent-directory/x.pcap", 1, 100));
}

TEST_F(SavefileTest, FullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  auto writer = SavefileWriter::Open("/dev/full", 1, 1000);
  ASSERT_TRUE(writer);
  writer->Write({.captured = {}, .wire_length = 1});
  EXPECT_FALSE(writer->Close());
}

}  // namespace
}  // namespace bpfopt
