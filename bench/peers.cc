#include "bench/peers.h"

#include "bench/spread.h"
#include "bench/tcpdump.h"
#include "bpfopt/libpcap.h"
#include "bpfopt/verify.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

// What one compiler makes of a row.
struct Judged {
  enum class Outcome { kEqual, kDifferent, kUndecided, kNone };
  Outcome outcome = Outcome::kNone;
  std::size_t instructions = 0;
  std::string message;  // the packet, or why there is no program or no answer

  bool counts() const { return outcome == Outcome::kEqual || outcome == Outcome::kUndecided; }
};

struct PeerRow {
  CorpusRow corpus;
  bool is_compiled = false;  // by bpfopt, and proven
  std::size_t ours = 0;
  Judged tcpdump;
  std::vector<Judged> peers;  // as many as are installed, in their order
};

struct PeerFigures {
  const PeerCompiler* peer = nullptr;
  GeometricMean ours_to_theirs;
  GeometricMean theirs_to_tcpdumps;
  std::size_t equal = 0;
  std::size_t different = 0;
  std::size_t undecided = 0;
  std::size_t none = 0;
};

Judged JudgeProgram(PeerAnswer answer, const Program& source, Relation relation) {
  using Outcome = Judged::Outcome;
  const std::size_t size = answer.program.size();
  if (size == 0) return {Outcome::kNone, 0, std::move(answer.message)};
  const auto verdict = Verify(source, answer.program, {.relation = relation});
  // A program that the verifier has no meaning for is none that a kernel takes.
  if (!verdict) return {Outcome::kDifferent, size, verdict.error().message};
  switch (verdict->answer) {
    case Answer::kEqual:
      return {Outcome::kEqual, size, {}};
    case Answer::kUndecided:
      return {Outcome::kUndecided, size, verdict->reason};
    case Answer::kDifferent:
      break;
  }
  return {Outcome::kDifferent, size, Describe(*verdict->counterexample, "the filter's", "its")};
}

Expected<PeerRow> MeasureRow(const CorpusRow& corpus, CompileOptions options,
                             const std::vector<const PeerCompiler*>& peers) {
  PeerRow row;
  row.corpus = corpus;
  options.link_type = corpus.link_type;
  const auto compiled = Compile(corpus.filter, options);
  if (!compiled) return row;
  row.is_compiled = compiled->proven;
  row.ours = compiled->program.size();
  const auto tcpdump = AskTcpdump(corpus.link_type, corpus.filter);
  if (!tcpdump) return tl::unexpected(tcpdump.error());
  row.tcpdump = JudgeProgram({tcpdump->program, tcpdump->message}, compiled->source, options.relation);
  for (const PeerCompiler* peer : peers) {
    auto answer = peer->ask(corpus);
    if (!answer) return tl::unexpected(answer.error());
    row.peers.push_back(JudgeProgram(std::move(*answer), compiled->source, options.relation));
  }
  return row;
}

double Ratio(std::size_t a, std::size_t b) { return static_cast<double>(a) / static_cast<double>(b); }

PeerFigures FiguresOf(const PeerCompiler& peer, std::size_t index, const std::vector<PeerRow>& rows) {
  PeerFigures figures;
  figures.peer = &peer;
  for (const PeerRow& row : rows) {
    if (index >= row.peers.size()) continue;
    const Judged& judged = row.peers[index];
    switch (judged.outcome) {
      case Judged::Outcome::kEqual:
        ++figures.equal;
        break;
      case Judged::Outcome::kDifferent:
        ++figures.different;
        break;
      case Judged::Outcome::kUndecided:
        ++figures.undecided;
        break;
      case Judged::Outcome::kNone:
        ++figures.none;
        break;
    }
    if (!judged.counts()) continue;
    figures.ours_to_theirs.Add(Ratio(row.ours, judged.instructions));
    if (row.tcpdump.counts())
      figures.theirs_to_tcpdumps.Add(Ratio(judged.instructions, row.tcpdump.instructions));
  }
  return figures;
}

