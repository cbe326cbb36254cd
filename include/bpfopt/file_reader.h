// How the lists that filters keep in files are read. Programs bring their own: the library opens no files by
// itself.
//
//   bpfopt::CompileOptions options;
//   options.read_file = [](std::string_view name) -> bpfopt::Expected<std::string> {
//     if (name != "dns.txt") return bpfopt::InvalidInput("there is no such list");
//     return "192.0.2.1\n198.51.100.0/24\n";
//   };
//   const bool known = bpfopt::Compile("src host in { @dns.txt }", options).has_value();
#ifndef BPFOPT_FILE_READER_H
#define BPFOPT_FILE_READER_H

#include "bpfopt/error.h"

#include <functional>
#include <string>
#include <string_view>

namespace bpfopt {

// The text of the file that `@NAME` in a set names. The message of an error is shown at that place. Whoever
// writes filters for others decides here which files they may name, and how large they may be.
using FileReader = std::function<Expected<std::string>(std::string_view name)>;

}  // namespace bpfopt

#endif  // BPFOPT_FILE_READER_H
