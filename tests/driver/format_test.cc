// Every format that is written is read back, recognised by its content.
#include "bpfopt/format.h"

#include "bpfopt/libpcap.h"
#include "random_program.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace bpfopt {
namespace {

constexpr Format kFormats[] = {Format::kAssembly, Format::kC,      Format::kDecimal, Format::kJson,
                               Format::kIptables, Format::kBpfAsm, Format::kRaw};
constexpr ByteOrder kOrders[] = {ByteOrder::kLittle, ByteOrder::kBig};

bool HoldsEveryField(Format format) { return format != Format::kAssembly && format != Format::kBpfAsm; }

void ExpectReadBack(const Program& program, Format format) {
  for (const ByteOrder order : kOrders) {
    const std::string text = FormatProgram(program, format, order);
    const auto read = ParseProgram(text, order);
    ASSERT_TRUE(read) << text << read.error().message;
    ASSERT_EQ(*read, program) << text;
  }
}

TEST(FormatTest, EveryFormatIsReadBack) {
  for (const char* filter :
       {"", "ip", "tcp port 80", "vlan and (host 192.0.2.17 or net 10.0.0.0/8)", "len > 100"}) {
    const auto program = CompileWithLibpcap(filter, {});
    ASSERT_TRUE(program) << program.error().message;
    for (const Format format : kFormats) {
      ExpectReadBack(*program, format);
      EXPECT_TRUE(CheckFormat(*program, format)) << filter;
      EXPECT_TRUE(format == Format::kRaw || FormatProgram(*program, format).back() == '\n');
    }
  }
}

TEST(FormatTest, RandomProgramsAreReadBack) {
  std::mt19937 random(1);
  for (const Target target : {Target::kPcap, Target::kLinux, Target::kSeccomp}) {
    for (int round = 0; round < 40; ++round) {
      const Program program = bpf::RandomProgram(random, 300, target);
      for (const Format format : kFormats) ExpectReadBack(program, format);
    }
  }
}

TEST(FormatTest, WhateverTheFieldsHoldIsReadBack) {
  std::mt19937 random(2);
  for (int round = 0; round < 100; ++round) {
    // Bytes are told from text by a NUL, which an operation code that exists brings along.
    Program program = {{6, 0, 0, 0}};
    for (std::size_t size = random() % 50; size > 0; --size) {
      const auto bits = static_cast<std::uint32_t>(random());
      program.push_back({static_cast<std::uint16_t>(bits), static_cast<std::uint8_t>(bits >> 16),
                         static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint32_t>(random())});
    }
    for (const Format format : kFormats) {
      if (HoldsEveryField(format)) ExpectReadBack(program, format);
    }
  }
}

TEST(FormatTest, FormsAreThoseOfTheirReaders) {
  const Program program = {{0x28, 0, 0, 12}, {0x15, 0, 1, 0x800}, {6, 0, 0, 262144}, {6, 0, 0, 0}};
  EXPECT_EQ(FormatProgram(program, Format::kIptables), "4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0\n");
  EXPECT_EQ(FormatProgram(program, Format::kBpfAsm),
            "        ldh [12]\n        jne #0x800, L3\n        ret #262144\nL3:     ret #0\n");
  EXPECT_EQ(FormatProgram({{6, 0, 0, 0}}, Format::kJson),
            "{\"instructions\": [\n  {\"code\": 6, \"jt\": 0, \"jf\": 0, \"k\": 0}\n]}\n");
  const Program one = {{0x15, 1, 2, 0x01020304}};
  EXPECT_EQ(FormatProgram(one, Format::kRaw, ByteOrder::kLittle),
            std::string("\x15\x00\x01\x02\x04\x03\x02\x01", 8));
  EXPECT_EQ(FormatProgram(one, Format::kRaw, ByteOrder::kBig),
            std::string("\x00\x15\x01\x02\x01\x02\x03\x04", 8));
  EXPECT_EQ(FormatProgram(one, Format::kRaw),
            std::string(reinterpret_cast<const char*>(one.data()), sizeof(Instruction)));
}

// The indented blocks of docs/formats.md under a heading.
std::vector<std::string> DocumentedBlocks(const std::string& heading) {
  std::ifstream file(BPFOPT_SOURCE_DIR "/docs/formats.md");
  std::vector<std::string> blocks;
  bool inside = false;
  bool block_before = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) inside = line == "## " + heading;
    const bool in_block = line.starts_with("    ") || (line.empty() && block_before);
    if (inside && in_block) {
      if (!block_before) blocks.emplace_back();
      blocks.back() += line.empty() ? "\n" : line.substr(4) + "\n";
    }
    block_before = in_block;
  }
  for (std::string& block : blocks) block.resize(block.find_last_not_of('\n') + 2);
  return blocks;
}

