"""The version stands in CMakeLists.txt; the change log and the manual say the same."""
import re

from tree import complain, finish, text_of

version = re.search(r"project\(drrun VERSION ([\d.]+)", text_of("CMakeLists.txt")).group(1)
changes = text_of("CHANGELOG.md")
if f"## [{version}]" not in changes and "## [Unreleased]" not in changes:
    complain("CHANGELOG.md", 0, f"has neither [Unreleased] nor [{version}]")

finish("Add the heading; see keepachangelog.com.")
