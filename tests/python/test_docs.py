"""The examples of the documentation print what they say."""

import doctest
import pathlib
import unittest

import bpfopt
import bpfopt.language

LIBRARY = pathlib.Path(__file__).resolve().parents[2] / "docs" / "library.md"


def load_tests(loader, tests, pattern):
    flags = doctest.ELLIPSIS
    tests.addTests(doctest.DocTestSuite(bpfopt, optionflags=flags))
    tests.addTests(doctest.DocTestSuite(bpfopt.language, optionflags=flags))
    if LIBRARY.exists():
        tests.addTests(doctest.DocFileSuite(str(LIBRARY), module_relative=False, optionflags=flags))
    return tests


if __name__ == "__main__":
    unittest.main()
