// How the lists that filters keep in files are read. Programs bring their own: the library opens no files by
// itself.
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
