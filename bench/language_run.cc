// A child judges filters one after the other and writes a line for each. When it dies, the filter after the
// last line is tried again alone, so that it has its whole time, and another child goes on behind it.
#include "bench/language_run.h"

#include "bench/child.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

namespace bpfopt::bench {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kBatch = 32;
constexpr std::chrono::seconds kBatchLimit{120};

Json ToJson(const LanguageJudgement& judgement) {
  return {{"outcome", static_cast<int>(judgement.outcome)},
          {"ours", judgement.ours},
          {"theirs", judgement.theirs},
          {"packet", judgement.packet},
          {"optimized", judgement.is_optimized},
          {"proven", judgement.is_proven},
          {"from_libpcap", judgement.from_libpcap},
          {"size", judgement.size},
          {"libpcap_size", judgement.libpcap_size},
          {"larger", judgement.is_larger},
          {"milliseconds", judgement.milliseconds}};
}

LanguageJudgement JudgementFromJson(const Json& json) {
  LanguageJudgement judgement;
  judgement.outcome = static_cast<LanguageOutcome>(json.at("outcome").get<int>());
  json.at("ours").get_to(judgement.ours);
  json.at("theirs").get_to(judgement.theirs);
  json.at("packet").get_to(judgement.packet);
  json.at("optimized").get_to(judgement.is_optimized);
  json.at("proven").get_to(judgement.is_proven);
  json.at("from_libpcap").get_to(judgement.from_libpcap);
  json.at("size").get_to(judgement.size);
  json.at("libpcap_size").get_to(judgement.libpcap_size);
  json.at("larger").get_to(judgement.is_larger);
  json.at("milliseconds").get_to(judgement.milliseconds);
  return judgement;
}

std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

// The more a link type has to say, the more often it comes up.
std::vector<std::size_t> Schedule(const std::vector<KnownLinkType>& types) {
  constexpr std::size_t kRounds = 12;
  std::vector<std::size_t> schedule;
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      const std::size_t every = types[i].has_own_words ? 1 : types[i].has_protocols ? 3 : kRounds;
      if ((i + round) % every == 0) schedule.push_back(i);
    }
  }
  return schedule;
}

class Runner {
 public:
  explicit Runner(const LanguageRunOptions& run) : run_(run), judged_(run.filters) {}

  Expected<std::vector<JudgedFilter>> Run() {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(1U, run_.jobs); ++i) threads.emplace_back([this] { TakeBatches(); });
    for (std::thread& thread : threads) thread.join();
    if (failure_) return tl::unexpected(*failure_);
    return std::move(judged_);
  }

 private:
  void TakeBatches() {
    while (!failed_) {
      const std::size_t begin = next_.fetch_add(kBatch);
      if (begin >= run_.filters) return;
      const auto done = JudgeRange(begin, std::min(begin + kBatch, run_.filters));
      if (!done) {
        const std::lock_guard lock(failure_lock_);
        failure_ = done.error();
        failed_ = true;
      }
    }
  }

  Expected<void> JudgeRange(std::size_t begin, std::size_t end) {
    while (begin < end) {
      auto reached = JudgeSome(begin, end, kBatchLimit);
      if (!reached) return tl::unexpected(reached.error());
      begin = *reached;
      if (begin == end) break;
      if (auto alone = JudgeAlone(begin); !alone) return alone;
      ++begin;
    }
    return {};
  }

  // The first filter that it did not get to the end of.
  Expected<std::size_t> JudgeSome(std::size_t begin, std::size_t end, std::chrono::seconds limit) {
    const auto child = RunInChild(
        [&](const ChildOutput& output) {
          for (std::size_t i = begin; i < end; ++i) {
            const FilterText text = TextAt(run_, i);
            const Json judgement = ToJson(JudgeLanguage(text.text, SiteAt(run_, i), run_.judge));
            output(Line({{"text", text.text},
                         {"productions", text.productions},
                         {"mutant", text.is_mutant},
                         {"judgement", judgement}}));
          }
        },
        limit);
    if (!child) return tl::unexpected(child.error());
    death_ = child->over_time ? "" : child->death;
    std::string_view left = child->output;
    for (std::size_t at = left.find('\n'); at != std::string_view::npos; at = left.find('\n')) {
      Store(begin++, Json::parse(left.substr(0, at)));
      left.remove_prefix(at + 1);
    }
    return begin;
  }

  void Store(std::size_t index, const Json& json) {
    JudgedFilter& judged = judged_[index];
    judged.site = SiteAt(run_, index);
    json.at("text").get_to(judged.filter.text);
    json.at("productions").get_to(judged.filter.productions);
    json.at("mutant").get_to(judged.filter.is_mutant);
    judged.judgement = JudgementFromJson(json.at("judgement"));
    const std::size_t done = ++done_;
    if (run_.progress) run_.progress(done);
  }

  Expected<void> JudgeAlone(std::size_t index) {
    const auto reached = JudgeSome(index, index + 1, run_.judge.time_limit);
    if (!reached) return tl::unexpected(reached.error());
    if (*reached != index) return {};
    JudgedFilter& judged = judged_[index];
    judged.site = SiteAt(run_, index);
    judged.filter = TextAt(run_, index);
    judged.judgement.outcome = death_.empty() ? LanguageOutcome::kEndless : LanguageOutcome::kCrashed;
    judged.judgement.ours = death_;
    return {};
  }

  const LanguageRunOptions& run_;
  std::vector<JudgedFilter> judged_;  // each thread writes its own batches
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> done_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex failure_lock_;
  std::optional<Error> failure_;
  static thread_local std::string death_;  // of the thread's last child; empty when it was stopped
};

