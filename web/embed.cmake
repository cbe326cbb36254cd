# cmake -DINPUT=page.html -DNAME=kReportBundle -DOUTPUT=file.cc -P embed.cmake: a file as a string of C++.
file(READ "${INPUT}" content)
if(content MATCHES "\\)bpfopt_page\"")
  message(FATAL_ERROR "${INPUT} holds the end of the raw string that it is embedded in")
endif()
file(WRITE "${OUTPUT}.new" "#include \"web/bundles.h\"

namespace bpfopt::web {

constexpr char kText[] = R\"bpfopt_page(")
file(APPEND "${OUTPUT}.new" "${content}")
file(APPEND "${OUTPUT}.new" ")bpfopt_page\";
const std::string_view ${NAME}(kText, sizeof(kText) - 1);

}  // namespace bpfopt::web
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
