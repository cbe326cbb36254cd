// Request, cache, decision, hand-over, log; libpcap whenever one of them has no answer.
#include "preload/drop_in.h"

#include <cerrno>
#include <exception>
#include <unistd.h>
#include <utility>

namespace bpfopt::preload {

DropIn::DropIn(Settings settings, Libpcap libpcap)
    : settings_(std::move(settings)), libpcap_(libpcap), cache_(settings_.cache_entries) {
  if (settings_.log_file.empty() || settings_.ignored.empty()) return;
  AppendLine(settings_.log_file, FormatIgnored(std::chrono::system_clock::now(), getpid(),
                                               program_invocation_short_name, settings_.ignored));
}

int DropIn::Compile(pcap_t* handle, bpf_program* code, const char* filter, int optimize,
                    bpf_u_int32 netmask) noexcept {
  const Call call{handle, code, filter, optimize, netmask};
  Entry entry;
  const auto start = std::chrono::steady_clock::now();
  bool is_done = false;
  try {
    is_done = CompileByBpfopt(call, entry);
  } catch (const std::exception&) {  // out of memory, in the main; the log may still have room for its line
    entry.used = Entry::Used::kLibpcap;
  }
  const int status = is_done ? 0 : CompileByLibpcap(call, entry);
  entry.took =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  try {
    Write(call, entry);
  } catch (const std::exception&) {  // the line is lost, the filter is not
  }
  return status;
}

bool DropIn::CompileByBpfopt(const Call& call, Entry& entry) {
  if (settings_.is_off || call.optimize == 0) {
    entry.reason = settings_.is_off ? "switched off" : "the program asks for no optimization";
    return false;
  }
  Expected<Request> request = ReadRequest(call.handle, call.filter, call.netmask, libpcap_);
  if (!request) {
    entry.reason = request.error().message;
    return false;
  }
  entry.request = *request;
  const std::shared_ptr<const Compiled> compiled = FindOrMake(call, *request, entry);
  const Outcome& outcome = compiled->outcome;
  entry.reason = outcome.reason;
  if (!outcome.program) return false;
  if (!GiveProgram(*outcome.program, call.code)) return false;
  entry.used = Entry::Used::kBpfopt;
  entry.libpcap_instructions = compiled->libpcap_instructions;
  entry.bpfopt_instructions = outcome.program->size();
  entry.source_instructions = outcome.source_instructions;
  if (outcome.is_proven) entry.proven = settings_.relation;
  entry.level = outcome.level;
  entry.target = outcome.target;
  return true;
}

std::shared_ptr<const Compiled> DropIn::FindOrMake(const Call& call, const Request& request, Entry& entry) {
  std::shared_ptr<const Compiled> compiled = cache_.Find(request);
  entry.was_cached = compiled != nullptr;
  if (compiled != nullptr) return compiled;
  compiled = std::make_shared<const Compiled>(Make(call, request));
  if (compiled->outcome.is_lasting) cache_.Keep(request, compiled);
  return compiled;
}

Compiled DropIn::Make(const Call& call, const Request& request) const {
  const AskLibpcap ask = [&](bool optimize) {
    return libpcap_.Ask(call.handle, call.filter, optimize, call.netmask);
  };
  Compiled compiled{Decide(request, settings_, ask), std::nullopt};
  const Outcome& outcome = compiled.outcome;
  const bool is_asked_quickly = outcome.is_lasting && outcome.source_instructions <= kMostAsked;
  if (!settings_.log_file.empty() && outcome.program && is_asked_quickly) {
    if (const Expected<Program> theirs = ask(/*optimize=*/true)) {
      compiled.libpcap_instructions = theirs->size();
    }
  }
  return compiled;
}

int DropIn::CompileByLibpcap(const Call& call, Entry& entry) const {
  const int status = libpcap_.Compile(call.handle, call.code, call.filter, call.optimize, call.netmask);
  entry.used = status == 0 ? Entry::Used::kLibpcap : Entry::Used::kNothing;
  if (status == 0) entry.libpcap_instructions = call.code->bf_len;
  return status;
}

void DropIn::Write(const Call& call, Entry& entry) const {
  if (settings_.log_file.empty()) return;
  entry.time = std::chrono::system_clock::now();
  entry.process = getpid();
  entry.program = program_invocation_short_name;
  entry.filter = call.filter == nullptr ? "" : call.filter;
  if (entry.request) entry.link_type = LinkTypeName(entry.request->link_type);
  if (entry.used == Entry::Used::kNothing) {
    entry.reason +=
        (entry.reason.empty() ? "" : "; ") + ("libpcap: " + std::string(pcap_geterr(call.handle)));
  }
  AppendLine(settings_.log_file, FormatEntry(entry));
}

}  // namespace bpfopt::preload
