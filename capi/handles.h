// What is behind the handles of bpfopt.h, and how every call on a compiler is made: errors and exceptions end
// here.
#ifndef BPFOPT_CAPI_HANDLES_H
#define BPFOPT_CAPI_HANDLES_H

#include "bpfopt/bpfopt.h"
#include "bpfopt/compiler.h"
#include "bpfopt/error.h"
#include "bpfopt/interruption.h"
#include "bpfopt/optimizer.h"
#include "bpfopt/program.h"
#include "bpfopt/verify.h"

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bpfopt::capi {

struct LastError {
  std::string message;
  std::size_t offset = SIZE_MAX;
  std::size_t length = 0;
  std::size_t line = 0;
  std::size_t column = 0;
};

LastError Locate(const Error& error, std::string_view text);
int StatusOf(ErrorCode code);

}  // namespace bpfopt::capi

struct bpfopt_compiler {
  // What a filter is compiled with, but for the resolver, which the next three make.
  bpfopt::CompileOptions options;
  std::string hosts;
  bpfopt_host_resolver host_resolver = nullptr;
  void* host_context = nullptr;
  std::optional<bpfopt::Relation> relation;  // nothing: by what is asked
  std::chrono::milliseconds time_limit{0};
  bpfopt::capi::LastError error;

  std::mutex stop_mutex;  // bpfopt_cancel comes from other threads
  std::stop_source stop;

  // For the call that begins now.
  bpfopt::Interruption MakeInterruption();
  bpfopt::Expected<bpfopt::CompileOptions> FilterOptions();
  bpfopt::Expected<bpfopt::OptimizeOptions> ProgramOptions();
  bpfopt::VerifyOptions QuestionOptions();
  bpfopt::Expected<bpfopt::CheckOptions> StructureOptions() const;
};

struct bpfopt_result {
  bpfopt::CompileResult result;
  bpfopt::Target target;
  bpfopt::Relation relation;
};

struct bpfopt_verdict {
  std::string text;
  bool has_packet = false;
  std::vector<std::uint8_t> captured;
  std::uint32_t wire_length = 0;
};

namespace bpfopt::capi {

// Runs `call`, whose result is Expected<int>, and keeps its error, with its place in `text`.
template <typename Call>
int Run(bpfopt_compiler* compiler, std::string_view text, Call call) noexcept {
  const auto fail = [&](const char* message, int status) {
    compiler->error = {};
    try {
      compiler->error.message = message;
    } catch (...) {  // no memory for the message: the status says enough
    }
    return status;
  };
  try {
    compiler->error = {};
    Expected<int> status = call();
    if (status) return *status;
    compiler->error = Locate(status.error(), text);
    return StatusOf(status.error().code);
  } catch (const std::bad_alloc&) {
    return fail("there is no memory left", BPFOPT_ERROR_MEMORY);
  } catch (const std::exception& error) {
    return fail(error.what(), BPFOPT_ERROR_INTERNAL);
  }
}

// `value` or its error, for calls that only hand something over.
template <typename T, typename Use>
Expected<int> Then(Expected<T> value, Use use) {
  if (!value) return tl::unexpected(std::move(value.error()));
  if constexpr (std::is_void_v<T>) {
    use();
  } else {
    use(std::move(*value));
  }
  return BPFOPT_OK;
}

// An empty program has no instructions to point to.
Expected<Program> ProgramOf(const bpfopt_instruction* instructions, std::size_t count);
// Program's own memory, seen as C sees it.
const bpfopt_instruction* InstructionsOf(const Program& program);
// From malloc; null when there is no memory.
void* CopyInstructions(const Program& program);

}  // namespace bpfopt::capi

#endif  // BPFOPT_CAPI_HANDLES_H
