// Written under another name and renamed, so that no half of a file is left behind.
#include "bench/output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace bpfopt::bench {
namespace {

bool IsSpecial(const std::string& path) {
  std::error_code failure;
  return std::filesystem::exists(path, failure) && !std::filesystem::is_regular_file(path, failure);
}

std::string TemporaryFor(const std::string& path) {
  return IsSpecial(path) ? path : fmt::format("{}.{}", path, getpid());
}

tl::unexpected<Error> SystemError(const std::string& what) {
  return tl::unexpected(
      Error{ErrorCode::kInvalidInput, fmt::format("{}: {}", what, std::strerror(errno)), std::nullopt});
}

Expected<void> WriteStandardOutput(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  return SystemError("cannot write to standard output");
}

}  // namespace

Expected<void> CheckWritable(const std::string& path) {
  if (path == "-") return {};
  const std::string temporary = TemporaryFor(path);
  if (!std::ofstream(temporary, std::ios::app)) return SystemError("cannot create " + path);
  if (temporary != path) std::remove(temporary.c_str());
  return {};
}

Expected<void> WriteOutput(const std::string& path, const std::string& text) {
  if (path == "-") return WriteStandardOutput(text);
  const std::string temporary = TemporaryFor(path);
  const bool is_temporary = temporary != path;
  std::ofstream stream(temporary, std::ios::binary);
  if (!stream) return SystemError("cannot create " + path);
  stream << text << std::flush;
  const bool written = stream.good();
  stream.close();
  if (written && (!is_temporary || std::rename(temporary.c_str(), path.c_str()) == 0)) return {};
  const auto error = SystemError("cannot write " + path);
  if (is_temporary) std::remove(temporary.c_str());
  return error;
}

Expected<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return SystemError("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace bpfopt::bench
