#!/usr/bin/env python3
"""The runner of the documentation's examples finds what is wrong, and lets pass what may differ. Usage: run_test.py DRRUN"""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402

DRRUN = os.path.abspath(sys.argv.pop(1))
PASS = '```yaml\n# pass.yaml\nStartAt: P\nStates:\n  P: { Type: Pass, Result: 1, End: true }\n```\n'


def problems_of(text):
    with tempfile.NamedTemporaryFile('w', suffix='.md', delete=False) as file:
        file.write(text)
    try:
        return run.Page(DRRUN, file.name, False).execute().problems
    finally:
        os.unlink(file.name)


def console(*lines):
    return '```console\n' + '\n'.join(lines) + '\n```\n'


class Runner(unittest.TestCase):
    def good(self, text):
        self.assertEqual(problems_of(text), [])

    def bad(self, text, words):
        problems = problems_of(text)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(words, problems[0])

    def test_an_invalid_runbook(self):
        self.good(PASS)
        self.bad(PASS.replace('End: true', 'Next: Q'), 'is not valid')

    def test_a_run_with_another_output(self):
        self.good(PASS.replace('```yaml', '```yaml run output=1'))
        self.bad(PASS.replace('```yaml', '```yaml run output=2'), 'the output of this example is 1')
        self.bad(PASS.replace('```yaml', '```yaml run error=E'), 'should fail with E')

    def test_lines_that_differ(self):
        self.good(console('$ echo a; echo b', 'a', 'b'))
        self.bad(console('$ echo a; echo b', 'a', 'c'), 'something else')
        self.bad(console('$ echo a; echo b', 'a'), 'more than the page shows')
        self.bad(console('$ echo a', 'a', 'b'), 'nothing more')
        self.bad(console('$ echo a'), 'more than the page shows')
        self.bad(console('$ echo a', '???'), 'something else')

    def test_wildcards(self):
        self.good(console('$ seq 5', '1', '...', '5'))
        self.good(console('$ seq 5', '...'))
        self.good(console('$ echo one two three', 'one ... three'))
        self.bad(console('$ seq 5', '...', '4'), 'more than the page shows')
        self.bad(console('$ seq 5', '...', '6'), 'something else')

    def test_a_failing_command_shows_its_status(self):
        self.bad(console('$ false'), 'exits with status 1')
        self.good(console('$ false', '$ echo $?', '1'))
        self.bad(console('$ false', '$ echo $?', '2'), 'something else')

    def test_times_and_durations_may_differ_and_words_may_not(self):
        self.good(console('$ echo 03:12:41Z +0.0s done in 2.0s, 7 ms', '11:00:00Z +91.5s done in 1m 30s, 0.5s'))
        self.bad(console('$ echo 03:12:41Z +0.0s done', '03:12:41Z +0.0s failed'), 'something else')

    def test_one_id_is_one_execution(self):
        first, second = '20261121-031502-4f2a9c', '20261121-031502-4f2a9d'
        self.good(console(f'$ echo 20260101-000000-aaaaaa; echo 20260101-000000-aaaaaa', first, first))
        self.bad(console(f'$ echo 20260101-000000-aaaaaa; echo 20260101-000000-bbbbbb', first, first), 'something else')
        self.good(console(f'$ echo 20260101-000000-aaaaaa', first) + console(f'$ echo for {first}', f'for {first}'))
        self.good(PASS + console('$ drrun pass.yaml 2>&1 | head -n 1', f'pass: execution {second}') + console(f'$ drrun show {second} --json | jq .output', '1'))

    def test_files_and_blocks_that_are_left_out(self):
        self.good('```sh tool\n#!/bin/sh\necho made\n```\n' + console('$ ./tool', 'made'))
        self.good('<!-- not run: a reason -->\n' + console('$ false'))
        self.bad('<!-- not run: a reason -->\n' + console('$ true') + console('$ false'), 'exits with status 1')


if __name__ == '__main__':
    unittest.main()