std::string MissingLine(const PeerCompiler& peer) {
  const std::string package = peer.package.empty() ? "Debian 12 has no package of it"
                                                   : fmt::format("Debian's package {}", peer.package);
  return fmt::format("{} ({}): {} here; {}", peer.name, peer.description, peer.missing, package);
}

// Everything that was measured.
struct Measured {
  std::vector<PeerRow> rows;
  std::vector<PeerFigures> figures;          // of those installed
  std::vector<const PeerCompiler*> missing;  // of those not
};

// Of a mean; a dash of no rows.
std::string InDigits(const GeometricMean& mean, int digits) {
  return mean.value() ? fmt::format("{:.{}f}", *mean.value(), digits) : "-";
}

std::string FormatFigures(const Measured& measured) {
  std::string text =
      fmt::format("{:<14} {:>5} {:>13} {:>18} {:>6} {:>10} {:>10} {:>8}\n", "", "rows", "ours / theirs",
                  "theirs / tcpdump's", "equal", "different", "undecided", "refused");
  for (const PeerFigures& each : measured.figures) {
    text += fmt::format("{:<14} {:>5} {:>13} {:>18} {:>6} {:>10} {:>10} {:>8}\n", each.peer->name,
                        each.ours_to_theirs.count(), InDigits(each.ours_to_theirs, 4),
                        InDigits(each.theirs_to_tcpdumps, 4), each.equal, each.different, each.undecided,
                        each.none);
  }
  for (const PeerCompiler* peer : measured.missing) text += "not compared: " + MissingLine(*peer) + "\n";
  return text;
}

std::string FirstLines(const std::string& text) {
  std::string joined = text;
  std::replace(joined.begin(), joined.end(), '\n', ' ');
  constexpr std::size_t kMost = 150;
  return joined.size() <= kMost ? joined : joined.substr(0, kMost) + "...";
}

std::string FormatRows(const Measured& measured, std::size_t index, Judged::Outcome outcome,
                       std::string_view heading) {
  std::string text;
  for (const PeerRow& row : measured.rows) {
    if (index >= row.peers.size() || row.peers[index].outcome != outcome) continue;
    text += fmt::format("  {:<22} {:<11} {}\n    {}\n", row.corpus.id, row.corpus.link_type,
                        row.corpus.filter, FirstLines(row.peers[index].message));
  }
  if (text.empty()) return {};
  return fmt::format("\n{} {}:\n{}", measured.figures[index].peer->name, heading, text);
}

std::string FormatText(const Measured& measured) {
  std::string text = fmt::format(
      "Instructions, and programs that are equal to the filter as {} understands it.\n\n", LibpcapVersion());
  text += FormatFigures(measured);
  for (std::size_t i = 0; i < measured.figures.size(); ++i) {
    text += FormatRows(measured, i, Judged::Outcome::kDifferent, "makes other programs than the filter of");
    text += FormatRows(measured, i, Judged::Outcome::kUndecided, "may be right or wrong about");
    text += FormatRows(measured, i, Judged::Outcome::kNone, "has no program for");
  }
  for (const PeerRow& row : measured.rows) {
    if (!row.is_compiled) text += fmt::format("no proven program of bpfopt's: {}\n", row.corpus.id);
  }
  return text;
}

std::string FormatSummary(const Measured& measured) {
  std::string text =
      "| compiler | ours / theirs | rows | theirs / tcpdump's | equal to the filter | not equal | undecided "
      "| "
      "refused |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const PeerFigures& each : measured.figures) {
    text += fmt::format("| {}, {} | {} | {} | {} | {} | {} | {} | {} |\n", each.peer->name,
                        each.peer->description, InDigits(each.ours_to_theirs, 3), each.ours_to_theirs.count(),
                        InDigits(each.theirs_to_tcpdumps, 3), each.equal, each.different, each.undecided,
                        each.none);
  }
  for (const PeerCompiler* peer : measured.missing) text += "\nNot compared: " + MissingLine(*peer) + ".\n";
  return text;
}