TEST(FormatTest, TheDocumentedExamplesAreOneProgram) {
  const Program arp = {{0x28, 0, 0, 12}, {0x15, 0, 1, 0x806}, {6, 0, 0, 0xffffffff}, {6, 0, 0, 0}};
  struct Documented {
    const char* heading;
    Format format;
    std::size_t blocks;
  };
  for (const Documented& documented :
       {Documented{"asm", Format::kAssembly, 1}, Documented{"c", Format::kC, 2},
        Documented{"decimal", Format::kDecimal, 1}, Documented{"iptables", Format::kIptables, 1},
        Documented{"bpf_asm", Format::kBpfAsm, 1}, Documented{"json", Format::kJson, 1}}) {
    SCOPED_TRACE(documented.heading);
    const auto blocks = DocumentedBlocks(documented.heading);
    ASSERT_EQ(blocks.size(), documented.blocks);
    std::string printed = FormatProgram(arp, documented.format);
    std::replace(printed.begin(), printed.end(), '\t', ' ');
    EXPECT_EQ(printed, blocks[0]);
    for (const std::string& block : blocks) {
      const auto program = ParseProgram(block);
      ASSERT_TRUE(program) << program.error().message;
      EXPECT_EQ(*program, arp);
    }
  }
}

TEST(FormatTest, XtBpfTakesSixtyFourInstructions) {
  EXPECT_TRUE(CheckFormat(Program(64, {6, 0, 0, 0}), Format::kIptables));
  const auto large = CheckFormat(Program(65, {6, 0, 0, 0}), Format::kIptables);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kTooLarge);
  EXPECT_NE(large.error().message.find("at most 64"), std::string::npos) << large.error().message;
}

TEST(FormatTest, JsonMayHoldMore) {
  const auto program = ParseProgram(
      "{\"name\": {\"instructions\": [1, {\"code\": 7}]}, \"length\": 1, \"instructions\": [\n"
      "{\"k\": 1, \"code\": 6, \"note\": [{\"code\": -1}, {}], \"jf\": 0, \"jt\": 0}\n], \"after\": null}");
  ASSERT_TRUE(program) << program.error().message;
  EXPECT_EQ(*program, (Program{{6, 0, 0, 1}}));
}

struct BadText {
  std::string text;
  std::string message;
  std::optional<std::size_t> begin;
};

TEST(FormatTest, NamesInstructionAndPlace) {
  const std::string good = "{\"instructions\": [{\"code\": 6, \"jt\": 0, \"jf\": 0, \"k\": 0},";
  for (const BadText& bad : std::vector<BadText>{
           {std::string("\x06\0\0\0\0\0\0\0\x06\0\0", 11),
            "instruction 1 is cut off: a raw program has 8 bytes an instruction, and this one is 11 bytes "
            "long",
            std::nullopt},
           {"{}", "the JSON of a program has an array \"instructions\"", 0},
           {"{\"instructions\": 3}", "\"instructions\" is no array", 17},
           {"{\"instructions\": {\"code\": 6}}", "\"instructions\" is no array", 17},
           {"{\"instructions\": [], \"instructions\": []}", "the array \"instructions\" is there twice", 37},
           {good + "7]}", "instruction 1: expected an object with code, jt, jf and k", 56},
           {good + "[]]}", "instruction 1: expected an object with code, jt, jf and k", 56},
           {good + "{\"code\": 6, \"jt\": 0, \"k\": 0}]}", "instruction 1: the member \"jf\" is missing", 56},
           {good + "{\"code\": 65536}]}", "instruction 1: expected a number from 0 to 65535 for \"code\"",
            65},
           {good + "{\"jt\": 256}]}", "instruction 1: expected a number from 0 to 255 for \"jt\"", 63},
           {good + "{\"jf\": -1}]}", "instruction 1: expected a number from 0 to 255 for \"jf\"", 63},
           {good + "{\"k\": 1.5}]}", "instruction 1: expected a number from 0 to 4294967295 for \"k\"", 62},
           {good + "{\"k\": \"1\"}]}", "instruction 1: expected a number from 0 to 4294967295 for \"k\"", 62},
           {good + "{\"k\": {}}]}", "instruction 1: expected a number from 0 to 4294967295 for \"k\"", 62},
           {good + "{\"k\": []}]}", "instruction 1: expected a number from 0 to 4294967295 for \"k\"", 62},
           {good + "]}", "this is not well-formed JSON", 56}}) {
    SCOPED_TRACE(bad.text);
    const auto program = ParseProgram(bad.text);
    ASSERT_FALSE(program);
    EXPECT_EQ(program.error().message, bad.message);
    const auto& range = program.error().range;
    EXPECT_EQ(range ? std::optional(range->begin) : std::nullopt, bad.begin);
  }
}

TEST(FormatTest, RefusesWhatIsNoProgram) {
  for (const std::string& text :
       {std::string(""), std::string("hello"), std::string("{\"instructions\": 3}"), std::string("{}"),
        std::string("{\"instructions\": [{\"code\": 6, \"jt\": 0, \"jf\": 0}]}"),
        std::string("{\"instructions\": ["), std::string("{\"instructions\": []} x"),
        std::string("3,6 0 0 0"), std::string("1,6 0 0"), std::string(1 << 20, '{'),
        std::string(1 << 20, '['), "{\"a\": " + std::string(1 << 20, '['), std::string("\0\0\0\0", 4),
        std::string("\xff\xfe", 2)}) {
    const auto program = ParseProgram(text);
    EXPECT_FALSE(program) << text.substr(0, 80);
  }
}

}  // namespace
}  // namespace bpfopt
