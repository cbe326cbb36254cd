// The words of the command line as options: what a subcommand takes, with one place that knows the library
// which parses them. Parsing prints --help and errors, as the cli may.
#ifndef BPFOPT_CLI_COMMAND_LINE_H
#define BPFOPT_CLI_COMMAND_LINE_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bpfopt::cli {

// Options are added with the variable that takes the value; its value at that time is the default, and it
// must outlive Run. `names` are as in "-y,--link-type".
class CommandLine {
 public:
  // `usage` is shown in --help in place of the program's name.
  CommandLine(const std::string& description, const std::string& usage);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // Text below the options in --help.
  void AddFooter(const std::string& text);

  void AddOption(const std::string& names, std::string& value, const std::string& help);
  void AddRequiredOption(const std::string& names, std::string& value, const std::string& help);
  // May be repeated, one value each; `value_name` stands for the value in --help.
  void AddRepeatedOption(const std::string& names, std::vector<std::string>& values,
                         const std::string& value_name, const std::string& help);
  // A number within [least, most].
  void AddNumber(const std::string& names, int& value, int least, int most, const std::string& help);
  void AddNumber(const std::string& names, std::uint32_t& value, std::uint32_t least, std::uint32_t most,
                 const std::string& help);
  void AddNumber(const std::string& names, std::uint64_t& value, std::uint64_t least, std::uint64_t most,
                 const std::string& help);
  void AddFlag(const std::string& names, bool& value, const std::string& help);
  // How often it is given: -ddd is 3.
  void AddCountedFlag(const std::string& names, int& count, const std::string& help);

  // An option whose value is one of a few words.
  template <typename Choice>
  void AddChoice(const std::string& names, Choice& choice,
                 const std::vector<std::pair<std::string, std::common_type_t<Choice>>>& words,
                 const std::string& help) {
    std::vector<std::string> keys;
    std::vector<std::common_type_t<Choice>> values;
    for (const auto& [word, value] : words) {
      keys.push_back(word);
      values.push_back(value);
    }
    AddWords(
        names, keys, [&choice, values](std::size_t index) { choice = values[index]; }, help);
  }

  // Parses and calls `run` with the words that are no option's: options are allowed among them, and none
  // after
  // `--`. Gives the exit status; --help and errors are printed without calling `run`.
  int Run(int argc, const char* const* argv, const std::function<int(const std::vector<std::string>&)>& run);

  // As Run, for words that are a command with options of its own: the options end with its first word, or
  // with the first `--`.
  int RunCommand(int argc, const char* const* argv,
                 const std::function<int(const std::vector<std::string>&)>& run);

 private:
  void AddWords(const std::string& names, const std::vector<std::string>& words,
                const std::function<void(std::size_t)>& choose, const std::string& help);

  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_COMMAND_LINE_H