const char* NameOf(Judged::Outcome outcome) {
  switch (outcome) {
    case Judged::Outcome::kEqual:
      return "equal";
    case Judged::Outcome::kDifferent:
      return "different";
    case Judged::Outcome::kUndecided:
      return "undecided";
    case Judged::Outcome::kNone:
      break;
  }
  return "refused";
}

nlohmann::ordered_json ToJson(const Judged& judged) {
  nlohmann::ordered_json data = {{"outcome", NameOf(judged.outcome)}};
  if (judged.instructions != 0) data["instructions"] = judged.instructions;
  if (!judged.message.empty()) data["message"] = judged.message;
  return data;
}

nlohmann::ordered_json ToJson(const Measured& measured) {
  nlohmann::ordered_json data = {{"peers", nlohmann::ordered_json::array()},
                                 {"missing", nlohmann::ordered_json::array()},
                                 {"rows", nlohmann::ordered_json::array()}};
  for (const PeerFigures& each : measured.figures) {
    nlohmann::ordered_json peer = {{"name", each.peer->name},
                                   {"description", each.peer->description},
                                   {"rows", each.ours_to_theirs.count()}};
    if (const auto mean = each.ours_to_theirs.value()) peer["ours_to_theirs"] = *mean;
    if (const auto mean = each.theirs_to_tcpdumps.value()) peer["theirs_to_tcpdump"] = *mean;
    peer["equal"] = each.equal;
    peer["different"] = each.different;
    peer["undecided"] = each.undecided;
    peer["refused"] = each.none;
    data["peers"].push_back(std::move(peer));
  }
  for (const PeerCompiler* peer : measured.missing) {
    data["missing"].push_back({{"name", peer->name},
                               {"description", peer->description},
                               {"package", peer->package.empty() ? nlohmann::ordered_json(nullptr)
                                                                 : nlohmann::ordered_json(peer->package)}});
  }
  for (const PeerRow& row : measured.rows) {
    nlohmann::ordered_json entry = {{"id", row.corpus.id},
                                    {"file", row.corpus.file},
                                    {"link_type", row.corpus.link_type},
                                    {"filter", row.corpus.filter},
                                    {"proven", row.is_compiled}};
    if (row.ours != 0) entry["ours"] = row.ours;
    entry["tcpdump"] = ToJson(row.tcpdump);
    for (std::size_t i = 0; i < row.peers.size(); ++i)
      entry["peers"][std::string(measured.figures[i].peer->name)] = ToJson(row.peers[i]);
    data["rows"].push_back(std::move(entry));
  }
  return data;
}

}  // namespace

Expected<ModeReport> ComparePeers(const Corpus& corpus, const CompileOptions& options,
                                  const std::vector<PeerCompiler>& peers) {
  Measured measured;
  std::vector<const PeerCompiler*> installed;
  for (const PeerCompiler& peer : peers)
    (peer.missing.empty() ? installed : measured.missing).push_back(&peer);
  for (const CorpusRow& each : corpus.rows) {
    if (!FindLinkType(each.link_type)) continue;
    auto row = MeasureRow(each, options, installed);
    if (!row) return tl::unexpected(row.error());
    measured.rows.push_back(std::move(*row));
  }
  for (std::size_t i = 0; i < installed.size(); ++i)
    measured.figures.push_back(FiguresOf(*installed[i], i, measured.rows));
  const bool is_bad = !std::ranges::all_of(measured.rows, &PeerRow::is_compiled);
  return ModeReport{FormatText(measured), FormatSummary(measured), ToJson(measured), is_bad};
}

}  // namespace bpfopt::bench
