"""Counts the tests of a JUnit file: prints `passed failed skipped`; with --failures, what failed and how."""

import sys
import xml.etree.ElementTree as ElementTree


def outcome(case: ElementTree.Element) -> str:
    """passed, failed or skipped; CTest marks a test that did not run by its status alone."""
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def report(case: ElementTree.Element, lines: int = 12, width: int = 200) -> str:
    """The test's name and the gist of what it said: the message, or, for a program, the end of its output."""
    messages = "\n".join(part.get("message", "") for tag in ("failure", "error") for part in case.findall(tag)).strip().splitlines()
    output = (case.findtext("system-out") or "").strip().splitlines()
    gist = messages[:lines] if len(" ".join(messages)) > 20 else output[-lines:]
    return "\n    ".join([f"  {case.get('classname', '')} {case.get('name')}", *(line[:width] for line in gist)])


def main(path: str, failures: bool, shown: int = 20) -> None:
    cases = list(ElementTree.parse(path).iter("testcase"))
    outcomes = [outcome(case) for case in cases]
    if failures:
        print(*[report(case) for case, kind in zip(cases, outcomes) if kind == "failed"][:shown], sep="\n")
    else:
        print(*(outcomes.count(kind) for kind in ("passed", "failed", "skipped")))


if __name__ == "__main__":
    main(sys.argv[-1], "--failures" in sys.argv)
