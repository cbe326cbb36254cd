// PATH, the rights that a file brings with it, and the program headers of ELF files.
#include "cli/executable.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <vector>

namespace bpfopt::cli {
namespace {

bool IsExecutableFile(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

// As the kernel decides whether a program runs with other rights than its caller's (AT_SECURE).
bool BringsRights(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != getuid()) return true;
  if ((status.st_mode & S_ISGID) != 0 && status.st_gid != getgid()) return true;
  return getuid() != 0 && getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

// Is there an ELF program header that names a dynamic linker? Nothing when this is no such file.
template <typename Header, typename ProgramHeader>
std::optional<bool> HasLinker(std::istream& file) {
  Header header{};
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) return std::nullopt;
  if (header.e_phentsize != sizeof(ProgramHeader)) return std::nullopt;
  std::vector<ProgramHeader> headers(header.e_phnum);
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  const auto bytes = static_cast<std::streamsize>(headers.size() * sizeof(ProgramHeader));
  if (!file.read(reinterpret_cast<char*>(headers.data()), bytes)) return std::nullopt;
  for (const ProgramHeader& each : headers) {
    if (each.p_type == PT_INTERP) return true;
  }
  return false;
}

bool IsStatic(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, EI_NIDENT> identity{};
  if (!file.read(identity.data(), identity.size())) return false;
  if (std::memcmp(identity.data(), ELFMAG, SELFMAG) != 0) return false;
  const auto has_linker = identity[EI_CLASS] == ELFCLASS64 ? HasLinker<Elf64_Ehdr, Elf64_Phdr>(file)
                                                           : HasLinker<Elf32_Ehdr, Elf32_Phdr>(file);
  return has_linker == false;
}

}  // namespace

std::optional<std::string> FindCommand(const std::string& command) {
  if (command.find('/') != std::string::npos) {
    return IsExecutableFile(command) ? std::optional(command) : std::nullopt;
  }
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "/bin:/usr/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string candidate = (directory.empty() ? "." : directory) + "/" + command;
    if (IsExecutableFile(candidate)) return candidate;
  }
  return std::nullopt;
}

std::optional<std::string> WhyNothingIsPreloaded(const std::string& path) {
  if (BringsRights(path)) return "has rights of its own (setuid, setgid or capabilities)";
  if (IsStatic(path)) return "is statically linked";
  return std::nullopt;
}

}  // namespace bpfopt::cli
