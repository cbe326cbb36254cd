// Reading whole inputs, and writing outputs so that no half of one is left behind.
#ifndef BPFOPT_CLI_FILES_H
#define BPFOPT_CLI_FILES_H

#include "bpfopt/error.h"

#include <string>

namespace bpfopt::cli {

// More than 64 MB is refused.
Expected<std::string> ReadFile(const std::string& path);
// "-" is standard input.
Expected<std::string> ReadInput(const std::string& path);

// Writes to standard output and flushes, so that a full disk or a closed pipe is an error here.
Expected<void> WriteStandardOutput(const std::string& text);

// A file that appears under its name only when it is complete: it is written under a temporary name in the
// same directory, which the destructor removes unless Commit renamed it. What is there and is no regular file
// (a device, a pipe) is written directly.
class AtomicFile {
 public:
  static Expected<AtomicFile> Create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  const std::string& path_to_write() const { return temporary_; }
  Expected<void> Commit();

 private:
  AtomicFile(std::string target, std::string temporary)
      : target_(std::move(target)), temporary_(std::move(temporary)) {}

  std::string target_;
  std::string temporary_;  // the target itself when it is written directly; empty once committed
};

// The text as an AtomicFile.
Expected<void> WriteFile(const std::string& path, const std::string& text);

}  // namespace bpfopt::cli

#endif  // BPFOPT_CLI_FILES_H
