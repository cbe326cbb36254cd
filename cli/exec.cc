// bpfopt exec [options] -- COMMAND...: becomes the command, with the drop-in preloaded (docs/drop-in.md).
#include "bpfopt/error.h"
#include "cli/commands.h"
#include "cli/diagnostics.h"
#include "cli/executable.h"
#include "cli/exit_status.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>
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
    CLI::App app("Runs a command whose calls of pcap_compile go to bpfopt.",
                 "bpfopt exec [options] -- COMMAND...");
    app.prefix_command();
    AddVariable(app, "-O", "BPFOPT_LEVEL", "0 to 3; without it, by the size of each filter")
        ->check(CLI::Range(0, 3));
    AddVariable(app, "--equal", "BPFOPT_EQUAL", "strict or faithful (default)")
        ->check(CLI::IsMember({"strict", "faithful"}));
    AddVariable(app, "--objective", "BPFOPT_OBJECTIVE", "size, speed or balanced (default)")
        ->check(CLI::IsMember({"size", "speed", "balanced"}));
    AddVariable(app, "--proof", "BPFOPT_PROOF", "on, off or required; without it, by the size of each filter")
        ->check(CLI::IsMember({"on", "off", "required"}));
    AddVariable(app, "--cache", "BPFOPT_CACHE", "filters that are remembered, 256 by default")
        ->check(CLI::Range(0, 65536));
    app.add_option("--log", log_, "append a line for each filter to FILE")->type_name("FILE");
    app.footer(
        "Exit status: the command's; 2 wrong usage, 126 the command cannot be run, 127 there is none.");
    try {
      app.parse(argc, argv);
    } catch (const CLI::Success& success) {
      return app.exit(success);
    } catch (const CLI::ParseError& error) {
      return ReportError(std::string(error.what()));
    }
    return Run(app.remaining());
  }

 private:
  CLI::Option* AddVariable(CLI::App& app, const char* option, const char* variable, const char* help) {
    return app
        .add_option_function<std::string>(
            option, [this, variable](const std::string& value) { variables_.emplace_back(variable, value); },
            help)
        ->type_name("");
  }

  int Run(std::vector<std::string> command) const {
    if (!command.empty() && command.front() == "--") command.erase(command.begin());
    else if (!command.empty() && command.front().starts_with('-')) {
      return ReportError("there is no option " + command.front());
    }
    if (command.empty()) return ReportError(std::string("a command is missing: bpfopt exec -- COMMAND..."));
    const auto library = FindDropIn();
    if (!library) return ReportError(library.error());
    if (const auto set = Preload(*library); !set) return ReportError(set.error());
    if (const auto set = SetLog(); !set) return ReportError(set.error());
    for (const auto& [name, value] : variables_) setenv(name, value.c_str(), 1);
    if (const auto path = FindCommand(command.front())) WarnOf(*path);
    return Become(command);
  }

  // The command may change its directory, and nobody tells it when the file cannot be written.
  Expected<void> SetLog() const {
    if (!log_) return {};
    std::error_code failure;
    const std::string path = fs::absolute(*log_, failure).string();
    const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (file < 0) return InvalidInput(fmt::format("cannot write {}: {}", *log_, std::strerror(errno)));
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

  std::vector<std::pair<const char*, std::string>> variables_;
  std::optional<std::string> log_;
};

}  // namespace

int ExecCommand(int argc, const char* const* argv) { return Executor().Main(argc, argv); }

}  // namespace bpfopt::cli