thread_local std::string Runner::death_;

// Words, single characters, and no spaces.
std::vector<std::string> Pieces(const std::string& text) {
  std::vector<std::string> pieces;
  bool joins = false;
  for (const char c : text) {
    const bool is_word = std::isspace(static_cast<unsigned char>(c)) == 0 &&
                         std::string_view("()[]!").find(c) == std::string_view::npos;
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      joins = false;
    } else if (is_word && joins) {
      pieces.back() += c;
    } else {
      pieces.emplace_back(1, c);
      joins = is_word;
    }
  }
  return pieces;
}

std::vector<std::string> Without(std::vector<std::string> pieces, std::size_t begin, std::size_t end) {
  pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(begin),
               pieces.begin() + static_cast<std::ptrdiff_t>(end));
  return pieces;
}

// Without the one at `open` and the one that closes it; without that piece alone when it is none.
std::vector<std::string> WithoutParentheses(std::vector<std::string> pieces, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < pieces.size(); ++i) {
    if (pieces[i] == "(") ++depth;
    if (pieces[i] == ")") --depth;
    if (depth > 0) continue;
    if (i > open) pieces = Without(std::move(pieces), i, i + 1);
    break;
  }
  return Without(std::move(pieces), open, open + 1);
}

// How many pieces to take away at a time, after `size`.
std::size_t Smaller(std::size_t size) { return size > 5 ? size / 2 : size - 1; }

std::string Join(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += (text.empty() ? "" : " ") + piece;
  return text;
}

}  // namespace

FilterSite SiteAt(const LanguageRunOptions& run, std::size_t index) {
  const std::vector<std::size_t> schedule = Schedule(run.link_types);
  FilterSite site;
  site.link_type = run.link_types[schedule[index % schedule.size()]].name;
  // Most people filter what an interface brings. The number of the round, lest a link type meets one origin
  // only.
  const std::size_t kind = (index / schedule.size() + index) % 8;
  if (kind == 5) site.origin = PacketOrigin::kSavefile;
  if (kind == 6) site.origin = PacketOrigin::kSwappedSavefile;
  return site;
}

FilterText TextAt(const LanguageRunOptions& run, std::size_t index) {
  // Any two filters get seeds that have nothing to do with one another.
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;
  const std::uint64_t seed = (run.seed + 1) * kGolden ^ (index + 1) * (kGolden >> 1 | 1);
  const FilterSite site = SiteAt(run, index);
  TextGenerator generator(seed, {.link_type = site.link_type},
                          [&](const std::string& filter) { return LibpcapTakes(filter, site, run.judge); });
  return generator.Filter();
}

Expected<std::vector<JudgedFilter>> RunLanguage(const LanguageRunOptions& run) { return Runner(run).Run(); }

Expected<LanguageJudgement> JudgeInChild(const std::string& filter, const FilterSite& site,
                                         const LanguageOptions& options) {
  const auto child = RunInChild(
      [&](const ChildOutput& output) { output(Line(ToJson(JudgeLanguage(filter, site, options)))); },
      options.time_limit);
  if (!child) return tl::unexpected(child.error());
  if (child->finished) return JudgementFromJson(Json::parse(child->output));
  LanguageJudgement judgement;
  judgement.outcome = child->over_time ? LanguageOutcome::kEndless : LanguageOutcome::kCrashed;
  judgement.ours = child->death;
  return judgement;
}

std::string MessageShape(const std::string& message) {
  std::string shape;
  char quote = 0;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    const bool is_digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    // An apostrophe in a word quotes nothing.
    const bool after_word = i > 0 && std::isalnum(static_cast<unsigned char>(message[i - 1])) != 0;
    if (quote != 0) {
      if (c != quote) continue;
      quote = 0;
      shape += std::string("...") + c;
    } else if (c == '"' || (c == '\'' && !after_word)) {
      quote = c;
      shape += c;
    } else if (!is_digit) {
      shape += c;
    } else if (shape.empty() || shape.back() != 'N') {
      shape += 'N';
    }
  }
  return shape;
}

Expected<std::string> Shorten(const JudgedFilter& judged, const LanguageOptions& options) {
  LanguageOptions quick = options;
  quick.optimize = judged.judgement.outcome == LanguageOutcome::kFailed || judged.judgement.is_larger;
  const auto key = [](const LanguageJudgement& judgement) {
    return std::string(Name(judgement.outcome)) + MessageShape(judgement.ours) + '\n' +
           MessageShape(judgement.theirs) + (judgement.is_larger ? "+" : "");
  };
  const std::string wanted = key(judged.judgement);
  std::vector<std::string> pieces = Pieces(judged.filter.text);
  std::optional<Error> failure;
  const auto stands = [&](const std::vector<std::string>& less) {
    const auto judgement = JudgeInChild(Join(less), judged.site, quick);
    if (!judgement) failure = judgement.error();
    return judgement && key(*judgement) == wanted;
  };
  if (!stands(pieces)) return judged.filter.text;
  const auto accept = [&](std::vector<std::string> less) {
    if (failure || !stands(less)) return false;
    pieces = std::move(less);
    return true;
  };
  for (std::size_t size = std::max<std::size_t>(1, pieces.size() / 2); size > 0; size = Smaller(size)) {
    for (std::size_t at = 0; at + size <= pieces.size() && size < pieces.size();) {
      if (!accept(Without(pieces, at, at + size))) ++at;
    }
  }
  for (std::size_t at = 0; at < pieces.size();) {
    if (!accept(WithoutParentheses(pieces, at))) ++at;
  }
  if (failure) return tl::unexpected(*failure);
  return Join(pieces);
}

}  // namespace bpfopt::bench
