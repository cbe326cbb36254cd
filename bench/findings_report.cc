// Times are for information and decide nothing.
#include "bench/findings_report.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace bpfopt::bench {
namespace {

struct Class {
  Outcome outcome;
  std::string_view name;     // in JSON
  std::string_view heading;  // of a list
};

// What is worst comes first.
constexpr std::array<Class, 10> kClasses = {
    {{Outcome::kBreaksFaithful, "breaks-faithful",
      "Miscompilations: they break faithful, and strict with it"},
     {Outcome::kInvalid, "invalid", "Optimized programs that the checker refuses"},
     {Outcome::kCrashed, "crashed", "libpcap crashed"},
     {Outcome::kEndless, "endless", "libpcap did not end"},
     {Outcome::kRefusedOptimized, "refused-optimizing",
      "Filters that libpcap refuses only when it optimizes"},
     {Outcome::kBreaksStrict, "breaks-strict",
      "Differences on truncated packets alone: they break only strict"},
     {Outcome::kUndecided, "undecided", "Undecided"},
     {Outcome::kNotJudged, "not-judged", "Filters whose unoptimized program has no meaning"},
     {Outcome::kRefused, "refused", "Filters that libpcap refuses"},
     {Outcome::kEqual, "equal", "Equal"}}};

// In hexadecimal; many zeros at the end are counted instead of written.
std::string Hexadecimal(const std::vector<std::uint8_t>& bytes) {
  constexpr std::size_t kWritten = 80;
  if (bytes.empty()) return "empty";
  std::size_t size = bytes.size();
  while (size > 0 && bytes[size - 1] == 0) --size;
  if (bytes.size() - size < kWritten) size = bytes.size();
  std::string text =
      fmt::format("{:02x}", fmt::join(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size), ""));
  if (size < bytes.size()) text += fmt::format("{}zeros up to {} bytes", size == 0 ? "" : ", ", bytes.size());
  return text;
}

// The captured bytes, and the length on the wire when it is another.
std::string PacketText(const Counterexample& packet) {
  std::string text = Hexadecimal(packet.captured);
  if (packet.wire_length != packet.captured.size())
    text += fmt::format(", {} on the wire", packet.wire_length);
  if (!packet.on_complete_packet) return text;
  text += ", with more of it captured";
  for (const auto& [address, byte] : packet.continuation) {
    if (byte != 0) text += fmt::format(" [{}]={:02x}", address, byte);
  }
  return text;
}

std::string VerdictText(const Counterexample& packet) {
  return fmt::format("{} / {}{}", packet.source_verdict, packet.result_verdict,
                     packet.result_faults ? " (ends early)" : "");
}

struct Times {
  double median = 0;
  double max = 0;
};

Times ProofTimes(const FindingsReport& report) {
  std::vector<double> times = report.corpus.milliseconds;
  times.insert(times.end(), report.random.milliseconds.begin(), report.random.milliseconds.end());
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.back()};
}

std::size_t CountOf(const Findings& findings, Outcome outcome) {
  const auto count = findings.counts.find(outcome);
  return count == findings.counts.end() ? 0 : count->second;
}

std::vector<Finding> Of(const Findings& findings, Outcome outcome) {
  std::vector<Finding> found;
  std::copy_if(findings.found.begin(), findings.found.end(), std::back_inserter(found),
               [&](const Finding& finding) { return finding.judgement.outcome == outcome; });
  return found;
}

std::string Listed(const Finding& finding, bool is_random) {
  const Judgement& judgement = finding.judgement;
  std::string text = fmt::format("  {:<11} {}\n", finding.link_type, finding.filter);
  if (!finding.id.empty()) text += fmt::format("    row: {}\n", finding.id);
  if (judgement.packet) {
    text += fmt::format("    {}\n    packet: {}\n    verdicts, unoptimized / optimized: {}\n",
                        Symptom(judgement), PacketText(*judgement.packet), VerdictText(*judgement.packet));
  }
  if (!judgement.message.empty()) text += fmt::format("    {}\n", judgement.message);
  if (is_random && judgement.outcome != Outcome::kUndecided) {
    text += fmt::format("    {} random {} on {}, the first: {}\n", finding.filters,
                        finding.filters == 1 ? "filter" : "filters", fmt::join(finding.link_types, ", "),
                        finding.first);
  }
  return text;
}

std::string Lists(const Findings& findings, const std::string& of_what, bool is_random) {
  std::string text;
  for (const Class& each : kClasses) {
    const std::vector<Finding> found = Of(findings, each.outcome);
    if (found.empty()) continue;
    text += fmt::format("{} ({}):\n", each.heading, of_what);
    for (const Finding& finding : found) text += Listed(finding, is_random);
    text += '\n';
  }
  return text;
}

