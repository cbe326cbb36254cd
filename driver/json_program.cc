// The reader takes the parser's events as they come and builds no tree, so that memory stays with the
// instructions, and counts the bytes that the parser takes, which tell the place of an error.
#include "driver/json_program.h"

#include "bpf/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bpfopt {
namespace {

using nlohmann::json;

// Walks over the text and tells how far it has come.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*count_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::size_t* count_;
};

struct Field {
  const char* name;
  std::uint64_t most;
};

constexpr std::array<Field, 4> kFields = {{{"code", std::numeric_limits<std::uint16_t>::max()},
                                           {"jt", std::numeric_limits<std::uint8_t>::max()},
                                           {"jf", std::numeric_limits<std::uint8_t>::max()},
                                           {"k", std::numeric_limits<std::uint32_t>::max()}}};

class ProgramHandler final : public nlohmann::json_sax<json> {
 public:
  ProgramHandler(std::string_view text, const std::size_t* taken) : text_(text), taken_(taken) {}

  Expected<Program> Finish() {
    if (error_) return tl::unexpected(*error_);
    if (!seen_) return InvalidInput("the JSON of a program has an array \"instructions\"", SourceRange{0, 1});
    return std::move(program_);
  }

  bool null() override { return Scalar(std::nullopt); }
  bool boolean(bool) override { return Scalar(std::nullopt); }
  bool number_integer(number_integer_t) override { return Scalar(std::nullopt); }
  bool number_unsigned(number_unsigned_t value) override { return Scalar(value); }
  bool number_float(number_float_t, const string_t&) override { return Scalar(std::nullopt); }
  bool string(string_t&) override { return Scalar(std::nullopt); }
  bool binary(binary_t&) override { return Scalar(std::nullopt); }

  bool start_object(std::size_t) override {
    ++depth_;
    if (!in_list_) return depth_ != kList || !list_follows_ || FailList();
    if (depth_ == kInstruction) {
      begin_ = *taken_ - 1;
      given_ = {};
      return program_.size() < bpf::kMaxTextInstructions ||
             Fail(fmt::format("expected at most {} instructions", bpf::kMaxTextInstructions));
    }
    return depth_ > kInstruction + 1 || !field_ || FailField();
  }

  bool end_object() override {
    --depth_;
    if (!in_list_ || depth_ != kList) return true;
    after_element_ = *taken_;
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      if (!given_[i]) return Fail(fmt::format("the member \"{}\" is missing", kFields[i].name));
    }
    program_.push_back({static_cast<std::uint16_t>(values_[0]), static_cast<std::uint8_t>(values_[1]),
                        static_cast<std::uint8_t>(values_[2]), static_cast<std::uint32_t>(values_[3])});
    return true;
  }

  bool key(string_t& name) override {
    after_key_ = *taken_;
    if (depth_ == kRoot) list_follows_ = name == "instructions";
    if (in_list_ && depth_ == kInstruction) {
      field_ = std::nullopt;
      for (std::size_t i = 0; i < kFields.size(); ++i) {
        if (name == kFields[i].name) field_ = i;
      }
    }
    return true;
  }

  bool start_array(std::size_t) override {
    ++depth_;
    if (depth_ == kList && list_follows_) {
      if (seen_) return FailAt("the array \"instructions\" is there twice", *taken_ - 1);
      seen_ = true;
      in_list_ = true;
      after_element_ = *taken_;
      return true;
    }
    if (!in_list_) return true;
    if (depth_ == kInstruction) return FailInstruction();
    return depth_ > kInstruction + 1 || !field_ || FailField();
  }

  bool end_array() override {
    --depth_;
    if (in_list_ && depth_ == kRoot) in_list_ = false;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return FailAt("this is not well-formed JSON", *taken_ - std::min<std::size_t>(*taken_, 1));
  }

 private:
  // How many containers are open inside of each.
  static constexpr std::size_t kRoot = 1;
  static constexpr std::size_t kList = 2;
  static constexpr std::size_t kInstruction = 3;

  bool Scalar(std::optional<std::uint64_t> number) {
    if (!in_list_) {
      return depth_ != kRoot || !list_follows_ || FailList();
    }
    if (depth_ == kList) return FailInstruction();
    if (depth_ != kInstruction || !field_) return true;
    if (!number || *number > kFields[*field_].most) return FailField();
    values_[*field_] = *number;
    given_[*field_] = true;
    return true;
  }

  bool FailList() { return FailAt("\"instructions\" is no array", BeginOfValue()); }

  bool FailInstruction() {
    return FailAt(fmt::format("instruction {}: expected an object with code, jt, jf and k", program_.size()),
                  Next(", \t\r\n", after_element_));
  }

  bool FailField() {
    const Field& field = kFields[*field_];
    return FailAt(fmt::format("instruction {}: expected a number from 0 to {} for \"{}\"", program_.size(),
                              field.most, field.name),
                  BeginOfValue());
  }

  std::size_t BeginOfValue() const { return Next(": \t\r\n", after_key_); }

  std::size_t Next(std::string_view between, std::size_t from) const {
    return std::min(text_.find_first_not_of(between, from), text_.size());
  }

  bool Fail(const std::string& what) {
    return FailAt(fmt::format("instruction {}: {}", program_.size(), what), begin_);
  }

  // To what the parser has taken.
  bool FailAt(const std::string& message, std::size_t begin) {
    const std::size_t end = std::max(begin, *taken_);
    error_ = InvalidInput(message, SourceRange{begin, end}).value();
    return false;
  }

  const std::string_view text_;
  const std::size_t* const taken_;
  Program program_;
  std::optional<Error> error_;
  std::size_t depth_ = 0;
  bool list_follows_ = false;  // the root's last member is "instructions"
  bool in_list_ = false;
  bool seen_ = false;
  std::size_t begin_ = 0;  // of the instruction
  std::size_t after_key_ = 0;
  std::size_t after_element_ = 0;  // of the list
  std::optional<std::size_t> field_;
  std::array<bool, kFields.size()> given_ = {};
  std::array<std::uint64_t, kFields.size()> values_ = {};
};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

std::string FormatJson(const Program& program) {
  std::string text = "{\"instructions\": [";
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Instruction& instruction = program[i];
    fmt::format_to(std::back_inserter(text), "{}\n  {{\"code\": {}, \"jt\": {}, \"jf\": {}, \"k\": {}}}",
                   i == 0 ? "" : ",", instruction.code, instruction.jt, instruction.jf, instruction.k);
  }
  return text + "\n]}\n";
}

bool LooksLikeJson(std::string_view text) {
  const auto brace = std::find_if_not(text.begin(), text.end(), IsSpace);
  if (brace == text.end() || *brace != '{') return false;
  const auto next = std::find_if_not(brace + 1, text.end(), IsSpace);
  return next != text.end() && (*next == '"' || *next == '}');
}

Expected<Program> ParseJson(std::string_view text) {
  std::size_t taken = 0;
  ProgramHandler handler(text, &taken);
  json::sax_parse(CountingIterator(text.data(), &taken), CountingIterator(text.data() + text.size(), &taken),
                  &handler);
  return handler.Finish();
}

}  // namespace bpfopt
