// Draws are made one statement at a time: the order in which operands are evaluated is the compiler's choice.
#include "bench/filter_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

constexpr unsigned kHomeFactor = 20;
// How often a primitive and a filter are drawn until they are taken.
constexpr int kPrimitiveDraws = 40;
constexpr int kFilterDraws = 8;
constexpr unsigned kLeastDepth = 6;

bool Lists(std::string_view names, std::string_view name) {
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find(' ', at), names.size());
    if (names.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

// Words and numbers, spaces, and single characters of all else.
std::vector<std::string> Tokens(const std::string& text) {
  const auto kind = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_') return 'w';
    return c == ' ' ? ' ' : '.';
  };
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool joins = i > 0 && kind(text[i]) != '.' && kind(text[i]) == kind(text[i - 1]);
    if (joins) {
      tokens.back() += text[i];
    } else {
      tokens.emplace_back(1, text[i]);
    }
  }
  return tokens;
}

}  // namespace

bool HasWordsOfItsOwn(std::string_view link_type) {
  const auto productions = Productions();
  return std::any_of(productions.begin(), productions.end(),
                     [&](const Production& each) { return Lists(each.home, link_type); });
}

TextGenerator::TextGenerator(std::uint64_t seed, TextOptions options, Takes takes)
    : random_(seed), options_(std::move(options)), takes_(std::move(takes)) {
  for (const Production& production : Productions()) {
    is_home_.push_back(Lists(production.home, options_.link_type));
  }
}

FilterText TextGenerator::Filter() {
  FilterText filter;
  const auto depth = static_cast<unsigned>(kLeastDepth + Below(options_.depth - kLeastDepth + 1));
  for (int draw = 0; draw < kFilterDraws; ++draw) {
    used_.clear();
    filter.text.clear();
    Expand(FilterGrammar().start(), depth, filter.text);
    if (!takes_ || Chance(options_.misfits) || takes_(filter.text)) break;
  }
  if (Chance(options_.mutants)) {
    filter.is_mutant = true;
    filter.text = Mutate(filter.text);
    return filter;
  }
  std::sort(used_.begin(), used_.end());
  used_.erase(std::unique(used_.begin(), used_.end()), used_.end());
  filter.productions = used_;
  return filter;
}

void TextGenerator::Expand(std::size_t symbol, unsigned depth, std::string& text) {
  if (takes_ && symbol == FilterGrammar().primitive()) return ExpandPrimitive(depth, text);
  ExpandOnce(symbol, depth, text);
}

void TextGenerator::ExpandPrimitive(unsigned depth, std::string& text) {
  const std::size_t used = used_.size();
  for (int draw = 0; draw < kPrimitiveDraws; ++draw) {
    used_.resize(used);
    std::string primitive;
    ExpandOnce(FilterGrammar().primitive(), depth, primitive);
    const bool is_kept = Chance(options_.misfits) || draw + 1 == kPrimitiveDraws || takes_(primitive);
    if (!is_kept) continue;
    text += primitive;
    return;
  }
}

void TextGenerator::ExpandOnce(std::size_t symbol, unsigned depth, std::string& text) {
  const Grammar::Alternative& alternative = Choose(FilterGrammar()[symbol], depth);
  used_.push_back(alternative.production);
  for (const Grammar::Part& part : alternative.parts) {
    switch (part.kind) {
      case Grammar::Part::Kind::kText:
        text += part.text;
        break;
      case Grammar::Part::Kind::kValue:
        text += Value(part);
        break;
      case Grammar::Part::Kind::kSymbol:
        Expand(part.index, depth == 0 ? 0 : depth - 1, text);
        break;
    }
  }
}

unsigned TextGenerator::Weight(const Production& production) const {
  const bool is_home = is_home_[static_cast<std::size_t>(&production - Productions().data())];
  return production.weight * (is_home ? kHomeFactor : 1);
}

// Alternatives that are too high for what is left of the depth are taken when all are, and then the lowest.
const Grammar::Alternative& TextGenerator::Choose(const Grammar::Symbol& symbol, unsigned depth) {
  const unsigned most = std::max(depth, symbol.height);
  std::uint64_t sum = 0;
  for (const Grammar::Alternative& each : symbol.alternatives) {
    if (each.height <= most) sum += Weight(Productions()[each.production]);
  }
  std::uint64_t draw = Below(sum);
  for (const Grammar::Alternative& each : symbol.alternatives) {
    if (each.height > most) continue;
    const unsigned weight = Weight(Productions()[each.production]);
    if (draw < weight) return each;
    draw -= weight;
  }
  return symbol.alternatives.front();
}

std::string TextGenerator::Value(const Grammar::Part& part) {
  const std::vector<std::string>& values = FilterGrammar().PoolValues(part.index);
  std::string value = values[Below(values.size())];
  if (part.form.empty()) return value;
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  if (part.form == "octal") return fmt::format("0{:o}", number);
  return fmt::format("0x{:x}", number);
}

std::string TextGenerator::Mutate(const std::string& text) {
  const std::vector<std::string>& words = FilterGrammar().Words();
  constexpr std::string_view kCharacters = "()[]:&|<>=!+-*/%^\\.,$ 0x9azA_";
  std::vector<std::string> tokens = Tokens(text);
  tokens.emplace_back(" ");
  for (std::uint64_t left = 1 + Below(3); left > 0; --left) {
    const std::size_t at = Below(tokens.size());
    const auto place = tokens.begin() + static_cast<std::ptrdiff_t>(at);
    switch (Below(6)) {
      case 0:
        if (tokens.size() > 1) tokens.erase(place);
        break;
      case 1:
        tokens.insert(place, tokens[at]);
        break;
      case 2:
        std::swap(tokens[at], tokens[Below(tokens.size())]);
        break;
      case 3:
        tokens[at] = words[Below(words.size())];
        break;
      case 4:
        tokens.insert(place, " " + words[Below(words.size())] + " ");
        break;
      default:
        tokens.insert(place, std::string(1, kCharacters[Below(kCharacters.size())]));
        break;
    }
  }
  std::string mutant;
  for (const std::string& token : tokens) mutant += token;
  return mutant;
}

}  // namespace bpfopt::bench
