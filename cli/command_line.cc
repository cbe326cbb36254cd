// On CLI11, which is included here alone: it takes ten seconds of compiling in each file that sees it.
#include "cli/command_line.h"

#include "cli/diagnostics.h"

#include <algorithm>
#include <limits>

#include <CLI/CLI.hpp>

namespace bpfopt::cli {
namespace {

bool LooksLikeOption(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

// The words are not a positional option of CLI11, which would take "[12]" for a list. Throws CLI::ExtrasError
// for an unknown option.
std::vector<std::string> FreeWords(const CLI::App& app) {
  std::vector<std::string> words = app.remaining();
  const auto mark = std::find(words.begin(), words.end(), "--");
  if (const auto option = std::find_if(words.begin(), mark, LooksLikeOption); option != mark) {
    throw CLI::ExtrasError(app.get_name(), {*option});
  }
  if (mark != words.end()) words.erase(mark);
  return words;
}

// A command and its words. Throws CLI::ExtrasError for an option in front of it that is unknown.
std::vector<std::string> CommandWords(const CLI::App& app) {
  std::vector<std::string> words = app.remaining();
  if (words.empty()) return words;
  if (words.front() == "--") {
    words.erase(words.begin());
  } else if (LooksLikeOption(words.front())) {
    throw CLI::ExtrasError(app.get_name(), {words.front()});
  }
  return words;
}

template <typename Number>
void AddRange(CLI::App& app, const std::string& names, Number& value, Number least, Number most,
              const std::string& help) {
  CLI::Option* option = app.add_option(names, value, help);
  using Limits = std::numeric_limits<Number>;
  if (least != Limits::min() || most != Limits::max()) option->check(CLI::Range(least, most));
}

}  // namespace

struct CommandLine::Parser {
  CLI::App app;

  int Run(int argc, const char* const* argv, std::vector<std::string> (*words_of)(const CLI::App&),
          const std::function<int(const std::vector<std::string>&)>& run) {
    std::vector<std::string> words;
    try {
      app.parse(argc, argv);
      words = words_of(app);
    } catch (const CLI::Success& success) {
      return app.exit(success);
    } catch (const CLI::ParseError& error) {
      return ReportError(std::string(error.what()));
    }
    return run(words);
  }
};

CommandLine::CommandLine(const std::string& description, const std::string& usage)
    : parser_(new Parser{CLI::App(description, usage)}) {
  parser_->app.allow_extras();
}

CommandLine::~CommandLine() = default;

void CommandLine::AddFooter(const std::string& text) { parser_->app.footer(text); }

void CommandLine::AddOption(const std::string& names, std::string& value, const std::string& help) {
  parser_->app.add_option(names, value, help);
}

void CommandLine::AddRequiredOption(const std::string& names, std::string& value, const std::string& help) {
  parser_->app.add_option(names, value, help)->required();
}

void CommandLine::AddRepeatedOption(const std::string& names, std::vector<std::string>& values,
                                    const std::string& value_name, const std::string& help) {
  parser_->app.add_option(names, values, help)
      ->type_name(value_name)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void CommandLine::AddNumber(const std::string& names, int& value, int least, int most,
                            const std::string& help) {
  AddRange(parser_->app, names, value, least, most, help);
}

void CommandLine::AddNumber(const std::string& names, std::uint32_t& value, std::uint32_t least,
                            std::uint32_t most, const std::string& help) {
  AddRange(parser_->app, names, value, least, most, help);
}

void CommandLine::AddNumber(const std::string& names, std::uint64_t& value, std::uint64_t least,
                            std::uint64_t most, const std::string& help) {
  AddRange(parser_->app, names, value, least, most, help);
}

void CommandLine::AddFlag(const std::string& names, bool& value, const std::string& help) {
  parser_->app.add_flag(names, value, help);
}

void CommandLine::AddCountedFlag(const std::string& names, int& count, const std::string& help) {
  parser_->app.add_flag(names, count, help);
}

void CommandLine::AddWords(const std::string& names, const std::vector<std::string>& words,
                           const std::function<void(std::size_t)>& choose, const std::string& help) {
  parser_->app
      .add_option_function<std::string>(
          names,
          [words, choose](const std::string& text) {
            choose(static_cast<std::size_t>(std::find(words.begin(), words.end(), text) - words.begin()));
          },
          help)
      ->check(CLI::IsMember(words))
      ->type_name("");
}

int CommandLine::Run(int argc, const char* const* argv,
                     const std::function<int(const std::vector<std::string>&)>& run) {
  return parser_->Run(argc, argv, FreeWords, run);
}

int CommandLine::RunCommand(int argc, const char* const* argv,
                            const std::function<int(const std::vector<std::string>&)>& run) {
  parser_->app.prefix_command();
  return parser_->Run(argc, argv, CommandWords, run);
}

}  // namespace bpfopt::cli
