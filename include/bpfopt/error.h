// Errors as values: every call of the library that can fail returns Expected<T>, and nothing is
// printed or thrown across the public interface.
#ifndef BPFOPT_ERROR_H
#define BPFOPT_ERROR_H

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace bpfopt {

// A half-open range of byte offsets in the text that was read (a filter, a bytecode file).
struct SourceRange {
  std::size_t begin = 0;
  std::size_t end = 0;

  friend bool operator==(const SourceRange&, const SourceRange&) = default;
};

enum class ErrorCode {
  kInvalidInput,  // the filter, program or option is wrong; the caller must change it
  kTooLarge,      // the program does not fit the instruction limit
  kUndecided,     // a proof was required and its budget ran out
  kInternal,      // a bug of bpfopt: an invariant or a proof failed
  kCancelled,     // the caller asked the call to end, or its deadline has passed
};

struct Error {
  ErrorCode code = ErrorCode::kInvalidInput;
  // One sentence without a final full stop: what was wrong, and what was expected.
  std::string message;
  // Where in the input, when a place is known.
  std::optional<SourceRange> range;

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Expected = tl::expected<T, Error>;

inline tl::unexpected<Error> MakeError(ErrorCode code, std::string message,
                                       std::optional<SourceRange> range = std::nullopt) {
  return tl::unexpected<Error>(Error{code, std::move(message), range});
}

inline tl::unexpected<Error> InvalidInput(std::string message,
                                          std::optional<SourceRange> range = std::nullopt) {
  return MakeError(ErrorCode::kInvalidInput, std::move(message), range);
}

}  // namespace bpfopt

#endif  // BPFOPT_ERROR_H
