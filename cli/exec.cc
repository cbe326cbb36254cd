// bpfopt exec [options] -- COMMAND...: becomes the command, with the drop-in preloaded (docs/drop-in.md).
#include "bpfopt/error.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/executable.h"
#include "cli/exit_status.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace bpfopt::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLibrary = "libbpfopt-pcap.so";

// Where it is from the command: in the build's directory, and as `cmake --install` puts it, the library
// directory as it was configured and as others are called.
constexpr std::string_view kPlaces[] = {".", "../" BPFOPT_LIBRARY_DIRECTORY "/bpfopt", "../lib/bpfopt",
                                        "../lib64/bpfopt"};

Expected<fs::path> FindDropIn() {
  std::error_code failure;
  const fs::path self = fs::read_symlink("/proc/self/exe", failure);
  if (failure) return InvalidInput("cannot read /proc/self/exe: " + failure.message());
  std::string looked_at;
  for (const std::string_view place : kPlaces) {
    const fs::path path = (self.parent_path() / place / kLibrary).lexically_normal();
    if (fs::exists(path, failure)) return path;
    looked_at += "\n  " + path.string();
  }
  return InvalidInput(fmt::format("{} is not there; looked for{}", kLibrary, looked_at));
}

// In front of what is preloaded anyway.
Expected<void> Preload(const fs::path& library) {
  // ld.so(8) has no way to write these in a path.
  if (library.string().find_first_of(" :") != std::string::npos) {
    return InvalidInput(
        fmt::format("{}: the path has a blank or a colon, which separate the libraries of "
                    "LD_PRELOAD",
                    library.string()));
  }
  const char* others = std::getenv("LD_PRELOAD");
  const bool has_others = others != nullptr && *others != '\0';
  const std::string value = has_others ? library.string() + ":" + others : library.string();
  setenv("LD_PRELOAD", value.c_str(), 1);
  return {};
}

class Executor {
 public:
  int Main(int argc, const char* const* argv) {
    CommandLine line("Runs a command whose calls of pcap_compile go to bpfopt.",
                     "bpfopt exec [options] -- COMMAND...");
    AddVariable(line, "-O", "BPFOPT_LEVEL", {"0", "1", "2", "3"},
                "level of optimization; without it, by the size of each filter");
    AddVariable(line, "--equal", "BPFOPT_EQUAL", {"strict", "faithful"}, "strict or faithful (default)");
    AddVariable(line, "--objective", "BPFOPT_OBJECTIVE", {"size", "speed", "balanced"},
                "size, speed or balanced (default)");
    AddVariable(line, "--proof", "BPFOPT_PROOF", {"on", "off", "required"},
                "on, off or required; without it, by the size of each filter");
    line.AddNumber("--cache", cache_, 0, 65536, "filters that are remembered, 256 by default");
    line.AddOption("--log", log_, "file to append a line for each filter to");
    line.AddFooter(
        "Exit status: the command's; 2 wrong usage, 126 the command cannot be run, 127 there is none.");
    return line.RunCommand(argc, argv, [&](const std::vector<std::string>& command) { return Run(command); });
  }

 private:
  // An option whose value is that of a variable of the environment.
  void AddVariable(CommandLine& line, const char* option, const char* variable,
                   const std::vector<std::string>& values, const char* help) {
    std::vector<std::pair<std::string, std::string>> words;
    for (const std::string& value : values) words.emplace_back(value, value);
    line.AddChoice(option, variables_[variable], words, help);
  }

  int Run(const std::vector<std::string>& command) const {
    if (command.empty()) return ReportError(std::string("a command is missing: bpfopt exec -- COMMAND..."));
    const auto library = FindDropIn();
    if (!library) return ReportError(library.error());
    if (const auto set = Preload(*library); !set) return ReportError(set.error());
    if (const auto set = SetLog(); !set) return ReportError(set.error());
    for (const auto& [name, value] : variables_) SetIfGiven(name, value);
    if (cache_ >= 0) SetIfGiven("BPFOPT_CACHE", std::to_string(cache_));
    if (const auto path = FindCommand(command.front())) WarnOf(*path);
    return Become(command);
  }

  // What is not given stays as it is in the environment.
  static void SetIfGiven(const std::string& name, const std::string& value) {
    if (!value.empty()) setenv(name.c_str(), value.c_str(), 1);
  }

  // The command may change its directory, and nobody tells it when the file cannot be written.
  Expected<void> SetLog() const {
    if (log_.empty()) return {};
    std::error_code failure;
    const std::string path = fs::absolute(log_, failure).string();
    const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (file < 0) return InvalidInput(fmt::format("cannot write {}: {}", log_, std::strerror(errno)));
    close(file);
    setenv("BPFOPT_LOG", path.c_str(), 1);
    return {};
  }

  static void WarnOf(const std::string& path) {
    if (const auto reason = WhyNothingIsPreloaded(path)) {
      Report(Diagnostic{Diagnostic::Severity::kWarning,
                        path + " " + *reason + ": it will run without the drop-in", std::nullopt},
             {});
    }
  }

  static int Become(const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execvp(words[0], words.data());
    const int reason = errno;
    ReportError(fmt::format("cannot run {}: {}", command.front(), std::strerror(reason)));
    return reason == ENOENT ? kNoCommand : kCannotRun;
  }

  std::map<std::string, std::string> variables_;  // empty: not given
  int cache_ = -1;                                // not given
  std::string log_;
};

}  // namespace

int ExecCommand(int argc, const char* const* argv) { return Executor().Main(argc, argv); }

}  // namespace bpfopt::cli
