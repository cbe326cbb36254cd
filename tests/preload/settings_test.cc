// The environment's variables, and values that mean nothing.
#include "preload/settings.h"

#include <filesystem>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace bpfopt::preload {
namespace {

Settings Read(const std::map<std::string, std::string>& variables) {
  return ReadSettings([&](const char* name) {
    const auto variable = variables.find(name);
    return variable == variables.end() ? nullptr : variable->second.c_str();
  });
}

TEST(SettingsTest, NothingIsSet) {
  const Settings settings = Read({});
  EXPECT_FALSE(settings.is_off);
  EXPECT_EQ(settings.level, std::nullopt);
  EXPECT_EQ(settings.proof, std::nullopt);
  EXPECT_EQ(settings.relation, Relation::kFaithful);
  EXPECT_EQ(settings.objective, Objective::kBalanced);
  EXPECT_EQ(settings.cache_entries, 256U);
  EXPECT_EQ(settings.log_file, "");
  EXPECT_TRUE(settings.ignored.empty());
}

TEST(SettingsTest, EachVariable) {
  const Settings settings = Read({{"BPFOPT_OFF", "1"},
                                  {"BPFOPT_LEVEL", "3"},
                                  {"BPFOPT_EQUAL", "strict"},
                                  {"BPFOPT_OBJECTIVE", "speed"},
                                  {"BPFOPT_PROOF", "required"},
                                  {"BPFOPT_CACHE", "0"},
                                  {"BPFOPT_LOG", "/var/log/bpfopt"}});
  EXPECT_TRUE(settings.is_off);
  EXPECT_EQ(settings.level, 3);
  EXPECT_EQ(settings.relation, Relation::kStrict);
  EXPECT_EQ(settings.objective, Objective::kSpeed);
  EXPECT_EQ(settings.proof, ProofMode::kRequired);
  EXPECT_EQ(settings.cache_entries, 0U);
  EXPECT_EQ(settings.log_file, "/var/log/bpfopt");
  EXPECT_TRUE(settings.ignored.empty());
}

TEST(SettingsTest, EmptyIsNotSet) {
  const Settings settings = Read({{"BPFOPT_OFF", ""}, {"BPFOPT_LEVEL", ""}, {"BPFOPT_LOG", ""}});
  EXPECT_FALSE(settings.is_off);
  EXPECT_EQ(settings.level, std::nullopt);
  EXPECT_EQ(settings.log_file, "");
  EXPECT_TRUE(settings.ignored.empty());
}

TEST(SettingsTest, WhatMeansNothingIsNamedAndTheDefaultStays) {
  const Settings settings = Read({{"BPFOPT_LEVEL", "4"},
                                  {"BPFOPT_EQUAL", "Strict"},
                                  {"BPFOPT_PROOF", "yes"},
                                  {"BPFOPT_CACHE", "12k"},
                                  {"BPFOPT_OFF", "true"}});
  EXPECT_EQ(settings.level, std::nullopt);
  EXPECT_EQ(settings.relation, Relation::kFaithful);
  EXPECT_EQ(settings.proof, std::nullopt);
  EXPECT_EQ(settings.cache_entries, 256U);
  EXPECT_FALSE(settings.is_off);
  const std::vector<std::string> ignored = {"BPFOPT_OFF=true", "BPFOPT_LEVEL=4", "BPFOPT_EQUAL=Strict",
                                            "BPFOPT_PROOF=yes", "BPFOPT_CACHE=12k"};
  EXPECT_EQ(settings.ignored, ignored);
}

TEST(SettingsTest, TheLogStaysWhereItIsWhenTheProgramChangesItsDirectory) {
  EXPECT_EQ(Read({{"BPFOPT_LOG", "log"}}).log_file, (std::filesystem::current_path() / "log").string());
}

}  // namespace
}  // namespace bpfopt::preload
