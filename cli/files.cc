// POSIX files.
#include "cli/files.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace bpfopt::cli {
namespace {

constexpr std::size_t kMaxInput = std::size_t{64} * 1024 * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

tl::unexpected<Error> SystemError(const std::string& what) {
  return InvalidInput(what + ": " + std::strerror(errno));
}

Expected<std::string> ReadAll(std::FILE* file, const std::string& name) {
  std::string text;
  std::array<char, 65536> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file)) {
    text.append(buffer.data(), size);
    if (text.size() > kMaxInput) return InvalidInput(name + " is larger than 64 MB");
  }
  if (std::ferror(file) != 0) return SystemError("cannot read " + name);
  return text;
}

// Through symbolic links, so that renaming replaces the file and not the link.
std::string ResolveLinks(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(realpath(path.c_str(), nullptr), &std::free);
  return resolved == nullptr ? path : std::string(resolved.get());
}

// mkstemp makes files for their owner alone; this is what open(2) would have given.
void GiveUsualPermissions(int fd) {
  const mode_t mask = umask(0);
  umask(mask);
  // Where this fails the file is merely more private.
  [[maybe_unused]] const int ignored = fchmod(fd, 0666 & ~mask);
}

}  // namespace

Expected<std::string> ReadInput(const std::string& path) {
  return path == "-" ? ReadAll(stdin, "standard input") : ReadFile(path);
}

Expected<std::string> ReadFile(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return SystemError("cannot open " + path);
  return ReadAll(file.get(), path);
}

Expected<void> WriteStandardOutput(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) return SystemError("cannot write to standard output");
  return {};
}

Expected<AtomicFile> AtomicFile::Create(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) return AtomicFile(path, path);
  const std::string target = ResolveLinks(path);
  std::string temporary = target + ".XXXXXX";
  const int fd = mkstemp(temporary.data());
  if (fd < 0) return SystemError("cannot create " + path);
  GiveUsualPermissions(fd);
  close(fd);
  return AtomicFile(target, std::move(temporary));
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)), temporary_(std::exchange(other.temporary_, {})) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty() && temporary_ != target_) unlink(temporary_.c_str());
}

Expected<void> AtomicFile::Commit() {
  if (temporary_ != target_ && std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    return SystemError("cannot write " + target_);
  }
  temporary_.clear();
  return {};
}

Expected<void> WriteFile(const std::string& path, const std::string& text) {
  auto file = AtomicFile::Create(path);
  if (!file) return tl::unexpected(file.error());
  const std::unique_ptr<std::FILE, CloseFile> stream(std::fopen(file->path_to_write().c_str(), "wb"));
  if (stream == nullptr) return SystemError("cannot write " + path);
  const bool written = std::fwrite(text.data(), 1, text.size(), stream.get()) == text.size();
  if (!written || std::fflush(stream.get()) != 0) return SystemError("cannot write " + path);
  return file->Commit();
}

}  // namespace bpfopt::cli
