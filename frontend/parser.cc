// The machine's main loop: operands and what follows them take turns until the text ends. docs/language.md
// has the grammar.
#include "frontend/parser.h"

#include "frontend/parse_machine.h"

#include <utility>

namespace bpfopt::frontend {
namespace {

// Positions are kept in 32 bits; nobody writes filters of this size.
constexpr std::size_t kMaxFilterBytes = std::size_t{256} << 20;

}  // namespace

Expected<Ast> ParseMachine::Run() {
  if (text_.size() > kMaxFilterBytes) return InvalidInput("the filter is longer than 256 MiB");
  if (Peek().kind == TokenKind::kEnd) return Ast{};
  PushFrame(Mark::kRoot, {}, kPredicateWanted, Contents::kPredicates);
  while (!done_) {
    if (!(operand_expected_ ? ParseOperand() : ParseAfterOperand())) return tl::unexpected(error_);
  }
  return std::move(ast_);
}

Expected<Ast> ParseFilter(std::string_view text, const FileReader& read_file) {
  return ParseMachine(text, &read_file).Run();
}

}  // namespace bpfopt::frontend
