# README's library examples are the files in examples/, word for word.
file(READ ${README} readme)
foreach(name filter.cc filter.c filter.py)
  file(READ ${EXAMPLES}/${name} text)
  string(FIND "${readme}" "\n${text}```" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "README.md does not show examples/${name} as it is")
  endif()
endforeach()