// A bar ends a cell, even inside of code.
std::string Cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string MarkdownTable(const std::vector<Finding>& found, bool is_random) {
  const bool has_packet = found[0].judgement.packet.has_value();
  std::string text =
      fmt::format("| filter | link type | {} | {} |\n| --- | --- |{} --- |\n",
                  has_packet ? "the optimized program | packet | verdicts" : "message",
                  is_random ? "random filters" : "row", has_packet ? " --- | --- | --- |" : " --- |");
  for (const Finding& finding : found) {
    const Judgement& judgement = finding.judgement;
    text += fmt::format("| `{}` | {} | ", Cell(finding.filter), finding.link_type);
    if (judgement.packet) {
      text += fmt::format("{} | {} | {} | ", Symptom(judgement), PacketText(*judgement.packet),
                          VerdictText(*judgement.packet));
    } else {
      text += Cell(judgement.message) + " | ";
    }
    text += is_random ? fmt::format("{}: {} |\n", finding.filters, fmt::join(finding.link_types, ", "))
                      : finding.id + " |\n";
  }
  return text;
}

nlohmann::ordered_json FindingsJson(const Findings& findings, bool is_random) {
  nlohmann::ordered_json json;
  json["filters"] = findings.rows;
  for (const Class& each : kClasses) json["counts"][std::string(each.name)] = CountOf(findings, each.outcome);
  json["found"] = nlohmann::ordered_json::array();
  for (const Class& each : kClasses) {
    for (const Finding& finding : Of(findings, each.outcome)) {
      const Judgement& judgement = finding.judgement;
      nlohmann::ordered_json entry = {
          {"class", each.name}, {"filter", finding.filter}, {"link_type", finding.link_type}};
      if (!finding.id.empty()) entry["id"] = finding.id;
      if (judgement.unoptimized != 0) entry["unoptimized"] = judgement.unoptimized;
      if (judgement.optimized != 0) entry["optimized"] = judgement.optimized;
      if (const std::string symptom = Symptom(judgement); !symptom.empty()) entry["symptom"] = symptom;
      if (!judgement.message.empty()) entry["message"] = judgement.message;
      if (judgement.packet) {
        const Counterexample& packet = *judgement.packet;
        entry["packet"] = {{"captured", fmt::format("{:02x}", fmt::join(packet.captured, ""))},
                           {"wire_length", packet.wire_length},
                           {"complete", packet.on_complete_packet},
                           {"rules", packet.rules == Target::kLinux ? "linux" : "pcap"},
                           {"unoptimized_verdict", packet.source_verdict},
                           {"optimized_verdict", packet.result_verdict},
                           {"optimized_ends_early", packet.result_faults}};
        for (const auto& [address, byte] : packet.continuation) {
          entry["packet"]["continuation"][std::to_string(address)] = byte;
        }
      }
      if (is_random) {
        entry["filters"] = finding.filters;
        entry["link_types"] = finding.link_types;
        entry["first"] = finding.first;
      }
      json["found"].push_back(std::move(entry));
    }
  }
  return json;
}

}  // namespace

std::string FormatFindings(const FindingsReport& report) {
  std::string text = Lists(report.corpus, "corpus", false) + Lists(report.random, "random filters", true);
  text += fmt::format("{}\n{:<20} {:>8} {:>8}\n", report.libpcap, "", "corpus", "random");
  text += fmt::format("{:<20} {:>8} {:>8}\n", "filters", report.corpus.rows, report.random.rows);
  for (const Class& each : kClasses) {
    text += fmt::format("{:<20} {:>8} {:>8}\n", each.name, CountOf(report.corpus, each.outcome),
                        CountOf(report.random, each.outcome));
  }
  const Times times = ProofTimes(report);
  return text + fmt::format("Time of a proof in process: median {:.1f} ms, max {:.1f} ms\n", times.median,
                            times.max);
}

std::string FormatFindingsJson(const FindingsReport& report) {
  nlohmann::ordered_json document;
  document["libpcap"] = report.libpcap;
  document["corpus"] = FindingsJson(report.corpus, false);
  document["random"] = FindingsJson(report.random, true);
  const Times times = ProofTimes(report);
  document["milliseconds"] = {{"median", times.median}, {"max", times.max}};
  return document.dump(2) + "\n";
}

std::string FormatFindingsMarkdown(const FindingsReport& report) {
  std::string text =
      fmt::format("{}.\n\n| | corpus | random filters |\n| --- | --- | --- |\n", report.libpcap);
  text += fmt::format("| filters | {} | {} |\n", report.corpus.rows, report.random.rows);
  for (const Class& each : kClasses) {
    text += fmt::format("| {} | {} | {} |\n", each.name, CountOf(report.corpus, each.outcome),
                        CountOf(report.random, each.outcome));
  }
  for (const Class& each : kClasses) {
    const std::vector<Finding> corpus = Of(report.corpus, each.outcome);
    const std::vector<Finding> random = Of(report.random, each.outcome);
    if (corpus.empty() && random.empty()) continue;
    text += fmt::format("\n## {}\n", each.heading);
    if (!corpus.empty()) text += "\nIn the corpus:\n\n" + MarkdownTable(corpus, false);
    if (!random.empty()) text += "\nFrom random filters:\n\n" + MarkdownTable(random, true);
  }
  return text;
}

}  // namespace bpfopt::bench
