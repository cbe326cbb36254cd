// The last error of a compiler, with its place counted in lines.
#include "capi/handles.h"

#include <algorithm>

namespace bpfopt::capi {

LastError Locate(const Error& error, std::string_view text) {
  LastError last;
  last.message = error.message;
  if (!error.range) return last;
  last.offset = std::min(error.range->begin, text.size());
  last.length = std::min(error.range->end, text.size()) - std::min(last.offset, error.range->end);
  const std::string_view before = text.substr(0, last.offset);
  last.line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t newline = before.rfind('\n');
  last.column = last.offset - (newline == std::string_view::npos ? 0 : newline + 1) + 1;
  return last;
}

int StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return BPFOPT_ERROR_INPUT;
    case ErrorCode::kTooLarge:
      return BPFOPT_ERROR_TOO_LARGE;
    case ErrorCode::kUndecided:
      return BPFOPT_ERROR_UNPROVEN;
    case ErrorCode::kCancelled:
      return BPFOPT_ERROR_CANCELLED;
    case ErrorCode::kInternal:
      break;
  }
  return BPFOPT_ERROR_INTERNAL;
}

}  // namespace bpfopt::capi

const char* bpfopt_error_message(const bpfopt_compiler* compiler) { return compiler->error.message.c_str(); }
size_t bpfopt_error_offset(const bpfopt_compiler* compiler) { return compiler->error.offset; }
size_t bpfopt_error_length(const bpfopt_compiler* compiler) { return compiler->error.length; }
size_t bpfopt_error_line(const bpfopt_compiler* compiler) { return compiler->error.line; }
size_t bpfopt_error_column(const bpfopt_compiler* compiler) { return compiler->error.column; }
